-- What became of a refund at the provider, and refunds that somebody made there by hand.

create or replace function sales.settle_refund(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text
)
returns text
language plpgsql
as $$
-- The provider gave the money back. A repeat changes nothing, nor does an answer that comes after the provider has said that this
-- very refund (p_provider_ref) failed after all. Returns the refund's status, null if unknown. Locks the charge, the refund.
declare
    v_charge_id uuid;
    v_status text;
begin
    select r.charge_payment_id
    into v_charge_id
    from sales.payments as r
    where r.show_id = p_show_id
        and r.payment_id = p_payment_id;
    perform
    from sales.payments as c
    where c.show_id = p_show_id
        and c.payment_id = v_charge_id
    for no key update;
    update sales.payments as p
    set
        status = 'succeeded',
        provider_ref = p_provider_ref,
        said_amount_minor = p.amount_minor,
        said_currency = p.currency,
        failure_code = null,
        succeeded_at = now(),
        ended_at = null
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
        and p.kind = 'refund'
        and (p.status = 'pending' or (p.status = 'failed' and p.provider_ref is distinct from p_provider_ref));
    if found then
        perform sales.note_double_return(p_show_id, v_charge_id);
    end if;

    select p.status
    into v_status
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
        and p.kind = 'refund';
    return v_status;
end;
$$;

create or replace function sales.fail_refund(
    p_show_id bigint,
    p_payment_id uuid,
    p_provider_ref text,
    p_failure_code text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider does not give the money back, though it may have said so before: the refund has failed and the buyer is told. It is
-- still owed: report.stuck_payments lists it until another refund at the provider settles it, or staff does by hand. One that is
-- refused since the charge is disputed: sales.fail_disputed_refund. A repeat changes nothing, nor does what was said of one refund
-- (p_provider_ref; null: none was made) when another has succeeded. Returns the refund's status, null if unknown. Locks the refund.
declare
    v_refund record;
begin
    if p_failure_code = 'charge_disputed' and p_provider_ref is null then
        return sales.fail_disputed_refund(p_show_id, p_payment_id);
    end if;
    update sales.payments as p
    set
        status = 'failed',
        provider_ref = coalesce(p_provider_ref, p.provider_ref),
        failure_code = p_failure_code,
        succeeded_at = null,
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
        and p.kind = 'refund'
        and p.settled_by is null
        and (p.status = 'pending' or (p.status = 'succeeded' and p.provider_ref = p_provider_ref))
    returning
        p.booking_id,
        p.amount_minor,
        p.currency,
        p.seat_nos
    into v_refund;
    if found then
        perform ops.add_mail(
            p_show_id,
            b.user_id,
            'refund_failed',
            jsonb_build_object(
                'booking_id', v_refund.booking_id,
                'payment_id', p_payment_id,
                'amount_minor', v_refund.amount_minor,
                'currency', v_refund.currency,
                'seat_nos', v_refund.seat_nos
            )
        )
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = v_refund.booking_id;
        return 'failed';
    end if;

    return (
        select p.status
        from sales.payments as p
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id
            and p.kind = 'refund'
    );
end;
$$;

create or replace function sales.hear_refund(p_refund jsonb)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider says how a refund stands (https://docs.stripe.com/api/refunds/object). It is of the charge whose intent it names; it is
-- one of ours if its metadata name a refund of that charge, of its amount and currency, or if it was booked before; else somebody
-- made it there by hand. Metadata that name another charge's refund settle nothing. Returns the refund's status, or 'ignored',
-- 'refused'. May be told again and in any order. Locks as what it calls.
declare
    v_named record;
    v_charge record;
    v_own_id uuid;
begin
    v_named := sales.payment_named(p_refund);
    select
        p.show_id,
        p.payment_id,
        p.status,
        p.currency
    into v_charge
    from sales.payments as p
    where p.provider_ref = p_refund ->> 'payment_intent'
        and p.kind = 'charge';

    select r.payment_id
    into v_own_id
    from sales.payments as r
    where r.show_id = v_charge.show_id
        and r.charge_payment_id = v_charge.payment_id
        and r.kind = 'refund'
        and (
            r.provider_ref = p_refund ->> 'id'
            or (
                r.payment_id = v_named.payment_id
                and r.currency = upper(p_refund ->> 'currency')
                and r.amount_minor = catalog.minor_amount((p_refund ->> 'amount')::bigint, p_refund ->> 'currency')
            )
        )
    order by r.provider_ref = p_refund ->> 'id' desc nulls last
    limit 1;
    if found then
        return sales.follow_refund(v_charge.show_id, v_own_id, p_refund);
    end if;

    if v_named.kind = 'refund' then
        perform sales.note_discrepancy(
            v_named.show_id,
            v_named.payment_id,
            p_refund,
            case when v_named.charge_payment_id = v_charge.payment_id then 'wrong_refund' else 'foreign_refund' end
        );
    end if;
    if v_charge.status in ('authorized', 'succeeded')
        and p_refund ->> 'status' = 'succeeded'
        and upper(p_refund ->> 'currency') = v_charge.currency
    then
        return sales.book_return(v_charge.show_id, v_charge.payment_id, p_refund);
    end if;
    return case when v_named.kind = 'refund' then 'refused' else 'ignored' end;
end;
$$;

create or replace function sales.payment_named(
    p_object jsonb,
    out show_id bigint,
    out payment_id uuid,
    out kind text,
    out charge_payment_id uuid
)
language plpgsql
stable
as $$
-- The payment that an object's metadata name; null: none of ours. That proves nothing: whoever uses the provider's account can
-- write them.
begin
    if coalesce(p_object #>> '{metadata,show_id}', '') ~ '^[0-9]{1,18}$'
        and coalesce(p_object #>> '{metadata,payment_id}', '') ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then
        select
            p.show_id,
            p.payment_id,
            p.kind,
            p.charge_payment_id
        into show_id, payment_id, kind, charge_payment_id
        from sales.payments as p
        where p.show_id = (p_object #>> '{metadata,show_id}')::bigint
            and p.payment_id = (p_object #>> '{metadata,payment_id}')::uuid;
    end if;
end;
$$;

create or replace function sales.follow_refund(
    p_show_id bigint,
    p_payment_id uuid,
    p_refund jsonb
)
returns text
language plpgsql
as $$
-- A refund of ours stands as the provider's object says. Returns as hear_refund. Locks the refund.
begin
    if p_refund ->> 'status' in ('failed', 'canceled') then
        return sales.fail_refund(
            p_show_id, p_payment_id, p_refund ->> 'id', coalesce(p_refund ->> 'failure_reason', p_refund ->> 'status')
        );
    elsif p_refund ->> 'status' = 'succeeded' then
        -- Told late, of one that failed since: that is final. Another one, which a person made at the provider, counts.
        return case
            when exists (
                select
                from sales.payments as p
                where p.show_id = p_show_id
                    and p.payment_id = p_payment_id
                    and p.provider_ref = p_refund ->> 'id'
                    and p.failure_code is not null
            ) then 'ignored'
            else sales.settle_refund(p_show_id, p_payment_id, p_refund ->> 'id')
        end;
    end if;
    return 'ignored';
end;
$$;

create or replace function sales.book_return(
    p_show_id bigint,
    p_charge_id uuid,
    p_refund jsonb
)
returns text
language plpgsql
as $$
-- Books a refund that somebody made at the provider by hand. It settles a refund of the same amount that has failed; else it is
-- booked on the charge beside those that were asked for here: when nothing is left of the charge the tickets are void and the seats
-- free, else a person decides what it was for. Where the charge has not so much left, it settles one that is under way. Returns
-- the refund's status. Locks: the booking, the charge, its refunds, the tickets, the queue, the seats, the buyers.
declare
    v_charge record;
    v_amount_minor bigint := catalog.minor_amount((p_refund ->> 'amount')::bigint, p_refund ->> 'currency');
    v_left_minor bigint;
    v_settled_id uuid;
begin
    v_charge := sales.lock_charge(p_show_id, p_charge_id);
    select p.amount_minor - p.refunded_minor
    into v_left_minor
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_charge_id;

    select r.payment_id
    into v_settled_id
    from sales.payments as r
    where r.show_id = p_show_id
        and r.charge_payment_id = p_charge_id
        and r.kind = 'refund'
        and (
            r.provider_ref = p_refund ->> 'id'
            or (r.amount_minor = v_amount_minor and (r.status = 'failed' or (r.status = 'pending' and v_amount_minor > v_left_minor)))
        )
    order by
        r.provider_ref = p_refund ->> 'id' desc nulls last,
        r.status = 'failed' desc,
        r.created_at
    limit 1;
    if found then
        -- Another one is not to be asked for.
        update ops.outbox as o
        set done_at = now()
        where o.show_id = p_show_id
            and o.payload ->> 'payment_id' = v_settled_id::text
            and o.kind = 'refund'
            and o.done_at is null
            and o.dead_at is null;
        return sales.settle_refund(p_show_id, v_settled_id, p_refund ->> 'id');
    elsif v_amount_minor > v_left_minor then
        perform sales.note_discrepancy(p_show_id, p_charge_id, p_refund, 'refunded_too_much');
        return 'refused';
    elsif v_amount_minor = v_left_minor and v_charge.booking_status = 'paid' then
        perform sales.return_all(p_show_id, v_charge.booking_id, v_charge.user_id, p_charge_id, p_refund ->> 'id', v_amount_minor);
        return 'succeeded';
    end if;
    perform sales.write_return(p_show_id, p_charge_id, p_refund ->> 'id', v_amount_minor, '{}', 'refunded at the provider');
    perform sales.note_discrepancy(p_show_id, p_charge_id, p_refund, 'refunded_by_hand');
    return 'succeeded';
end;
$$;

create or replace function sales.return_all(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint,
    p_charge_id uuid,
    p_provider_ref text,
    p_amount_minor bigint
)
returns void
language plpgsql
as $$
-- What was left of a charge was returned at the provider: all tickets of its paid booking are void, the seats free, and the buyer is told.
-- The caller has locked booking and charge. Locks: the tickets, the queue, the seats, the buyers.
declare
    v_back record := sales.take_back_seats(p_show_id, p_booking_id, null);
begin
    perform sales.write_return(
        p_show_id, p_charge_id, p_provider_ref, p_amount_minor, v_back.taken_seat_nos, 'refunded at the provider'
    );
    perform ops.add_mail(
        p_show_id,
        p_user_id,
        'refund',
        jsonb_build_object('booking_id', p_booking_id, 'amount_minor', p_amount_minor, 'seat_nos', v_back.taken_seat_nos)
    );
    perform ops.tell_buyer(p_show_id, p_user_id, sales.booking_message(p_show_id, p_booking_id, v_back.status));
    perform sales.count_fewer(p_show_id, v_back.user_ids, v_back.seat_counts);
end;
$$;

create or replace function sales.settle_by_hand(
    p_show_id bigint,
    p_payment_id uuid,
    p_user_id bigint,
    p_note text
)
returns json
language plpgsql
as $$
-- Staff has seen to what report.stuck_payments says of a payment: a refund that failed was paid another way, what did not match was
-- looked into. p_note says how; it and who did it stay with the payment and in the show's events. Returns {"payment_id",
-- "booking_id", "kind", "status", "amount", "note", "settled_at"}. Locks the payment. Raises not_found, invalid_request,
-- nothing_to_settle.
declare
    v_note text := api.checked_prose('note', p_note, 1, 500);
    v_payment record;
    v_kinds text[];
begin
    select
        p.booking_id,
        p.kind,
        p.status,
        p.amount_minor,
        p.currency,
        p.failure_code
    into v_payment
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;

    v_kinds := sales.settle_discrepancies(p_show_id, p_payment_id, p_user_id, v_note);
    if v_payment.kind = 'refund' and v_payment.status = 'failed' then
        update sales.payments as p
        set
            status = 'succeeded',
            failure_code = null,
            succeeded_at = now(),
            ended_at = null,
            settled_by = p_user_id,
            settle_note = v_note
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id;
        v_kinds := v_kinds || 'refund_failed'::text;
        v_payment.status := 'succeeded';
    elsif cardinality(v_kinds) = 0 then
        perform api.raise('nothing_to_settle', jsonb_build_object('payment_status', v_payment.status));
    end if;

    insert into sales.show_events (show_id, kind, user_id, detail)
    values (
        p_show_id,
        'payment_settled',
        p_user_id,
        jsonb_build_object(
            'payment_id', sales.public_id('pay', p_show_id, p_payment_id),
            'what', v_kinds,
            'failure_code', v_payment.failure_code,
            'note', v_note
        )
    );
    return json_build_object(
        'payment_id', sales.public_id('pay', p_show_id, p_payment_id),
        'booking_id', sales.public_id('bk', p_show_id, v_payment.booking_id),
        'kind', v_payment.kind,
        'status', v_payment.status,
        'amount', api.money(v_payment.amount_minor, v_payment.currency),
        'note', v_note,
        'settled_at', api.rfc3339(now())
    );
end;
$$;

create or replace function sales.settle_discrepancies(
    p_show_id bigint,
    p_payment_id uuid,
    p_user_id bigint,
    p_note text
)
returns text[]
language plpgsql
as $$
-- Marks all that did not match a payment as seen to. Returns the kinds of what it marked.
declare
    v_kinds text[];
begin
    with settled as (
        update sales.discrepancies as d
        set
            settled_at = now(),
            settled_by = p_user_id,
            note = p_note
        where d.payment_id = p_payment_id
            and d.show_id = p_show_id
            and d.settled_at is null
        returning d.kind
    )
    select coalesce(array_agg(s.kind), '{}')
    into v_kinds
    from settled as s;
    return v_kinds;
end;
$$;
