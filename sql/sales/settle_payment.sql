-- What the provider did with the money that it had authorized: it took it, or released it.

create or replace function sales.settle_capture(
    p_show_id bigint,
    p_payment_id uuid,
    p_received_minor bigint default null
)
returns text
language plpgsql
as $$
-- The provider took the money that was authorized; refunds that were asked for meanwhile can be made now. A repeat changes
-- nothing. p_received_minor: how much it says it took; null: all of it. Returns the payment's status, null if unknown. Locks
-- the payment.
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
        received_minor = coalesce(p_received_minor, p.amount_minor),
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
as $$
-- The provider released the money of a payment that is voided here. Returns the payment's status, null if unknown.
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

create or replace function sales.lose_authorization(
    p_show_id bigint,
    p_payment_id uuid,
    p_reason text
)
returns text
language plpgsql
as $$
-- The provider released the money of a booking that is paid, before it was captured: somebody cancelled the authorization there, or
-- it expired. Nothing was paid then: the tickets are void, the seats free (waitlist first), refunds that were not made are not
-- due, and the buyer is told. p_reason: the provider's word. Returns the payment's status, 'unknown' if there is none.
-- Locks: the booking, the payment, its refunds, the tickets, the queue, the seats, the buyers.
declare
    v_charge record;
    v_back record;
begin
    v_charge := sales.lock_charge(p_show_id, p_payment_id);
    if v_charge.booking_id is null then
        return 'unknown';
    elsif v_charge.payment_status <> 'authorized' then
        return v_charge.payment_status;
    end if;

    update sales.payments as p
    set
        status = 'voided',
        failure_code = 'authorization_canceled',
        ended_at = now()
    where p.show_id = p_show_id
        and p.charge_payment_id = p_payment_id
        and p.kind = 'refund'
        and p.status = 'pending';
    update sales.payments as p
    set
        status = 'voided',
        refunded_minor = 0,
        failure_code = coalesce(p_reason, 'authorization_canceled'),
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;

    if v_charge.booking_status = 'paid' then
        v_back := sales.take_back_seats(p_show_id, v_charge.booking_id, null);
        perform ops.add_mail(
            p_show_id,
            v_charge.user_id,
            'payment_lost',
            jsonb_build_object('booking_id', v_charge.booking_id, 'seat_nos', v_back.taken_seat_nos)
        );
        perform ops.tell_buyer(
            p_show_id, v_charge.user_id, sales.booking_message(p_show_id, v_charge.booking_id, v_back.status)
        );
        perform sales.count_fewer(p_show_id, v_back.user_ids, v_back.seat_counts);
    end if;
    return 'voided';
end;
$$;
