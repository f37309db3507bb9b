-- Paying, phase two: what the provider answered. Worker and webhook may say it in any order, twice, or never; each
-- transition is idempotent and checked again under the locks: first the booking's, then the payment's.

create or replace function sales.complete_payment(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- The provider authorized the money: the seats are sold, tickets issued, the capture is promised. The commit point.
-- If the hold was lost meanwhile, the same seats are taken again if they are free, else the authorization is voided.
-- Returns 'paid' (also on a repeat), 'voided', or 'unknown' (no such payment). p_provider_ref is null when nothing is due.
-- Locks: the booking, the payment, the seats, the buyer.
declare
    v_booking record;
    v_payment record;
    v_seat_count integer;
begin
    select
        b.booking_id,
        b.user_id,
        b.status,
        b.seat_nos,
        b.seats
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = (
            select p.booking_id
            from sales.payments as p
            where p.show_id = p_show_id
                and p.payment_id = p_payment_id
                and p.kind = 'charge'
        )
    for update;
    if not found then
        return 'unknown';
    end if;

    select
        p.status,
        p.method,
        p.amount_minor,
        p.provider_ref
    into v_payment
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if v_payment.status in ('authorized', 'succeeded') then
        return 'paid';
    elsif v_payment.status = 'voided' and v_payment.provider_ref is not distinct from p_provider_ref then
        return 'voided';
    end if;

    if v_payment.status = 'pending' and v_booking.status = 'paying' then
        update sales.show_seats as s
        set
            status = 'sold',
            held_until = null,
            change_count = s.change_count + 1
        where s.show_id = p_show_id
            and s.seat_no = any (v_booking.seat_nos)
            and s.booking_id = v_booking.booking_id
            and s.status = 'held';
        get diagnostics v_seat_count = row_count;
        perform sales.count_fewer_held(p_show_id, array[v_booking.booking_id]);
    elsif v_payment.status = 'pending' and v_booking.status in ('held', 'expired') then
        if v_booking.status = 'held' then
            perform sales.end_holds(p_show_id, array[v_booking.booking_id], 'expired');
        end if;
        v_seat_count := sales.sell_again(p_show_id, v_booking.booking_id, v_booking.seat_nos);
    else
        v_seat_count := 0;
    end if;

    if v_seat_count < cardinality(v_booking.seat_nos) then
        update sales.payments as p
        set
            status = 'voided',
            provider_ref = coalesce(p_provider_ref, p.provider_ref),
            ended_at = coalesce(p.ended_at, now()),
            failure_code = coalesce(p.failure_code, 'hold_expired')
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id;
        perform ops.add_work(
            p_show_id,
            'void',
            jsonb_build_object(
                'payment_id', p_payment_id,
                'provider_ref', p_provider_ref,
                'idempotency_key', p_payment_id || '-void'
            )
        );
        return 'voided';
    end if;

    update sales.payments as p
    set
        status = case when v_payment.method = 'none' then 'succeeded' else 'authorized' end,
        provider_ref = p_provider_ref,
        authorized_at = now(),
        succeeded_at = case when v_payment.method = 'none' then now() end
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;

    update sales.bookings as b
    set
        status = 'paid',
        paid_at = now(),
        ended_at = null
    where b.show_id = p_show_id
        and b.booking_id = v_booking.booking_id;

    insert into sales.tickets (
        show_id,
        booking_id,
        seat_no,
        seat,
        tier,
        price_minor
    )
    select
        p_show_id,
        v_booking.booking_id,
        k.seat_no,
        k.seat ->> 'seat',
        k.seat ->> 'tier',
        (k.seat #>> '{price,value}')::bigint
    from rows from (unnest(v_booking.seat_nos), json_array_elements(v_booking.seats)) as k (seat_no, seat);

    if v_payment.method <> 'none' then
        perform ops.add_work(
            p_show_id,
            'capture',
            jsonb_build_object(
                'payment_id', p_payment_id,
                'provider_ref', p_provider_ref,
                'amount', v_payment.amount_minor,
                'idempotency_key', p_payment_id || '-capture'
            )
        );
    end if;
    return 'paid';
end;
$$;

create or replace function sales.sell_again(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[]
)
returns integer
language plpgsql
as $$
-- Sells a lost booking's very seats to it after all, if every one of them is free; else none. Returns how many were sold.
declare
    v_seat_nos integer[];
begin
    select array_agg(s.seat_no)
    into v_seat_nos
    from (
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (p_seat_nos)
            and s.status = 'available'
        order by s.seat_no
        for update
    ) as s;
    if coalesce(cardinality(v_seat_nos), 0) < cardinality(p_seat_nos) then
        return 0;
    end if;

    update sales.show_seats as s
    set
        status = 'sold',
        booking_id = p_booking_id,
        change_count = s.change_count + 1
    where s.show_id = p_show_id
        and s.seat_no = any (v_seat_nos);
    return cardinality(v_seat_nos);
end;
$$;

create or replace function sales.fail_payment(
    p_show_id bigint,
    p_payment_id uuid,
    p_failure_code text,
    p_provider_ref text default null
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider declined, or its page was closed. The booking is held again until its deadline, so that the buyer can try
-- another card. Returns the payment's status after it; a repeat, or a failure after a success, changes nothing.
-- Locks: the booking, the payment, the seats.
declare
    v_booking record;
    v_status text;
begin
    select
        b.booking_id,
        b.status,
        b.held_until,
        b.seat_nos
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = (
            select p.booking_id
            from sales.payments as p
            where p.show_id = p_show_id
                and p.payment_id = p_payment_id
                and p.kind = 'charge'
        )
    for update;
    if not found then
        return 'unknown';
    end if;

    select p.status
    into v_status
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if v_status <> 'pending' then
        return v_status;
    end if;

    update sales.payments as p
    set
        status = 'failed',
        failure_code = p_failure_code,
        provider_ref = coalesce(p_provider_ref, p.provider_ref),
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;

    if v_booking.status = 'paying' then
        update sales.bookings as b
        set status = 'held'
        where b.show_id = p_show_id
            and b.booking_id = v_booking.booking_id;

        update sales.show_seats as s
        set held_until = v_booking.held_until
        where s.show_id = p_show_id
            and s.seat_no = any (v_booking.seat_nos)
            and s.booking_id = v_booking.booking_id;
    end if;
    return 'failed';
end;
$$;

create or replace function sales.settle_capture(
    p_show_id bigint,
    p_payment_id uuid
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider took the money that was authorized. A repeat changes nothing. Returns the payment's status, null if unknown.
declare
    v_status text;
begin
    update sales.payments as p
    set
        status = case when p.status = 'authorized' then 'succeeded' else p.status end,
        succeeded_at = case when p.status = 'authorized' then now() else p.succeeded_at end
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    returning p.status into v_status;
    return v_status;
end;
$$;

create or replace function sales.settle_void(
    p_show_id bigint,
    p_payment_id uuid
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider released the money. Of a payment that is not voided here it changes nothing: an authorization that the
-- provider cancelled by itself is never captured, and report.stuck_payments shows it. Returns the payment's status, null
-- if unknown.
declare
    v_status text;
begin
    update sales.payments as p
    set ended_at = coalesce(p.ended_at, case when p.status = 'voided' then now() end)
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    returning p.status into v_status;
    return v_status;
end;
$$;
