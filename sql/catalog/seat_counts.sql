-- How full shows are. Counted from the seats themselves, so that it is never wrong; a hold whose time is over counts as free.

create or replace function sales.seat_counts(p_show_ids bigint[])
returns table (
    show_id bigint,
    total bigint,
    available bigint,
    held bigint,
    sold bigint,
    blocked bigint
)
language sql
stable
as $$
    select
        s.show_id,
        count(*) as total,
        count(*) filter (where s.status = 'available' or s.held_until <= now()) as available,
        count(*) filter (where s.status = 'held' and s.held_until > now()) as held,
        count(*) filter (where s.status = 'sold') as sold,
        count(*) filter (where s.status = 'blocked') as blocked
    from sales.show_seats as s
    where s.show_id = any (p_show_ids)
    group by s.show_id;
$$;

create or replace function sales.show_status(
    p_status text,
    p_sale_starts_at timestamptz,
    p_starts_at timestamptz,
    p_available bigint
)
returns text
language sql
stable
parallel safe
as $$
-- A show's status as it is shown: draft | scheduled | on_sale | sold_out | closed | cancelled. sold_out: nothing is free
-- now; held seats may yet come free.
    select case
        when p_status <> 'on_sale' then p_status
        when p_starts_at <= now() then 'closed'
        when p_sale_starts_at > now() then 'scheduled'
        when p_available = 0 then 'sold_out'
        else 'on_sale'
    end;
$$;
