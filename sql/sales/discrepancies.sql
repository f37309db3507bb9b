-- What the provider reports and what does not match: it sells and settles nothing, its money is returned, and a person is told by
-- report.stuck_payments until somebody has settled it.

create or replace function sales.note_discrepancy(
    p_show_id bigint,
    p_payment_id uuid,
    p_object jsonb,
    p_kind text,
    p_return boolean default false
)
returns boolean
language plpgsql
as $$
-- Notes once for each object of the provider and kind that it does not match the payment; with p_return the provider is asked
-- to return its money. p_object: an intent, or a refund. Returns whether it is new.
declare
    v_currency text := upper(p_object ->> 'currency');
begin
    insert into sales.discrepancies (
        show_id,
        payment_id,
        kind,
        provider_ref,
        said_amount_minor,
        said_currency,
        is_to_return
    )
    values (
        p_show_id,
        p_payment_id,
        p_kind,
        p_object ->> 'id',
        catalog.minor_amount(
            coalesce(
                case when p_object ->> 'status' = 'succeeded' then (p_object ->> 'amount_received')::bigint end,
                (p_object ->> 'amount')::bigint
            ),
            v_currency
        ),
        v_currency,
        p_return
    )
    on conflict do nothing;
    if not found then
        return false;
    end if;
    if p_return then
        perform ops.add_work(
            p_show_id,
            'return_money',
            jsonb_build_object('charge_id', p_payment_id, 'provider_ref', p_object ->> 'id')
        );
    end if;
    return true;
end;
$$;

create or replace function sales.refuse_intent(
    p_show_id bigint,
    p_payment_id uuid,
    p_intent jsonb,
    p_kind text
)
returns text
language plpgsql
as $$
-- Money that buys nothing: the provider is asked to release or return it. Returns 'refused', or 'ignored' where there is none.
begin
    if coalesce(p_intent ->> 'status', '') not in ('requires_capture', 'succeeded') then
        return 'ignored';
    end if;
    perform sales.note_discrepancy(p_show_id, p_payment_id, p_intent, p_kind, p_return => true);
    return 'refused';
end;
$$;

create or replace function sales.handle_mismatch(
    p_show_id bigint,
    p_payment_id uuid,
    p_status text,
    p_intent jsonb,
    p_kind text
)
returns text
language plpgsql
as $$
-- The charge's own intent is of another amount or currency than the charge, or less or more of it was taken. While nothing is sold,
-- nothing is: the payment fails, and the money is returned. What is sold already stays sold: it is booked as it is, and left
-- to a person. Returns as hear_intent. Locks as what it calls.
begin
    if p_status = 'voided' then
        return sales.refuse_intent(p_show_id, p_payment_id, p_intent, 'captured_after_void');
    elsif p_status in ('pending', 'failed') then
        perform sales.fail_payment(p_show_id, p_payment_id, p_kind, p_intent ->> 'id');
        return sales.refuse_intent(p_show_id, p_payment_id, p_intent, p_kind);
    end if;

    perform sales.note_discrepancy(p_show_id, p_payment_id, p_intent, p_kind);
    if p_kind = 'captured_less' and p_status = 'authorized' then
        return sales.settle_short_capture(
            p_show_id,
            p_payment_id,
            catalog.minor_amount((p_intent ->> 'amount_received')::bigint, p_intent ->> 'currency')
        );
    elsif p_kind = 'captured_more' and p_status = 'authorized' then
        return sales.settle_capture(
            p_show_id,
            p_payment_id,
            catalog.minor_amount((p_intent ->> 'amount_received')::bigint, p_intent ->> 'currency')
        );
    end if;
    return p_status;
end;
$$;

create or replace function sales.settle_short_capture(
    p_show_id bigint,
    p_payment_id uuid,
    p_received_minor bigint
)
returns text
language plpgsql
as $$
-- The provider took less than was due, and released the rest, which cannot be taken any more: that is booked as a return of the
-- rest, so that ledger and payouts say what there is. The tickets stay valid until a person decides. Returns the payment's
-- status. Locks the payment.
declare
    v_charge record;
    v_short_minor bigint;
begin
    select
        p.booking_id,
        p.status,
        p.provider_ref,
        p.method,
        p.currency,
        p.amount_minor,
        p.refunded_minor
    into v_charge
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    for update;
    if v_charge.status <> 'authorized' then
        return v_charge.status;
    end if;

    -- Of what was promised back already, the provider can return no more than it has.
    v_short_minor := least(v_charge.amount_minor - p_received_minor, v_charge.amount_minor - v_charge.refunded_minor);
    if v_short_minor > 0 then
        perform sales.write_return(p_show_id, p_payment_id, v_charge.provider_ref, v_short_minor, '{}', 'captured less than was due');
    end if;
    return sales.settle_capture(p_show_id, p_payment_id, p_received_minor);
end;
$$;

create or replace function sales.write_return(
    p_show_id bigint,
    p_charge_id uuid,
    p_provider_ref text,
    p_amount_minor bigint,
    p_seat_nos integer[],
    p_reason text
)
returns void
language plpgsql
as $$
-- Books money of a charge that the provider returned, though nobody here had asked for it: a refund that has succeeded, for these
-- seats ({}: for none). The caller has locked the charge, and knows that so much of it is left.
begin
    update sales.payments as p
    set refunded_minor = p.refunded_minor + p_amount_minor
    where p.show_id = p_show_id
        and p.payment_id = p_charge_id;

    insert into sales.payments (
        show_id,
        booking_id,
        kind,
        charge_payment_id,
        method,
        status,
        provider_ref,
        amount_minor,
        currency,
        said_amount_minor,
        said_currency,
        seat_nos,
        reason,
        is_by_hand,
        deadline_at,
        succeeded_at
    )
    select
        p_show_id,
        c.booking_id,
        'refund',
        c.payment_id,
        c.method,
        'succeeded',
        p_provider_ref,
        p_amount_minor,
        c.currency,
        p_amount_minor,
        c.currency,
        p_seat_nos,
        p_reason,
        true,
        now(),
        now()
    from sales.payments as c
    where c.show_id = p_show_id
        and c.payment_id = p_charge_id;
    perform sales.note_double_return(p_show_id, p_charge_id);
end;
$$;

create or replace function sales.unmatched_minor(
    p_charged_minor bigint,
    p_refunded_minor bigint,
    p_by_hand_minor bigint,
    p_tickets_minor bigint
)
returns bigint
language sql
immutable
as $$
-- How much of what was returned at the provider by hand, for no ticket, is of tickets that are still valid: a person decides.
    select least(
        coalesce(p_by_hand_minor, 0),
        greatest(coalesce(p_refunded_minor, 0) + coalesce(p_tickets_minor, 0) - coalesce(p_charged_minor, 0), 0)
    );
$$;

create or replace function sales.note_returned(
    p_show_id bigint,
    p_provider_ref text,
    p_failure text default null
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider released or returned the money of what did not match; p_failure: it refuses to, for this reason, and a person must
-- see to it.
    update sales.discrepancies as d
    set
        returned_at = case when p_failure is null then now() end,
        return_failure = p_failure
    where d.provider_ref = p_provider_ref
        and d.show_id = p_show_id
        and d.is_to_return
        and d.returned_at is null;
$$;
