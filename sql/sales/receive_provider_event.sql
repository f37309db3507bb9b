create or replace function sales.receive_provider_event(p_event jsonb)
returns text
language plpgsql
as $$
-- One event of the provider, its signature already checked. The mark that it was handled and the handling are one
-- transaction, so that a crash loses both; a repeat is recognised by the mark. An event that does not concern us is
-- recorded and left. Returns what became of it.
declare
    v_object jsonb := p_event #> '{data,object}';
    v_named record;
begin
    if jsonb_typeof(p_event -> 'id') is distinct from 'string'
        or jsonb_typeof(p_event -> 'type') is distinct from 'string'
        or jsonb_typeof(v_object) is distinct from 'object'
    then
        perform api.raise_invalid('event', 'An event has "id", "type" and "data.object".');
    end if;

    insert into ops.provider_events (
        event_id,
        type,
        payload
    )
    values (
        p_event ->> 'id',
        p_event ->> 'type',
        p_event
    )
    on conflict (event_id) do nothing;
    if not found then
        return 'repeat';
    end if;

    if p_event ->> 'type' like 'charge.dispute.%' then
        return sales.record_dispute(v_object, to_timestamp((p_event ->> 'created')::bigint));
    elsif p_event ->> 'type' in ('refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated') then
        return sales.hear_refund(v_object);
    elsif p_event ->> 'type' in (
        'payment_intent.amount_capturable_updated',
        'payment_intent.succeeded',
        'payment_intent.payment_failed',
        'payment_intent.canceled'
    ) then
        v_named := sales.payment_named(v_object);
        if v_named.payment_id is not null then
            return sales.hear_intent(v_named.show_id, v_named.payment_id, v_object);
        end if;
    elsif p_event ->> 'type' = 'checkout.session.expired' then
        v_named := sales.payment_named(v_object);
        if v_named.payment_id is not null then
            return sales.hear_closed_checkout(v_named.show_id, v_named.payment_id, v_object ->> 'id');
        end if;
    end if;
    return 'ignored';
end;
$$;

create or replace function sales.record_dispute(
    p_dispute jsonb,
    p_told_at timestamptz
)
returns text
language plpgsql
as $$
-- What the provider tells of a dispute (https://docs.stripe.com/api/disputes/object), in any order and more than once: a status
-- only goes on, from an inquiry to a dispute to its end, which stays. The charge is known by its payment intent. Returns the
-- dispute's status, or ignored if the charge is not ours. Locks the dispute.
declare
    v_statuses constant text[] := array[
        'warning_needs_response', 'warning_under_review', 'needs_response', 'under_review', 'warning_closed', 'won', 'lost'
    ];
    v_status text;
begin
    insert into sales.disputes as d (
        show_id,
        dispute_ref,
        payment_id,
        amount_minor,
        currency,
        reason,
        status,
        opened_at,
        closed_at
    )
    select
        p.show_id,
        p_dispute ->> 'id',
        p.payment_id,
        catalog.minor_amount((p_dispute ->> 'amount')::bigint, p_dispute ->> 'currency'),
        upper(p_dispute ->> 'currency'),
        p_dispute ->> 'reason',
        p_dispute ->> 'status',
        to_timestamp((p_dispute ->> 'created')::bigint),
        case when p_dispute ->> 'status' in ('won', 'lost', 'warning_closed') then p_told_at end
    from sales.payments as p
    where p.provider_ref = p_dispute ->> 'payment_intent'
        and p.kind = 'charge'
    on conflict (show_id, dispute_ref) do update
    set
        amount_minor = excluded.amount_minor,
        status = excluded.status,
        closed_at = excluded.closed_at
    where d.closed_at is null
        and coalesce(array_position(v_statuses, excluded.status) >= array_position(v_statuses, d.status), true)
    returning d.status into v_status;

    if not found then
        select d.status
        into v_status
        from sales.disputes as d
        inner join sales.payments as p
            on p.show_id = d.show_id
            and p.payment_id = d.payment_id
        where p.provider_ref = p_dispute ->> 'payment_intent'
            and d.dispute_ref = p_dispute ->> 'id';
    end if;
    return coalesce(v_status, 'ignored');
end;
$$;
