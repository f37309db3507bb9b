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
-- If the hold was lost meanwhile, the same seats are taken again if they are free, else the authorization is voided and the
-- buyer is told; likewise when the show was cancelled or is over, or the payment has failed before.
-- Returns 'paid' (also on a repeat), 'voided', or 'unknown' (no such payment). p_provider_ref is null when nothing is due.
-- Locks: the booking, the payment, the waitlist's queue, the seats, the buyers.
declare
    v_booking record;
    v_payment record;
    v_entry_id uuid;
    v_waiting_count integer;
    v_closed text;
    v_is_sold boolean := false;
    v_user_ids bigint[];
    v_seat_counts integer[];
    v_fewer_user_ids bigint[];
    v_fewer_seat_counts integer[];
begin
    select
        b.booking_id,
        b.user_id,
        b.status,
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

    select
        p.status,
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

    select e.entry_id
    into v_entry_id
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.booking_id = v_booking.booking_id;
    v_waiting_count := waitlist.lock_queue(p_show_id, p_changes => v_entry_id is not null);

    select
        case
            when s.status = 'cancelled' then 'show_cancelled'
            when s.ends_at <= now() then 'show_over'
        end
    into v_closed
    from sales.shows as s
    where s.show_id = p_show_id;

    -- Not of one that has failed: what says now that it is authorized may be older than what said that it is not.
    if v_payment.status = 'pending' and v_closed is null then
        if v_booking.status in ('paying', 'held') then
            v_is_sold := true;
            v_user_ids := array[v_booking.user_id];
            v_seat_counts := array[cardinality(v_booking.seat_nos)];
        elsif v_booking.status = 'expired' then
            v_is_sold := sales.take_again(p_show_id, v_booking.booking_id, v_booking.seat_nos);
        end if;
    end if;

    if v_is_sold then
        perform sales.sell_booking(p_show_id, v_booking.booking_id, p_payment_id, p_provider_ref);
        if v_entry_id is not null then
            perform waitlist.end_entries(p_show_id, array[v_entry_id], 'fulfilled', 'bought');
        end if;
        if v_waiting_count > 0 then
            select
                x.user_ids,
                x.seat_counts
            into v_fewer_user_ids, v_fewer_seat_counts
            from waitlist.end_hopeless(p_show_id) as x;
        end if;
    else
        update sales.payments as p
        set
            status = 'voided',
            provider_ref = coalesce(p_provider_ref, p.provider_ref),
            ended_at = coalesce(p.ended_at, now()),
            failure_code = coalesce(p.failure_code, v_closed, 'hold_expired')
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id;
        if p_provider_ref is not null then
            perform ops.add_work(
                p_show_id,
                'void',
                jsonb_build_object(
                    'payment_id', p_payment_id,
                    'provider_ref', p_provider_ref,
                    'idempotency_key', p_payment_id || '-void'
                )
            );
        end if;
        perform ops.add_mail(
            p_show_id,
            v_booking.user_id,
            'payment_returned',
            jsonb_build_object('booking_id', v_booking.booking_id)
        );
        -- Only of a cancelled show, or one that is over; else who is paying has the seats.
        if v_booking.status = 'paying' and v_closed is not null then
            select
                x.user_ids,
                x.seat_counts
            into v_fewer_user_ids, v_fewer_seat_counts
            from sales.free_seats(
                p_show_id,
                array[v_booking.booking_id],
                case v_closed when 'show_cancelled' then 'cancelled' else 'expired' end,
                case v_closed when 'show_cancelled' then 'failed' end,
                case v_closed when 'show_cancelled' then 'show_cancelled' end
            ) as x;
        end if;
    end if;

    perform sales.count_fewer(p_show_id, v_user_ids || v_fewer_user_ids, v_seat_counts || v_fewer_seat_counts);
    return case when v_is_sold then 'paid' else 'voided' end;
end;
$$;

create or replace function sales.take_again(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[]
)
returns boolean
language plpgsql
as $$
-- Holds a lost booking's very seats for it again, if every one of them is free; else none. Returns whether it did. The caller
-- has locked the queue, and sells them. Locks the seats.
begin
    perform 1
    from (
        select
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (p_seat_nos)
            and s.status = 'available'
        order by s.seat_no
        for update
    ) as s
    having count(*) = cardinality(p_seat_nos);
    if not found then
        return false;
    end if;

    update sales.show_seats as s
    set
        status = 'held',
        booking_id = p_booking_id,
        held_until = 'infinity'
    where s.show_id = p_show_id
        and s.seat_no = any (p_seat_nos);
    return true;
end;
$$;

create or replace function sales.sell_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_payment_id uuid,
    p_provider_ref text
)
returns void
language plpgsql
as $$
-- Sells the seats that the booking holds: booking paid, payment authorized (or succeeded, when nothing was due), a ticket a seat,
-- the capture and the mail promised. The caller has locked booking, payment and queue, and counts what the buyer claims.
-- Locks the seats.
declare
    v_booking record;
    v_payment record;
    v_seat_count integer;
    v_is_waitlists boolean;
begin
    select
        b.user_id,
        b.seat_nos,
        b.seats
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;

    update sales.show_seats as s
    set
        status = 'sold',
        held_until = null,
        change_count = s.change_count + 1
    where s.show_id = p_show_id
        and s.seat_no = any (v_booking.seat_nos)
        and s.booking_id = p_booking_id
        and s.status = 'held';
    get diagnostics v_seat_count = row_count;
    if v_seat_count < cardinality(v_booking.seat_nos) then
        raise exception 'booking % of show % has lost seats that it holds', p_booking_id, p_show_id;
    end if;

    update sales.payments as p
    set
        status = case when p.method = 'none' then 'succeeded' else 'authorized' end,
        provider_ref = p_provider_ref,
        authorized_at = now(),
        succeeded_at = case when p.method = 'none' then now() end
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    returning
        p.method,
        p.amount_minor,
        p.is_off_session
    into v_payment;

    update sales.bookings as b
    set
        status = 'paid',
        paid_at = now(),
        ended_at = null
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;

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
        p_booking_id,
        k.seat_no,
        k.seat ->> 'seat',
        k.seat ->> 'tier',
        (k.seat #>> '{price,value}')::bigint
    from rows from (unnest(v_booking.seat_nos), json_array_elements(v_booking.seats)) as k (seat_no, seat);

    if v_payment.method <> 'none' then
        perform sales.promise_capture(p_show_id, p_payment_id, p_provider_ref, v_payment.amount_minor);
    end if;
    v_is_waitlists := v_payment.is_off_session;
    perform ops.add_mail(
        p_show_id,
        v_booking.user_id,
        case when v_is_waitlists then 'waitlist_bought' else 'confirmation' end,
        jsonb_build_object('booking_id', p_booking_id)
    );
    perform ops.tell_buyer(
        p_show_id, v_booking.user_id, sales.booking_message(p_show_id, p_booking_id, 'paid')
    );
end;
$$;

create or replace function sales.promise_capture(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text,
    p_amount_minor bigint
)
returns void
language plpgsql
as $$
begin
    perform ops.add_work(
        p_show_id,
        'capture',
        jsonb_build_object(
            'payment_id', p_payment_id,
            'provider_ref', p_provider_ref,
            'amount', p_amount_minor,
            'idempotency_key', p_payment_id || '-capture'
        )
    );
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
-- another card; past the deadline it expires at once, and a purchase of the waitlist passes its seats on at once.
-- Returns the payment's status after it; a repeat, or a failure after a success, changes nothing.
-- Locks: the booking, the payment, the waitlist's queue, the seats, the buyers.
declare
    v_booking record;
    v_payment record;
    v_is_cancelled boolean;
    v_reason text;
begin
    select
        b.booking_id,
        b.user_id,
        b.status,
        b.held_until,
        b.expires_at,
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

    select
        p.status,
        p.is_off_session
    into v_payment
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if v_payment.status <> 'pending' then
        return v_payment.status;
    end if;

    update sales.payments as p
    set
        status = 'failed',
        failure_code = p_failure_code,
        provider_ref = coalesce(p_provider_ref, p.provider_ref),
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
    if v_booking.status <> 'paying' then
        return 'failed';
    end if;

    select
        s.status = 'cancelled',
        s.cancel_reason
    into v_is_cancelled, v_reason
    from sales.shows as s
    where s.show_id = p_show_id;
    if v_is_cancelled then
        perform sales.end_holds(p_show_id, array[v_booking.booking_id], 'cancelled', 'failed', 'show_cancelled');
        perform ops.add_mail(
            p_show_id,
            v_booking.user_id,
            'show_cancelled',
            jsonb_build_object('booking_id', v_booking.booking_id, 'reason', v_reason)
        );
    elsif v_payment.is_off_session then
        perform sales.end_holds(p_show_id, array[v_booking.booking_id], 'expired', 'failed', 'payment_failed');
    elsif v_booking.held_until <= now() then
        perform sales.end_holds(p_show_id, array[v_booking.booking_id], 'expired');
    else
        update sales.bookings as b
        set status = 'held'
        where b.show_id = p_show_id
            and b.booking_id = v_booking.booking_id;

        update sales.show_seats as s
        set held_until = v_booking.held_until
        where s.show_id = p_show_id
            and s.seat_no = any (v_booking.seat_nos)
            and s.booking_id = v_booking.booking_id;

        perform ops.tell_buyer(
            p_show_id, v_booking.user_id, sales.booking_message(p_show_id, v_booking.booking_id, 'held')
        );
        -- Whoever closed the provider's page knows.
        if p_failure_code <> 'checkout_expired' then
            perform ops.add_mail(
                p_show_id,
                v_booking.user_id,
                'payment_failed',
                jsonb_build_object(
                    'booking_id', v_booking.booking_id,
                    'code', p_failure_code,
                    'expires_at', api.rfc3339(v_booking.expires_at)
                )
            );
        end if;
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
-- The provider took the money that was authorized; refunds that were asked for meanwhile can be made now. A repeat changes
-- nothing. Returns the payment's status, null if unknown. Locks the payment.
declare
    v_payment record;
begin
    -- Found by its key alone: with the status in the question, a plan made while the table was small reads an index of statuses.
    select
        p.kind,
        p.status,
        p.refunded_minor
    into v_payment
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if v_payment.kind is distinct from 'charge' or v_payment.status <> 'authorized' then
        return v_payment.status;
    end if;

    update sales.payments as p
    set
        status = 'succeeded',
        succeeded_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
    if v_payment.refunded_minor > 0 then
        perform sales.promise_refund(p_show_id, r.payment_id)
        from sales.payments as r
        where r.show_id = p_show_id
            and r.charge_payment_id = p_payment_id
            and r.kind = 'refund'
            and r.status = 'pending';
    end if;
    return 'succeeded';
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
