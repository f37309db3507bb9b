-- Freeing seats: the one way, whatever the reason. As long as somebody waits, a freed seat is for the waitlist, in the same
-- transaction, and never `available` to a passer-by.
--
-- What a buyer claims is counted down last, for all buyers at once and by user_id: functions here hand on two arrays, who
-- claims less and how many seats less (user_ids, unique; null: nobody), to whoever counts.

create or replace function sales.booking_message(
    p_show_id bigint,
    p_booking_id uuid,
    p_status text
)
returns jsonb
language plpgsql
immutable
as $$
-- What a buyer's live channel is told of a booking.
begin
    return jsonb_build_object(
        'type', 'booking',
        'booking_id', sales.public_id('bk', p_show_id, p_booking_id),
        'show_id', p_show_id,
        'status', p_status
    );
end;
$$;

create or replace function sales.hand_on_seats(
    p_show_id bigint,
    p_seat_nos integer[],
    p_waiting_count integer,
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Frees these seats, whatever they were: available if nobody waits, else for those who do. The caller has locked the queue
-- (p_waiting_count is waitlist.lock_queue's answer) and sees to it that they are the caller's to free. Returns as
-- waitlist.end_entries. Locks the seats.
begin
    if p_waiting_count > 0 then
        select
            x.user_ids,
            x.seat_counts
        into user_ids, seat_counts
        from waitlist.promote(p_show_id, p_seat_nos) as x;
        return;
    end if;
    update sales.show_seats as s
    set
        status = 'available',
        booking_id = null,
        held_until = null,
        change_count = s.change_count + 1
    where s.show_id = p_show_id
        and s.seat_no = any (p_seat_nos);
end;
$$;

create or replace function sales.open_seats(
    p_show_id bigint,
    p_seat_nos integer[]
)
returns integer
language plpgsql
as $$
-- Makes blocked seats sellable, the waitlist first. Returns how many it opened; those that are not blocked stay as they are.
-- Locks, in order: the queue, the seats, the buyers. The caller has locked none of these before, or the queue first.
declare
    v_waiting_count integer := waitlist.lock_queue(p_show_id, p_changes => false);
    v_seat_nos integer[];
    v_fewer record;
begin
    v_seat_nos := array(
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (p_seat_nos)
            and s.status = 'blocked'
        order by s.seat_no
        for update
    );
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from sales.hand_on_seats(p_show_id, v_seat_nos, v_waiting_count) as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
    return cardinality(v_seat_nos);
end;
$$;

create or replace function sales.free_seats(
    p_show_id bigint,
    p_booking_ids uuid[],
    p_status text,
    p_entry_status text default null,
    p_entry_reason text default null,
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Ends bookings of one show that are held or paying, which the caller has locked, and frees their seats.
-- p_status: 'expired' | 'released' | 'cancelled'. An offer of the waitlist among them ends its entry too: as p_entry_status for
-- p_entry_reason, usually expired for offer_lapsed.
-- Returns who claims how many seats less. Locks, in order: the queue, the seats.
declare
    v_entry_ids uuid[];
    v_waiting_count integer;
    v_seat_nos integer[];
    v_fewer record;
begin
    v_entry_ids := array(
        select e.entry_id
        from waitlist.entries as e
        where e.show_id = p_show_id
            and e.booking_id = any (p_booking_ids)
            and e.ended_at is null
    );
    v_waiting_count := waitlist.lock_queue(p_show_id, p_changes => cardinality(v_entry_ids) > 0);

    with ended as (
        update sales.bookings as b
        set
            status = p_status,
            ended_at = now()
        where b.show_id = p_show_id
            and b.booking_id = any (p_booking_ids)
        returning
            b.user_id,
            b.seat_nos
    )
    select
        array_agg(u.user_id order by u.user_id),
        array_agg(u.seat_count order by u.user_id),
        (
            select array_agg(k.seat_no order by k.seat_no)
            from ended as e
            cross join lateral unnest(e.seat_nos) as k (seat_no)
        )
    into user_ids, seat_counts, v_seat_nos
    from (
        select
            e.user_id,
            sum(cardinality(e.seat_nos))::integer as seat_count
        from ended as e
        group by e.user_id
    ) as u;

    if cardinality(v_entry_ids) > 0 then
        perform waitlist.end_entries(
            p_show_id, v_entry_ids, coalesce(p_entry_status, 'expired'), coalesce(p_entry_reason, 'offer_lapsed')
        );
    end if;
    -- Who gives seats back knows that they are gone.
    if p_status <> 'released' then
        insert into ops.outbox (
            show_id,
            kind,
            payload
        )
        select
            p_show_id,
            'live',
            jsonb_build_object('messages', jsonb_agg(m.message))
        from (
            select
                ops.message_to(b.user_id, sales.booking_message(p_show_id, b.booking_id, p_status)) as message,
                (row_number() over () - 1) / 50 as part
            from sales.bookings as b
            cross join lateral (
                select
                from ops.listening as w
                where w.user_id = b.user_id
                limit 1
            ) as l
            where b.show_id = p_show_id
                and b.booking_id = any (p_booking_ids)
        ) as m
        group by m.part;
    end if;

    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from sales.hand_on_seats(p_show_id, v_seat_nos, v_waiting_count) as x;
    if v_fewer.user_ids is not null then
        select
            array_agg(fewer.user_id order by fewer.user_id),
            array_agg(fewer.seat_count order by fewer.user_id)
        into user_ids, seat_counts
        from (
            select
                u.user_id,
                sum(u.seat_count)::integer as seat_count
            from unnest(user_ids || v_fewer.user_ids, seat_counts || v_fewer.seat_counts) as u (user_id, seat_count)
            group by u.user_id
        ) as fewer;
    end if;
end;
$$;

create or replace function sales.lock_buyers(
    p_show_id bigint,
    p_user_ids bigint[]
)
returns void
language plpgsql
as $$
-- Locks buyers of the show by user_id: the last thing that any transaction locks.
begin
    perform 1
    from sales.buyers as y
    where y.show_id = p_show_id
        and y.user_id = any (p_user_ids)
    order by y.user_id
    for update;
end;
$$;

create or replace function sales.count_fewer(
    p_show_id bigint,
    p_user_ids bigint[],
    p_seat_counts integer[]
)
returns void
language plpgsql
as $$
-- These buyers (null: nobody; one may stand there twice) claim so many seats less; below zero, more. Locked by user_id, so
-- that two callers with the same buyers queue and do not deadlock; found by an array of keys, because a plan made while the
-- tables were small and kept would else walk all buyers of the show.
declare
    v_user_ids bigint[];
    v_seat_counts integer[];
begin
    if p_user_ids is null then
        return;
    elsif cardinality(p_user_ids) = 1 then
        update sales.buyers as y
        set claimed_count = y.claimed_count - p_seat_counts[1]
        where y.show_id = p_show_id
            and y.user_id = p_user_ids[1];
        return;
    end if;
    select
        array_agg(u.user_id order by u.user_id),
        array_agg(u.seat_count order by u.user_id)
    into v_user_ids, v_seat_counts
    from (
        select
            k.user_id,
            sum(k.seat_count)::integer as seat_count
        from unnest(p_user_ids, p_seat_counts) as k (user_id, seat_count)
        group by k.user_id
    ) as u;

    perform sales.lock_buyers(p_show_id, v_user_ids);
    update sales.buyers as y
    set claimed_count = y.claimed_count - v_seat_counts[array_position(v_user_ids, y.user_id)]
    where y.show_id = p_show_id
        and y.user_id = any (v_user_ids);
end;
$$;

create or replace function sales.end_holds(
    p_show_id bigint,
    p_booking_ids uuid[],
    p_status text,
    p_entry_status text default null,
    p_entry_reason text default null
)
returns void
language plpgsql
as $$
-- free_seats, and counts what the buyers claim. Locks, in order: the queue, the seats, the buyers by user_id.
declare
    v_fewer record;
begin
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from sales.free_seats(p_show_id, p_booking_ids, p_status, p_entry_status, p_entry_reason) as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
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
-- has locked is left to them. Returns the bookings, and who claims how many seats less, which the caller counts; all null when
-- none has lapsed. Locks the bookings (skip locked), then as free_seats.
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
    select
        x.user_ids,
        x.seat_counts
    into user_ids, seat_counts
    from sales.free_seats(p_show_id, booking_ids, 'expired') as x;
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
    v_lapsed record;
begin
    select
        l.booking_ids,
        l.user_ids,
        l.seat_counts
    into v_lapsed
    from sales.take_back_lapsed(p_show_id, p_limit) as l;
    perform sales.count_fewer(p_show_id, v_lapsed.user_ids, v_lapsed.seat_counts);
    return coalesce(cardinality(v_lapsed.booking_ids), 0);
end;
$$;
