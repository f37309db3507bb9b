-- Disputes (https://docs.stripe.com/api/disputes): the owner of a card takes the money back through the bank. Some test
-- cards do so as soon as the money was taken; POST /sandbox/disputes does it to any charge.

create or replace function sandbox.dispute_object(p_dispute_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', d.dispute_id,
            'object', 'dispute',
            'amount', d.amount_minor,
            'charge', 'ch_' || substr(d.payment_intent_id, 4),
            'created', sandbox.unix_time(d.created_at),
            'currency', i.currency,
            'is_charge_refundable', d.status like 'warning%' or d.status = 'won',
            'livemode', false,
            'metadata', json_build_object(),
            'payment_intent', d.payment_intent_id,
            'reason', d.reason,
            'status', d.status
        )
    from sandbox.disputes as d
    inner join sandbox.payment_intents as i
        on i.payment_intent_id = d.payment_intent_id
    where d.dispute_id = p_dispute_id;
$$;

create or replace function sandbox.retrieve_dispute(p_dispute_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.dispute_object(p_dispute_id);
begin
    if v_object is null then
        perform sandbox.refuse(404, 'resource_missing', format('No such dispute: ''%s''', p_dispute_id), 'id');
    end if;
    return (200, v_object);
end;
$$;

-- An inquiry only asks; with any other reason the money is gone until the dispute is won.
create or replace function sandbox.create_dispute(
    p_payment_intent_id text,
    p_amount_minor bigint,
    p_reason text
) returns json
language plpgsql volatile
as $$
declare
    v_dispute_id text := sandbox.new_id('du');
begin
    insert into sandbox.disputes (dispute_id, payment_intent_id, amount_minor, reason, status)
    values (
        v_dispute_id,
        p_payment_intent_id,
        p_amount_minor,
        case p_reason when 'inquiry' then 'general' else p_reason end,
        case p_reason when 'inquiry' then 'warning_needs_response' else 'needs_response' end
    );
    perform sandbox.record_event('charge.dispute.created', sandbox.dispute_object(v_dispute_id));
    return sandbox.dispute_object(v_dispute_id);
end;
$$;

-- The test cards whose owners dispute what was just taken.
create or replace function sandbox.dispute_if_bound(p_payment_intent_id text) returns void
language plpgsql volatile
as $$
declare
    v_amount_minor bigint;
    v_reason text;
begin
    select
        i.amount_received_minor,
        card.dispute_reason
    into v_amount_minor, v_reason
    from sandbox.payment_intents as i
    inner join sandbox.cards as card
        on card.token = sandbox.card_of(i.payment_method)
    where i.payment_intent_id = p_payment_intent_id;

    if v_reason is not null then
        perform sandbox.create_dispute(p_payment_intent_id, v_amount_minor, v_reason);
    end if;
end;
$$;

-- Not of Stripe. Takes payment_intent, amount (all of it if it is missing) and reason (fraudulent).
create or replace function sandbox.dispute_charge(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_payment_intent_id text := sandbox.required_parameter(p_parameters, 'payment_intent');
    v_received_minor bigint;
begin
    perform sandbox.allow_parameters(p_parameters, 'payment_intent', 'amount', 'reason');
    select
        i.amount_received_minor
    into v_received_minor
    from sandbox.payment_intents as i
    where i.payment_intent_id = v_payment_intent_id
        and i.status = 'succeeded'
    for update;
    if not found then
        perform sandbox.refuse(400, null, 'There is no such charge to dispute.', 'payment_intent');
    end if;
    return (
        200,
        sandbox.create_dispute(
            v_payment_intent_id,
            least(coalesce(sandbox.amount_parameter(p_parameters, 'amount'), v_received_minor), v_received_minor),
            coalesce(sandbox.parameter(p_parameters, 'reason'), 'fraudulent')
        )
    );
end;
$$;

-- The shop's evidence. evidence[uncategorized_text] decides as with Stripe's test keys: winning_evidence, losing_evidence;
-- anything else leaves the bank thinking.
create or replace function sandbox.answer_dispute(p_dispute_id text, p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
begin
    perform sandbox.allow_parameters(p_parameters, 'evidence', 'metadata', 'submit');
    return sandbox.turn_dispute(
        p_dispute_id,
        case sandbox.parameter(p_parameters, 'evidence[uncategorized_text]')
            when 'winning_evidence' then 'won'
            when 'losing_evidence' then 'lost'
            else 'under_review'
        end
    );
end;
$$;

-- The shop gives in.
create or replace function sandbox.close_dispute(p_dispute_id text) returns sandbox.answer
language plpgsql volatile
as $$
begin
    return sandbox.turn_dispute(p_dispute_id, 'lost');
end;
$$;

-- Of an inquiry the same under its own names: it ends closed, whoever was right.
create or replace function sandbox.turn_dispute(p_dispute_id text, p_status text) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_status text;
begin
    select
        d.status
    into v_status
    from sandbox.disputes as d
    where d.dispute_id = p_dispute_id
    for update;

    if not found then
        return sandbox.retrieve_dispute(p_dispute_id);
    elsif v_status in ('won', 'lost', 'warning_closed') then
        perform sandbox.refuse(400, null, 'This dispute is already closed.');
    end if;

    update sandbox.disputes as d
    set
        status = case
            when d.status not like 'warning%' then p_status
            when p_status = 'under_review' then 'warning_under_review'
            else 'warning_closed'
        end
    where d.dispute_id = p_dispute_id
    returning d.status into v_status;

    perform sandbox.record_event(
        case when v_status like '%under_review' then 'charge.dispute.updated' else 'charge.dispute.closed' end,
        sandbox.dispute_object(p_dispute_id)
    );
    return (200, sandbox.dispute_object(p_dispute_id));
end;
$$;
