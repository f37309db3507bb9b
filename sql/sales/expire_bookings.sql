create or replace function sales.free_seats(
    p_show_id bigint,
    p_booking_ids uuid[],
    p_status text
)
returns integer
language plpgsql
as $$
-- Ends held bookings of one show, which the caller has locked, and frees their seats. What their buyers hold is not yet
-- counted down: the caller does that last. p_status as in end_holds. Returns how many seats came free. Locks the seats.
declare
    v_seat_nos integer[];
    v_seat_count integer;
begin
    select array_agg(k.seat_no)
    into v_seat_nos
    from sales.bookings as b
    cross join lateral unnest(b.seat_nos) as k (seat_no)
    where b.show_id = p_show_id
        and b.booking_id = any (p_booking_ids);

    update sales.show_seats as s
    set
        status = 'available',
        booking_id = null,
        held_until = null,
        change_count = s.change_count + 1
    where s.show_id = p_show_id
        and s.seat_no = any (v_seat_nos)
        and s.booking_id = any (p_booking_ids);
    get diagnostics v_seat_count = row_count;

    update sales.bookings as b
    set
        status = p_status,
        ended_at = now()
    where b.show_id = p_show_id
        and b.booking_id = any (p_booking_ids);
    return v_seat_count;
end;
$$;

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
    v_seat_count integer := sales.free_seats(p_show_id, p_booking_ids, p_status);
begin
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
-- the same buyers queue and do not deadlock. They are found by an array of keys: a plan made while the tables were small
-- and kept would else walk all buyers of the show.
declare
    v_user_ids bigint[];
    v_seat_counts integer[];
begin
    select
        array_agg(fewer.user_id order by fewer.user_id),
        array_agg(fewer.seat_count order by fewer.user_id)
    into v_user_ids, v_seat_counts
    from (
        select
            b.user_id,
            sum(cardinality(b.seat_nos))::integer as seat_count
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (p_booking_ids)
        group by b.user_id
    ) as fewer;

    perform 1
    from sales.buyers as y
    where y.show_id = p_show_id
        and y.user_id = any (v_user_ids)
    order by y.user_id
    for update;

    update sales.buyers as y
    set claimed_count = y.claimed_count - v_seat_counts[array_position(v_user_ids, y.user_id)]
    where y.show_id = p_show_id
        and y.user_id = any (v_user_ids);
end;
$$;

create or replace function sales.take_back_lapsed(
    p_show_id bigint,
    p_limit integer,
    out booking_ids uuid[],
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Expires up to p_limit of the show's holds that are past their deadline and frees their seats; a booking that somebody else
-- has locked is left to them. Returns the bookings, and how many seats each of their buyers holds less, which the caller
-- counts; all null when none has lapsed. Locks the bookings (skip locked), then their seats.
begin
    select array_agg(lapsed.booking_id)
    into booking_ids
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
    if booking_ids is null then
        return;
    end if;
    perform sales.free_seats(p_show_id, booking_ids, 'expired');

    select
        array_agg(fewer.user_id order by fewer.user_id),
        array_agg(fewer.seat_count order by fewer.user_id)
    into user_ids, seat_counts
    from (
        select
            b.user_id,
            sum(cardinality(b.seat_nos))::integer as seat_count
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (booking_ids)
        group by b.user_id
    ) as fewer;
end;
$$;

create or replace function sales.expire_bookings(
    p_show_id bigint,
    p_limit integer default 1000
)
returns integer
language plpgsql
as $$
-- What hold_batch does lazily before it looks, for the sweep: expires the show's holds that are past their deadline.
-- Returns how many bookings expired. Locks as take_back_lapsed, then the buyers by user_id.
declare
    v_booking_ids uuid[];
begin
    select l.booking_ids
    into v_booking_ids
    from sales.take_back_lapsed(p_show_id, p_limit) as l;

    if v_booking_ids is null then
        return 0;
    end if;
    perform sales.count_fewer_held(p_show_id, v_booking_ids);
    return cardinality(v_booking_ids);
end;
$$;
