-- How full shows are, and what a seat looks like from outside. Counted from the seats themselves, so that it is never wrong;
-- a hold whose time is over counts as free, a seat that is kept for the waitlist as held.

create or replace function sales.seat_state(p_status text, p_held_until timestamptz)
returns text
language sql
stable
parallel safe
as $$
-- a available, h held or kept for the waitlist, s sold, b blocked.
    select case when p_held_until <= now() then 'a' when p_status = 'reserved' then 'h' else left(p_status, 1) end;
$$;

create or replace function sales.seat_changes(p_change_count integer, p_held_until timestamptz)
returns integer
language sql
stable
parallel safe
as $$
-- How often a seat has changed for a reader: a hold that lapsed is one more change. So the sum over a show, the version of its
-- seat states, grows with what a reader sees, and never falls: whoever takes such a seat or sweeps it counts at least that one.
    select case when p_held_until <= now() then p_change_count + 1 else p_change_count end;
$$;

create or replace function sales.seat_prices(p_show_ids bigint[])
returns table (
    show_id bigint,
    tier text,
    price_minor bigint,
    total bigint,
    available bigint,
    held bigint,
    sold bigint,
    blocked bigint
)
language sql
stable
as $$
-- How many seats of these shows have each price, and what has become of them. A seat's own price counts, not its tier's.
    select
        s.show_id,
        s.tier,
        s.price_minor,
        count(*) as total,
        count(*) filter (where s.status = 'available' or s.held_until <= now()) as available,
        count(*) filter (where s.status = 'reserved' or (s.status = 'held' and s.held_until > now())) as held,
        count(*) filter (where s.status = 'sold') as sold,
        count(*) filter (where s.status = 'blocked') as blocked
    from sales.show_seats as s
    where s.show_id = any (p_show_ids)
    group by
        s.show_id,
        s.tier,
        s.price_minor;
$$;

create or replace function sales.seat_counts(p_show_ids bigint[])
returns table (
    show_id bigint,
    total bigint,
    available bigint,
    held bigint,
    sold bigint,
    blocked bigint,
    price_from_minor bigint,
    tiers jsonb
)
language sql
stable
as $$
-- price_from_minor: the lowest price of what is free; of what is not blocked where nothing is free; of all where all is blocked.
-- tiers: the same of each tier, the cheapest first, and "highest" where its seats have more than one price:
-- [{"tier", "lowest", "highest"}].
    select
        t.show_id,
        sum(t.total)::bigint,
        sum(t.available)::bigint,
        sum(t.held)::bigint,
        sum(t.sold)::bigint,
        sum(t.blocked)::bigint,
        coalesce(min(t.lowest_available), min(t.lowest_open), min(t.lowest)),
        jsonb_agg(
            jsonb_build_object('tier', t.tier, 'lowest', p.lowest, 'highest', p.highest)
            order by p.lowest, t.tier
        )
    from (
        select
            s.show_id,
            s.tier,
            sum(s.total) as total,
            sum(s.available) as available,
            sum(s.held) as held,
            sum(s.sold) as sold,
            sum(s.blocked) as blocked,
            min(s.price_minor) as lowest,
            max(s.price_minor) as highest,
            min(s.price_minor) filter (where s.blocked < s.total) as lowest_open,
            max(s.price_minor) filter (where s.blocked < s.total) as highest_open,
            min(s.price_minor) filter (where s.available > 0) as lowest_available,
            max(s.price_minor) filter (where s.available > 0) as highest_available
        from sales.seat_prices(p_show_ids) as s
        group by
            s.show_id,
            s.tier
    ) as t
    cross join lateral (
        select
            coalesce(t.lowest_available, t.lowest_open, t.lowest) as lowest,
            coalesce(t.highest_available, t.highest_open, t.highest) as highest
    ) as p
    group by t.show_id;
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
