-- Refunds (https://docs.stripe.com/api/refunds): of a captured intent, in parts if wanted, never more than was captured.

create or replace function sandbox.refund_object(p_refund_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', r.refund_id,
            'object', 'refund',
            'amount', r.amount_minor,
            'charge', 'ch_' || substr(r.payment_intent_id, 4),
            'created', sandbox.unix_time(r.created_at),
            'currency', i.currency,
            'metadata', r.metadata,
            'payment_intent', r.payment_intent_id,
            'reason', r.reason,
            'status', r.status
        )
    from sandbox.refunds as r
    inner join sandbox.payment_intents as i
        on i.payment_intent_id = r.payment_intent_id
    where r.refund_id = p_refund_id;
$$;

create or replace function sandbox.retrieve_refund(p_refund_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.refund_object(p_refund_id);
begin
    if v_object is null then
        perform sandbox.refuse(404, 'resource_missing', format('No such refund: ''%s''', p_refund_id), 'id');
    end if;
    return (200, v_object);
end;
$$;

-- Its metadata can be changed and nothing else.
create or replace function sandbox.update_refund(p_refund_id text, p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
begin
    perform sandbox.allow_parameters(p_parameters, 'metadata');
    update sandbox.refunds as r
    set metadata = sandbox.changed_metadata(r.metadata, p_parameters)
    where r.refund_id = p_refund_id;
    return sandbox.retrieve_refund(p_refund_id);
end;
$$;

-- Takes payment_intent or charge, and amount: what is left if it is missing. Locks the intent. A charge whose owner took it
-- back already cannot be refunded.
create or replace function sandbox.create_refund(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_refund_id text := sandbox.new_id('re');
    v_payment_intent_id text := coalesce(
        sandbox.parameter(p_parameters, 'payment_intent'), sandbox.charge_parameter(p_parameters)
    );
    v_amount_minor bigint := sandbox.amount_parameter(p_parameters, 'amount');
    v_status text;
    v_currency text;
    v_becomes text;
    v_left_minor bigint;
begin
    perform sandbox.allow_parameters(p_parameters, 'payment_intent', 'charge', 'amount', 'reason', 'metadata');
    if v_payment_intent_id is null then
        perform sandbox.refuse(
            400, 'parameter_missing', 'One of the following params should be provided: payment_intent or charge.'
        );
    end if;

    select
        i.status,
        i.currency,
        i.amount_received_minor - i.amount_refunded_minor,
        (select card.refund_becomes from sandbox.cards as card where card.token = sandbox.card_of(i.payment_method))
    into v_status, v_currency, v_left_minor, v_becomes
    from sandbox.payment_intents as i
    where i.payment_intent_id = v_payment_intent_id
    for update;

    if not found then
        perform sandbox.refuse(
            400,
            'resource_missing',
            format('No such payment_intent: ''%s''', v_payment_intent_id),
            'payment_intent'
        );
    elsif v_status <> 'succeeded' then
        perform sandbox.refuse(
            400,
            null,
            format('This PaymentIntent (%s) does not have a successful charge to refund.', v_payment_intent_id),
            'payment_intent'
        );
    elsif exists (
        select
        from sandbox.disputes as d
        where d.payment_intent_id = v_payment_intent_id
            and d.status in ('needs_response', 'under_review', 'lost')
    ) then
        perform sandbox.refuse(
            400,
            'charge_disputed',
            format('Charge ch_%s has been charged back; cannot issue a refund.', substr(v_payment_intent_id, 4))
        );
    elsif v_left_minor = 0 then
        perform sandbox.refuse(
            400,
            'charge_already_refunded',
            format('Charge ch_%s has already been refunded.', substr(v_payment_intent_id, 4))
        );
    elsif v_amount_minor > v_left_minor then
        perform sandbox.refuse(
            400,
            null,
            format('Refund amount (%s) is greater than unrefunded amount on charge (%s)', v_amount_minor, v_left_minor),
            'amount'
        );
    end if;
    perform sandbox.check_amount(v_amount_minor, v_currency, 'amount');

    insert into sandbox.refunds (refund_id, payment_intent_id, amount_minor, reason, metadata, status, turns_at)
    values (
        v_refund_id,
        v_payment_intent_id,
        coalesce(v_amount_minor, v_left_minor),
        sandbox.word_parameter(p_parameters, 'reason', null, 'duplicate', 'fraudulent', 'requested_by_customer'),
        sandbox.metadata_parameter(p_parameters, 'metadata'),
        case v_becomes when 'succeeded' then 'pending' else 'succeeded' end,
        case when v_becomes is not null then clock_timestamp() + interval '1 second' end
    );
    update sandbox.payment_intents as i
    set amount_refunded_minor = i.amount_refunded_minor + coalesce(v_amount_minor, v_left_minor)
    where i.payment_intent_id = v_payment_intent_id;

    perform sandbox.record_event('charge.refunded', sandbox.charge_object(v_payment_intent_id));
    perform sandbox.record_event('refund.created', sandbox.refund_object(v_refund_id));
    return (200, sandbox.refund_object(v_refund_id));
end;
$$;

-- What became of the refunds that take their time: a pending one succeeds, and one to a card that cannot take it fails
-- after all, so that its money is with the shop again. A few at a time, as it is called often.
create or replace function sandbox.turn_due_refunds() returns void
language plpgsql volatile
as $$
declare
    v_refund record;
begin
    for v_refund in
        select
            r.refund_id,
            r.payment_intent_id,
            r.amount_minor,
            r.status
        from sandbox.refunds as r
        where r.turns_at <= now()
        order by r.turns_at
        limit 20
        for update skip locked
    loop
        update sandbox.refunds as r
        set
            status = case v_refund.status when 'pending' then 'succeeded' else 'failed' end,
            turns_at = null
        where r.refund_id = v_refund.refund_id;

        if v_refund.status <> 'pending' then
            update sandbox.payment_intents as i
            set amount_refunded_minor = i.amount_refunded_minor - v_refund.amount_minor
            where i.payment_intent_id = v_refund.payment_intent_id;
        end if;
        perform sandbox.record_event(
            case v_refund.status when 'pending' then 'refund.updated' else 'refund.failed' end,
            sandbox.refund_object(v_refund.refund_id)
        );
    end loop;
end;
$$;
