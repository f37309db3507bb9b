-- A payment that comes to nothing: declined, or the provider's page was closed.

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
    v_charge record;
    v_is_cancelled boolean;
    v_reason text;
begin
    v_charge := sales.lock_charge(p_show_id, p_payment_id);
    if v_charge.booking_id is null then
        return 'unknown';
    elsif v_charge.payment_status <> 'pending' then
        return v_charge.payment_status;
    end if;

    update sales.payments as p
    set
        status = 'failed',
        failure_code = p_failure_code,
        provider_ref = coalesce(p_provider_ref, p.provider_ref),
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
    if v_charge.booking_status <> 'paying' then
        return 'failed';
    end if;

    select
        s.status = 'cancelled',
        s.cancel_reason
    into v_is_cancelled, v_reason
    from sales.shows as s
    where s.show_id = p_show_id;
    if v_is_cancelled then
        perform sales.end_holds(p_show_id, array[v_charge.booking_id], 'cancelled', 'failed', 'show_cancelled');
        perform ops.add_mail(
            p_show_id,
            v_charge.user_id,
            'show_cancelled',
            jsonb_build_object('booking_id', v_charge.booking_id, 'reason', v_reason)
        );
    elsif v_charge.is_off_session then
        perform sales.end_holds(p_show_id, array[v_charge.booking_id], 'expired', 'failed', 'payment_failed');
    elsif v_charge.held_until <= now() then
        perform sales.end_holds(p_show_id, array[v_charge.booking_id], 'expired');
    else
        perform sales.hold_again(p_show_id, v_charge.booking_id, p_failure_code);
    end if;
    return 'failed';
end;
$$;

create or replace function sales.hold_again(
    p_show_id bigint,
    p_booking_id uuid,
    p_failure_code text
)
returns void
language plpgsql
as $$
-- A booking that was paying is held again until its deadline, and the buyer is told why (p_failure_code, of the payment). The caller
-- has locked the booking. Locks the seats.
declare
    v_booking record;
begin
    update sales.bookings as b
    set status = 'held'
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
    returning
        b.user_id,
        b.seat_nos,
        b.held_until,
        b.expires_at
    into v_booking;

    update sales.show_seats as s
    set held_until = v_booking.held_until
    where s.show_id = p_show_id
        and s.seat_no = any (v_booking.seat_nos)
        and s.booking_id = p_booking_id;

    perform ops.tell_buyer(p_show_id, v_booking.user_id, sales.booking_message(p_show_id, p_booking_id, 'held'));
    -- Whoever closed the provider's page knows.
    if p_failure_code <> 'checkout_expired' then
        perform ops.add_mail(
            p_show_id,
            v_booking.user_id,
            'payment_failed',
            jsonb_build_object(
                'booking_id', p_booking_id,
                'code', p_failure_code,
                'expires_at', api.rfc3339(v_booking.expires_at)
            )
        );
    end if;
end;
$$;

create or replace function sales.hear_closed_checkout(
    p_show_id bigint,
    p_payment_id uuid,
    p_checkout_ref text
)
returns text
language plpgsql
as $$
-- A page of the provider has ended without a payment: the charge fails whose page it is; another's changes nothing. Returns the
-- payment's status, or 'ignored'. Locks as fail_payment.
begin
    if exists (
        select
        from sales.payments as p
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id
            and p.checkout_ref = p_checkout_ref
    ) then
        return sales.fail_payment(p_show_id, p_payment_id, 'checkout_expired');
    end if;
    return 'ignored';
end;
$$;
