-- Writing holds that judge_hold has granted: bookings, seats, and what their buyers claim. One hold is written by short statements,
-- a batch by a single large one: to start that one costs more than the short ones do (0.42 ms of CPU for a whole hold, and 0.31), but
-- once it has started it costs less (in a batch of 256, 0.10 ms a hold, and 0.22).

create or replace function sales.write_hold(
    p_show sales.shows,
    p_user_id bigint,
    p_idempotency_key text,
    p_seat_nos integer[]
)
returns sales.verdict
language plpgsql
as $$
-- Writes one hold that was granted; the caller has locked the seats. Returns the booking as body, or too_many_seats: the buyer has got
-- others since that was judged. Locks the buyer, as the last.
declare
    v_booking_id constant uuid := gen_random_uuid();
    v_expires_at constant timestamptz := now() + make_interval(secs => p_show.hold_seconds);
    v_held_until constant timestamptz := v_expires_at + make_interval(secs => p_show.hold_grace_seconds);
    v_seat_nos integer[];
    v_seats json;
    v_amount_minor bigint;
    v_body json;
begin
    insert into sales.buyers as y (show_id, user_id, claimed_count)
    values (p_show.show_id, p_user_id, cardinality(p_seat_nos))
    on conflict (show_id, user_id) do update
    set claimed_count = y.claimed_count + excluded.claimed_count
    where y.claimed_count + excluded.claimed_count <= p_show.max_seats;
    if not found then
        return sales.refuse_buyer(p_show, p_user_id, 0, cardinality(p_seat_nos));
    end if;

    select
        array_agg(s.seat_no order by s.seat_no),
        json_agg(
            json_build_object('seat', s.seat, 'tier', s.tier, 'price', api.money(s.price_minor, p_show.currency))
            order by s.seat_no
        ),
        sum(s.price_minor)
    into v_seat_nos, v_seats, v_amount_minor
    from sales.show_seats as s
    where s.show_id = p_show.show_id
        and s.seat_no = any (p_seat_nos);

    insert into sales.bookings as b (
        show_id,
        booking_id,
        user_id,
        seat_nos,
        seats,
        amount_minor,
        currency,
        idempotency_key,
        expires_at,
        held_until
    )
    values (
        p_show.show_id,
        v_booking_id,
        p_user_id,
        v_seat_nos,
        v_seats,
        v_amount_minor,
        p_show.currency,
        p_idempotency_key,
        v_expires_at,
        v_held_until
    )
    returning sales.booking_body(b, sales.brief_of(p_show), null, '[]') into v_body;

    update sales.show_seats as s
    set
        status = 'held',
        booking_id = v_booking_id,
        held_until = v_held_until,
        change_count = s.change_count + 1
    where s.show_id = p_show.show_id
        and s.seat_no = any (v_seat_nos);
    return row(null, null, v_body, null)::sales.verdict;
end;
$$;

comment on function sales.write_hold is 'Writes one hold that judge_hold granted: its booking, its seats and what its buyer claims.';

create or replace function sales.write_holds(
    p_show sales.shows,
    p_user_ids bigint[],
    p_idempotency_keys text[],
    p_holds integer[],
    p_seat_nos integer[]
)
returns setof json
language plpgsql
as $$
-- Writes holds that were granted: p_user_ids and p_idempotency_keys are one a hold; p_holds and p_seat_nos one a seat, p_holds the
-- place of its hold in the former. Returns a booking a hold, in their order. The caller has locked the seats and the buyers, so
-- that neither the count nor the key can be in another's way.
declare
    v_booking_ids constant uuid[] := array(select gen_random_uuid() from unnest(p_user_ids));
    v_expires_at constant timestamptz := now() + make_interval(secs => p_show.hold_seconds);
    v_held_until constant timestamptz := v_expires_at + make_interval(secs => p_show.hold_grace_seconds);
begin
    update sales.buyers as y
    set claimed_count = y.claimed_count + cardinality(array_positions(g.user_ids, y.user_id))
    from (
        select array_agg(p_user_ids[k.hold]) as user_ids
        from unnest(p_holds) as k (hold)
    ) as g
    where y.show_id = p_show.show_id
        and y.user_id = any (p_user_ids);

    return query
    with held as (
        update sales.show_seats as s
        set
            status = 'held',
            booking_id = v_booking_ids[k.hold],
            held_until = v_held_until,
            change_count = s.change_count + 1
        from unnest(p_holds, p_seat_nos) as k (hold, seat_no)
        where s.show_id = p_show.show_id
            and s.seat_no = k.seat_no
        returning
            k.hold,
            s.seat_no,
            s.seat,
            s.tier,
            s.price_minor
    ),
    bundled as (
        select
            h.hold,
            array_agg(h.seat_no order by h.seat_no) as seat_nos,
            json_agg(
                json_build_object('seat', h.seat, 'tier', h.tier, 'price', api.money(h.price_minor, p_show.currency))
                order by h.seat_no
            ) as seats,
            sum(h.price_minor) as amount_minor
        from held as h
        group by h.hold
    ),
    written as (
        insert into sales.bookings as b (
            show_id,
            booking_id,
            user_id,
            seat_nos,
            seats,
            amount_minor,
            currency,
            idempotency_key,
            expires_at,
            held_until
        )
        select
            p_show.show_id,
            v_booking_ids[u.hold],
            p_user_ids[u.hold],
            u.seat_nos,
            u.seats,
            u.amount_minor,
            p_show.currency,
            p_idempotency_keys[u.hold],
            v_expires_at,
            v_held_until
        from bundled as u
        returning
            b.booking_id,
            sales.booking_body(b, sales.brief_of(p_show), null, '[]') as body
    )
    select w.body
    from written as w
    order by array_position(v_booking_ids, w.booking_id);
end;
$$;

comment on function sales.write_holds is 'Writes holds that judge_hold granted: bookings, seats and what their buyers claim.';
