-- Paying, phase two: the money is authorized. Worker and webhook may say it in any order, twice, or never; each transition is
-- idempotent and checked again under the locks: first the booking's, then the payment's. Whether what the provider says is of this
-- payment at all, sales/match_payment.sql decides before.

create or replace function sales.lock_charge(
    p_show_id bigint,
    p_payment_id uuid,
    out booking_id uuid,
    out user_id bigint,
    out booking_status text,
    out held_until timestamptz,
    out expires_at timestamptz,
    out seat_nos integer[],
    out payment_status text,
    out provider_ref text,
    out is_off_session boolean
)
language plpgsql
as $$
-- Locks a charge's booking and then the charge, and says how both stand. booking_id is null: there is no such charge.
begin
    select
        b.booking_id,
        b.user_id,
        b.status,
        b.held_until,
        b.expires_at,
        b.seat_nos
    into booking_id, user_id, booking_status, held_until, expires_at, seat_nos
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
    if found then
        select
            p.status,
            p.provider_ref,
            p.is_off_session
        into payment_status, provider_ref, is_off_session
        from sales.payments as p
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id
        for update;
    end if;
end;
$$;

create or replace function sales.complete_payment(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text,
    p_said_amount_minor bigint default null,
    p_said_currency text default null
)
returns text
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- The provider authorized the money: the seats are sold, tickets issued, the capture is promised. The commit point.
-- If the hold was lost meanwhile, the same seats are taken again if they are free, else the authorization is voided and the
-- buyer is told; likewise when the show was cancelled or is over, or the payment has failed before.
-- Returns 'paid' (also on a repeat), 'voided', or 'unknown' (no such payment). p_provider_ref is null when nothing is due.
-- p_said_…: what the provider says that it authorized; null: it was not asked.
-- Locks: the booking, the payment, the waitlist's queue, the seats, the buyers.
declare
    v_charge record;
    v_entry_id uuid;
    v_waiting_count integer;
    v_closed text;
begin
    v_charge := sales.lock_charge(p_show_id, p_payment_id);
    if v_charge.booking_id is null then
        return 'unknown';
    elsif v_charge.payment_status in ('authorized', 'succeeded') then
        return 'paid';
    elsif v_charge.payment_status = 'voided' and v_charge.provider_ref is not distinct from p_provider_ref then
        return 'voided';
    end if;

    select e.entry_id
    into v_entry_id
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.booking_id = v_charge.booking_id;
    v_waiting_count := waitlist.lock_queue(p_show_id, p_changes => v_entry_id is not null);
    v_closed := sales.why_closed(p_show_id);

    -- Not of one that has failed: what says now that it is authorized may be older than what said that it is not.
    if v_charge.payment_status = 'pending'
        and v_closed is null
        and (
            v_charge.booking_status in ('paying', 'held')
            or (v_charge.booking_status = 'expired' and sales.take_again(p_show_id, v_charge.booking_id, v_charge.seat_nos))
        )
    then
        perform sales.sell_booking(
            p_show_id, v_charge.booking_id, p_payment_id, p_provider_ref, p_said_amount_minor, p_said_currency
        );
        perform sales.end_what_waits(
            p_show_id,
            v_entry_id,
            v_waiting_count,
            case when v_charge.booking_status <> 'expired' then v_charge.user_id end,
            cardinality(v_charge.seat_nos)
        );
        return 'paid';
    end if;

    perform sales.void_authorization(p_show_id, p_payment_id, p_provider_ref, v_closed);
    perform ops.add_mail(
        p_show_id,
        v_charge.user_id,
        'payment_returned',
        jsonb_build_object(
            'booking_id', v_charge.booking_id,
            'reason', coalesce(v_closed, case when v_charge.booking_status in ('expired', 'released') then 'seats_gone' end)
        )
    );
    -- Only of a cancelled show, or one that is over; else who is paying has the seats.
    if v_charge.booking_status = 'paying' and v_closed is not null then
        perform sales.free_closed_booking(p_show_id, v_charge.booking_id, v_closed);
    end if;
    return 'voided';
end;
$$;

create or replace function sales.why_closed(p_show_id bigint)
returns text
language plpgsql
stable
as $$
-- Why nothing of the show can be sold any more, to nobody: 'show_cancelled', 'show_over'; else null.
begin
    return (
        select case
            when s.status = 'cancelled' then 'show_cancelled'
            when s.ends_at <= now() then 'show_over'
        end
        from sales.shows as s
        where s.show_id = p_show_id
    );
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
    p_provider_ref text,
    p_said_amount_minor bigint default null,
    p_said_currency text default null
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
begin
    select
        b.user_id,
        b.seat_nos,
        b.seats,
        b.created_at
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;
    perform sales.sell_seats(p_show_id, p_booking_id, v_booking.seat_nos);

    update sales.payments as p
    set
        status = case when p.method = 'none' then 'succeeded' else 'authorized' end,
        provider_ref = p_provider_ref,
        said_amount_minor = p_said_amount_minor,
        said_currency = p_said_currency,
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

    perform sales.issue_tickets(p_show_id, p_booking_id, v_booking.seat_nos, v_booking.seats);
    if v_payment.method <> 'none' then
        perform sales.promise_capture(p_show_id, p_payment_id, p_provider_ref, v_payment.amount_minor);
    end if;
    perform ops.add_mail(
        p_show_id,
        v_booking.user_id,
        case when v_payment.is_off_session then 'waitlist_bought' else 'confirmation' end,
        jsonb_build_object('booking_id', p_booking_id)
    );
    -- What was moved while it was being paid, its buyer had chosen at another time.
    perform ops.add_mail(
        p_show_id, v_booking.user_id, 'show_moved', jsonb_build_object('starts_at_before', e.detail ->> 'starts_at_before')
    )
    from sales.show_events as e
    where e.show_id = p_show_id
        and e.kind = 'moved'
        and e.happened_at >= v_booking.created_at
    order by e.happened_at
    limit 1;
    perform ops.tell_buyer(
        p_show_id, v_booking.user_id, sales.booking_message(p_show_id, p_booking_id, 'paid')
    );
end;
$$;

create or replace function sales.sell_seats(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[]
)
returns void
language plpgsql
as $$
-- The seats that the booking holds are sold: each of them, or nothing is. Locks the seats.
declare
    v_seat_count integer;
begin
    update sales.show_seats as s
    set
        status = 'sold',
        held_until = null,
        change_count = s.change_count + 1
    where s.show_id = p_show_id
        and s.seat_no = any (p_seat_nos)
        and s.booking_id = p_booking_id
        and s.status = 'held';
    get diagnostics v_seat_count = row_count;
    if v_seat_count < cardinality(p_seat_nos) then
        raise exception 'booking % of show % has lost seats that it holds', p_booking_id, p_show_id;
    end if;
end;
$$;

create or replace function sales.issue_tickets(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[],
    p_seats json
)
returns void
language plpgsql
as $$
-- A valid ticket for each seat of a booking, with what the buyer saw of it (bookings.seats).
begin
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
    from rows from (unnest(p_seat_nos), json_array_elements(p_seats)) as k (seat_no, seat);
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
-- Promises that the provider is asked to take what it authorized.
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

create or replace function sales.end_what_waits(
    p_show_id bigint,
    p_entry_id uuid,
    p_waiting_count integer,
    p_buyer_id bigint,
    p_seat_count integer
)
returns void
language plpgsql
as $$
-- What a sale ends on the waitlist: the buyer's own entry (p_entry_id, null: none) is fulfilled, and who can no longer be met is
-- told. Counts who claims less, the buyer's seats (p_buyer_id, null: they were counted before) among them. The caller has locked
-- the queue, p_waiting_count is what it said. Locks the buyers.
declare
    v_fewer_user_ids bigint[];
    v_fewer_seat_counts integer[];
begin
    if p_entry_id is not null then
        perform waitlist.end_entries(p_show_id, array[p_entry_id], 'fulfilled', 'bought');
    end if;
    if p_waiting_count > 0 then
        select
            x.user_ids,
            x.seat_counts
        into v_fewer_user_ids, v_fewer_seat_counts
        from waitlist.end_hopeless(p_show_id) as x;
    end if;
    if p_buyer_id is not null then
        v_fewer_user_ids := p_buyer_id || v_fewer_user_ids;
        v_fewer_seat_counts := p_seat_count || v_fewer_seat_counts;
    end if;
    perform sales.count_fewer(p_show_id, v_fewer_user_ids, v_fewer_seat_counts);
end;
$$;

create or replace function sales.void_authorization(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text,
    p_reason text
)
returns void
language plpgsql
as $$
-- The payment buys nothing: it is voided, and the provider asked to release what it authorized. p_reason: why, where it has not
-- failed before; null: the hold was lost. The caller has locked the payment.
begin
    update sales.payments as p
    set
        status = 'voided',
        provider_ref = coalesce(p_provider_ref, p.provider_ref),
        ended_at = coalesce(p.ended_at, now()),
        failure_code = coalesce(p.failure_code, p_reason, 'hold_expired')
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
end;
$$;

create or replace function sales.free_closed_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_closed text
)
returns void
language plpgsql
as $$
-- Ends a booking that was paying for a show that is cancelled or over (p_closed, of why_closed), and frees its seats. The caller has
-- locked booking and queue. Locks the seats, the buyers.
declare
    v_fewer record;
begin
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from sales.free_seats(
        p_show_id,
        array[p_booking_id],
        case p_closed when 'show_cancelled' then 'cancelled' else 'expired' end,
        case p_closed when 'show_cancelled' then 'failed' end,
        case p_closed when 'show_cancelled' then 'show_cancelled' end
    ) as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
end;
$$;
