-- Finding what a customer bought, for staff who have them in front of them or on the phone.

create or replace function account.find_buyers(
    p_text text,
    p_limit integer
)
returns bigint[]
language sql
stable
as $$
-- Users whose address or name has p_text in it, in any case; p_limit of them.
    select array(
        select u.user_id
        from account.users as u
        where lower(u.email) like '%' || x.pattern || '%'
            or lower(u.name) like '%' || x.pattern || '%'
        limit p_limit
    )
    from (
        select regexp_replace(lower(p_text), '([%_\\])', '\\\1', 'g') as pattern
    ) as x;
$$;

create or replace function sales.find_orders(
    p_q text,
    p_show_id bigint,
    p_status text,
    p_page integer,
    p_per_page integer
)
returns json
language plpgsql
stable
as $$
-- A page of bookings, archived ones included; parameters and answer are those of api.list_orders.
-- Raises invalid_request (q, status, page, per_page).
declare
    c_max_buyers constant integer := 200;
    v_q text := api.normal_line(p_q);
    v_show_id bigint := p_show_id;
    v_booking_id uuid;
    v_user_ids bigint[];
    v_items json;
    v_total bigint;
begin
    perform api.check_page(p_page, p_per_page);
    if p_status not in ('held', 'paying', 'paid', 'expired', 'released', 'cancelled', 'refunded') then
        perform api.raise_invalid('status', 'A booking is held, paying, paid, expired, released, cancelled or refunded.');
    elsif v_q is null and p_show_id is null then
        perform api.raise_invalid('q', 'Search for an e-mail address, a name, a booking or a ticket code, or give a show_id.');
    elsif v_q ~ '^bk_' then
        select k.show_id, k.id
        into v_show_id, v_booking_id
        from sales.parse_public_id('bk', v_q) as k;
    elsif v_q ~ '^BX1\.' then
        select t.show_id, t.booking_id
        into v_show_id, v_booking_id
        from sales.parse_ticket_code(v_q) as k
        inner join history.tickets as t
            on t.show_id = k.show_id
            and t.ticket_id = k.ticket_id;
        v_show_id := coalesce(v_show_id, 0);
    elsif length(v_q) < 3 then
        perform api.raise_invalid('q', 'Give at least three letters.');
    elsif v_q is not null then
        v_user_ids := account.find_buyers(v_q, c_max_buyers);
    end if;
    if p_show_id <> v_show_id then
        v_show_id := 0;  -- a booking of another show than the one that is asked for
    end if;

    with found as (
        select
            b.show_id,
            b.booking_id,
            b.user_id,
            b.created_at
        from history.bookings as b
        where (v_show_id is null or b.show_id = v_show_id)
            and (v_booking_id is null or b.booking_id = v_booking_id)
            and (v_user_ids is null or b.user_id = any (v_user_ids))
            and (p_status is null or b.status = p_status)
    )
    select
        (
            select json_agg(
                (
                    history.booking_json(f.show_id, f.booking_id)::jsonb
                    || jsonb_build_object('buyer', json_build_object('user_id', u.user_id, 'name', u.name, 'email', u.email))
                )::json
                order by f.created_at desc, f.booking_id
            )
            from (
                select x.*
                from found as x
                order by
                    x.created_at desc,
                    x.booking_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as f
            inner join account.users as u
                on u.user_id = f.user_id
        ),
        (select count(*) from found)
    into v_items, v_total;
    return api.list(v_items, p_page, p_per_page, v_total);
end;
$$;
