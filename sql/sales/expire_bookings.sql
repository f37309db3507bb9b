create or replace function sales.end_holds(
    p_show_id bigint,
    p_booking_ids uuid[],
    p_status text
)
returns integer
language plpgsql
as $$
-- Ends held bookings of one show, which the caller has locked: their seats are free again, their buyers hold less.
-- p_status: 'expired' | 'released' | 'cancelled'. Returns how many seats came free.
-- Locks, in order: the seats, then the buyers by user_id (always last: see hold_batch).
declare
    v_seat_count integer;
begin
    update sales.show_seats as s
    set
        status = 'available',
        booking_id = null,
        held_until = null,
        change_count = s.change_count + 1
    from (
        select
            b.booking_id,
            unnest(b.seat_nos) as seat_no
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (p_booking_ids)
    ) as held
    where s.show_id = p_show_id
        and s.seat_no = held.seat_no
        and s.booking_id = held.booking_id;
    get diagnostics v_seat_count = row_count;

    update sales.bookings as b
    set
        status = p_status,
        ended_at = now()
    where b.show_id = p_show_id
        and b.booking_id = any (p_booking_ids);

    perform sales.count_fewer_held(p_show_id, p_booking_ids);
    return v_seat_count;
end;
$$;

create or replace function sales.count_fewer_held(
    p_show_id bigint,
    p_booking_ids uuid[]
)
returns void
language plpgsql
as $$
-- Takes the seats of these bookings off what their buyers hold. Buyers are locked by user_id, so that two callers with
-- the same buyers queue and do not deadlock.
begin
    perform 1
    from sales.buyers as y
    where y.show_id = p_show_id
        and y.user_id in (
            select b.user_id
            from sales.bookings as b
            where b.show_id = p_show_id
                and b.booking_id = any (p_booking_ids)
        )
    order by y.user_id
    for update;

    update sales.buyers as y
    set held_count = y.held_count - fewer.seat_count
    from (
        select
            b.user_id,
            sum(cardinality(b.seat_nos))::integer as seat_count
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (p_booking_ids)
        group by b.user_id
    ) as fewer
    where y.show_id = p_show_id
        and y.user_id = fewer.user_id;
end;
$$;

create or replace function sales.expire_bookings(
    p_show_id bigint,
    p_limit integer default 1000
)
returns integer
language plpgsql
as $$
-- Expires the show's holds that are past their deadline: called by every hold before it looks (lazily), and by the sweep.
-- A booking that somebody else has locked is left to them. Returns how many bookings expired.
declare
    v_booking_ids uuid[];
begin
    select array_agg(lapsed.booking_id)
    into v_booking_ids
    from (
        select b.booking_id
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status = 'held'
            and b.held_until <= now()
        order by b.held_until
        limit p_limit
        for update skip locked
    ) as lapsed;

    if v_booking_ids is null then
        return 0;
    end if;
    perform sales.end_holds(p_show_id, v_booking_ids, 'expired');
    return cardinality(v_booking_ids);
end;
$$;
