-- Payment intents (https://docs.stripe.com/api/payment_intents) and the charge of each.
-- A function that changes an intent locks its row first and looks at the status after that. What every payment calls is
-- PL/pgSQL even where SQL would do: it keeps its plan, which doubles the payments a second.

create or replace function sandbox.payment_intent_object(p_payment_intent_id text) returns json
language plpgsql stable
as $$
begin
    return (
        select
            json_build_object(
                'id', i.payment_intent_id,
                'object', 'payment_intent',
                'amount', i.amount_minor,
                'amount_capturable', case when i.status = 'requires_capture' then i.amount_minor else 0 end,
                'amount_received', i.amount_received_minor,
                'canceled_at', sandbox.unix_time(i.canceled_at),
                'cancellation_reason', i.cancellation_reason,
                'capture_method', i.capture_method,
                'client_secret', i.payment_intent_id || '_secret_' || md5(i.payment_intent_id),
                'created', sandbox.unix_time(i.created_at),
                'currency', i.currency,
                'customer', i.customer_id,
                'description', i.description,
                'last_payment_error', i.last_error,
                'latest_charge', case
                    when i.status in ('requires_capture', 'succeeded') then 'ch_' || substr(i.payment_intent_id, 4)
                end,
                'livemode', false,
                'metadata', i.metadata,
                'next_action', case
                    when i.status = 'requires_action' then json_build_object('type', 'use_stripe_sdk')
                end,
                'payment_method', i.payment_method,
                'payment_method_types', json_build_array('card'),
                'status', i.status
            )
        from sandbox.payment_intents as i
        where i.payment_intent_id = p_payment_intent_id
    );
end;
$$;

create or replace function sandbox.charge_object(p_payment_intent_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', 'ch_' || substr(i.payment_intent_id, 4),
            'object', 'charge',
            'amount', i.amount_minor,
            'amount_captured', i.amount_received_minor,
            'amount_refunded', i.amount_refunded_minor,
            'captured', i.status = 'succeeded',
            'created', sandbox.unix_time(i.created_at),
            'currency', i.currency,
            'customer', i.customer_id,
            'description', i.description,
            'disputed', exists (select from sandbox.disputes as d where d.payment_intent_id = i.payment_intent_id),
            'livemode', false,
            'metadata', i.metadata,
            'paid', true,
            'payment_intent', i.payment_intent_id,
            'payment_method', i.payment_method,
            'refunded', i.amount_refunded_minor > 0 and i.amount_refunded_minor = i.amount_received_minor,
            'status', 'succeeded'
        )
    from sandbox.payment_intents as i
    where i.payment_intent_id = p_payment_intent_id
        and i.status in ('requires_capture', 'succeeded');
$$;

create or replace function sandbox.retrieve_payment_intent(p_payment_intent_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.payment_intent_object(p_payment_intent_id);
begin
    if v_object is null then
        perform sandbox.refuse(
            404, 'resource_missing', format('No such payment_intent: ''%s''', p_payment_intent_id), 'intent'
        );
    end if;
    return (200, v_object);
end;
$$;

-- The intents whose metadata has a value, newest first: of the search language (https://docs.stripe.com/search) it knows
-- metadata['name']:'value' and metadata["name"]:"value". limit: 1 to 100, 10 if it is missing. Nothing is on a second page.
create or replace function sandbox.search_payment_intents(p_parameters jsonb) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_query text := sandbox.required_parameter(p_parameters, 'query');
    v_words text[] := regexp_match(v_query, '^\s*metadata\[([''"])([^''"]+)\1\]\s*:\s*([''"])([^''"]+)\3\s*$');
    v_limit bigint := sandbox.limit_parameter(p_parameters);
    v_intents json;
begin
    perform sandbox.allow_parameters(p_parameters, 'query', 'limit');
    if v_words is null then
        perform sandbox.refuse(400, null, format('We were unable to parse your search query: %s.', v_query), 'query');
    end if;

    select
        coalesce(
            json_agg(
                sandbox.payment_intent_object(found.payment_intent_id)
                order by found.created_at desc, found.payment_intent_id desc
            ),
            '[]'
        )
    into v_intents
    from (
        select
            i.payment_intent_id,
            i.created_at
        from sandbox.payment_intents as i
        where i.metadata ->> v_words[2] = v_words[4]
        order by
            i.created_at desc,
            i.payment_intent_id desc
        limit v_limit
    ) as found;

    return (
        200,
        json_build_object(
            'object', 'search_result',
            'url', '/v1/payment_intents/search',
            'has_more', false,
            'next_page', null,
            'data', v_intents
        )
    );
end;
$$;

create or replace function sandbox.retrieve_charge(p_charge_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.charge_object(sandbox.intent_of_charge(p_charge_id));
begin
    if v_object is null then
        perform sandbox.refuse(404, 'resource_missing', format('No such charge: ''%s''', p_charge_id), 'id');
    end if;
    return (200, v_object);
end;
$$;

-- Locks an intent and refuses unless it is in one of p_statuses; p_act is what was asked, for the message.
create or replace function sandbox.lock_payment_intent(
    p_payment_intent_id text,
    p_act text,
    variadic p_statuses text[]
) returns void
language plpgsql volatile
as $$
declare
    v_status text;
begin
    select
        i.status
    into v_status
    from sandbox.payment_intents as i
    where i.payment_intent_id = p_payment_intent_id
    for update;

    if not found then
        perform sandbox.retrieve_payment_intent(p_payment_intent_id);
    elsif v_status <> all (p_statuses) then
        perform sandbox.refuse(
            400,
            'payment_intent_unexpected_state',
            format(
                'You cannot %s this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the '
                'following statuses may be %sed: %s.',
                p_act, v_status, p_act, array_to_string(p_statuses, ', ')
            ),
            p_payment_intent => sandbox.payment_intent_object(p_payment_intent_id)
        );
    end if;
end;
$$;

-- Tries the card of an intent that the caller has locked or just made. Answers 200 with the intent, or 402 with a card
-- error. When the buyer has to authenticate: requires_action; but 402 if p_off_session (nobody is there) or
-- p_error_on_action. p_authenticated: the buyer just did.
create or replace function sandbox.try_card(
    p_payment_intent_id text,
    p_off_session boolean default false,
    p_error_on_action boolean default false,
    p_authenticated boolean default false
) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_code text;
    v_decline_code text;
    v_message text;
    v_requires_action boolean;
    v_status text;
begin
    select
        card.code,
        card.decline_code,
        card.message,
        card.requires_action and not p_authenticated,
        case i.capture_method when 'manual' then 'requires_capture' else 'succeeded' end
    into v_code, v_decline_code, v_message, v_requires_action, v_status
    from sandbox.payment_intents as i
    inner join sandbox.cards as card
        on card.token = sandbox.card_of(i.payment_method)
    where i.payment_intent_id = p_payment_intent_id;

    if v_requires_action and (p_off_session or p_error_on_action) then
        v_code := 'authentication_required';
        v_decline_code := 'authentication_required';
        v_message := 'Your card was declined. This transaction requires authentication.';
    elsif v_requires_action then
        v_status := 'requires_action';
    end if;

    if v_code is not null then
        return sandbox.decline(p_payment_intent_id, v_code, v_decline_code, v_message);
    end if;

    update sandbox.payment_intents as i
    set
        status = v_status,
        amount_received_minor = case v_status when 'succeeded' then i.amount_minor else 0 end,
        last_error = null
    where i.payment_intent_id = p_payment_intent_id;

    if v_status <> 'requires_action' then
        perform sandbox.record_event(
            case v_status
                when 'succeeded' then 'payment_intent.succeeded'
                else 'payment_intent.amount_capturable_updated'
            end,
            sandbox.payment_intent_object(p_payment_intent_id)
        );
    end if;
    if v_status = 'succeeded' then
        perform sandbox.dispute_if_bound(p_payment_intent_id);
    end if;
    return (200, sandbox.payment_intent_object(p_payment_intent_id));
end;
$$;

-- Answers 402 with the card error; the intent waits for another payment method.
create or replace function sandbox.decline(
    p_payment_intent_id text,
    p_code text,
    p_decline_code text,
    p_message text
) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_error json;
begin
    update sandbox.payment_intents as i
    set
        status = 'requires_payment_method',
        payment_method = null,
        last_error = json_strip_nulls(json_build_object(
            'type', 'card_error',
            'code', p_code,
            'decline_code', p_decline_code,
            'message', p_message,
            'payment_method', i.payment_method
        ))
    where i.payment_intent_id = p_payment_intent_id
    returning i.last_error into v_error;

    perform sandbox.record_event('payment_intent.payment_failed', sandbox.payment_intent_object(p_payment_intent_id));

    return (
        402,
        json_build_object(
            'error',
            v_error::jsonb || jsonb_build_object('payment_intent', sandbox.payment_intent_object(p_payment_intent_id))
        )
    );
end;
$$;

create or replace function sandbox.create_payment_intent(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_payment_intent_id text := sandbox.new_id('pi');
    v_payment_method text;
    v_answer sandbox.answer;
begin
    perform sandbox.allow_parameters(
        p_parameters,
        'amount', 'currency', 'payment_method', 'payment_method_types', 'confirm', 'capture_method', 'customer',
        'description', 'metadata', 'off_session', 'error_on_requires_action', 'return_url',
        'automatic_payment_methods', 'setup_future_usage'
    );
    perform sandbox.check_unconfirmed(p_parameters, 'off_session', 'error_on_requires_action', 'return_url');
    perform sandbox.check_payment_method_types(p_parameters);
    perform sandbox.required_parameter(p_parameters, 'amount');
    perform sandbox.check_charge(
        sandbox.amount_parameter(p_parameters, 'amount'), sandbox.currency_parameter(p_parameters, 'currency'), 'amount'
    );
    v_payment_method := sandbox.payment_method_parameter(p_parameters);

    insert into sandbox.payment_intents (
        payment_intent_id,
        amount_minor,
        currency,
        status,
        capture_method,
        payment_method,
        customer_id,
        description,
        metadata
    )
    values (
        v_payment_intent_id,
        sandbox.amount_parameter(p_parameters, 'amount'),
        sandbox.currency_parameter(p_parameters, 'currency'),
        case when v_payment_method is null then 'requires_payment_method' else 'requires_confirmation' end,
        sandbox.word_parameter(p_parameters, 'capture_method', 'automatic', 'automatic', 'manual'),
        v_payment_method,
        sandbox.customer_parameter(p_parameters),
        sandbox.parameter(p_parameters, 'description'),
        sandbox.metadata_parameter(p_parameters, 'metadata')
    );

    if not sandbox.boolean_parameter(p_parameters, 'confirm') then
        return (200, sandbox.payment_intent_object(v_payment_intent_id));
    end if;
    if v_payment_method is null then
        perform sandbox.refuse(
            400, 'parameter_missing', 'You cannot confirm this PaymentIntent because it''s missing a payment method.'
        );
    end if;
    v_answer := sandbox.try_card(
        v_payment_intent_id,
        sandbox.boolean_parameter(p_parameters, 'off_session'),
        sandbox.boolean_parameter(p_parameters, 'error_on_requires_action')
    );
    if v_answer.status = 200 and p_parameters ? 'setup_future_usage' then
        perform sandbox.word_parameter(p_parameters, 'setup_future_usage', null, 'off_session', 'on_session');
        update sandbox.payment_intents as i
        set payment_method = sandbox.keep_payment_method(i.payment_method, i.customer_id)
        where i.payment_intent_id = v_payment_intent_id
            and i.customer_id is not null;
        v_answer.body := sandbox.payment_intent_object(v_payment_intent_id);
    end if;
    return v_answer;
end;
$$;

-- Refuses what can only be said of the confirmation when none is asked for.
create or replace function sandbox.check_unconfirmed(p_parameters jsonb, variadic p_names text[]) returns void
language plpgsql stable
as $$
declare
    v_name text;
begin
    select name
    into v_name
    from unnest(p_names) as name
    where p_parameters ? name
        and not sandbox.boolean_parameter(p_parameters, 'confirm')
    limit 1;

    if found then
        perform sandbox.refuse(
            400,
            null,
            format('The parameter `%s` cannot be passed when creating a PaymentIntent unless confirm is set to true.', v_name),
            v_name
        );
    end if;
end;
$$;

-- What is charged and from whom can change until a card was charged; description and metadata always.
create or replace function sandbox.update_payment_intent(
    p_payment_intent_id text,
    p_parameters jsonb
) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_payment_method text := sandbox.payment_method_parameter(p_parameters);
    v_customer_id text := sandbox.customer_parameter(p_parameters);
    v_intent record;
begin
    perform sandbox.allow_parameters(
        p_parameters, 'amount', 'currency', 'customer', 'description', 'metadata', 'payment_method', 'payment_method_types'
    );
    perform sandbox.check_payment_method_types(p_parameters);
    if p_parameters ?| array['amount', 'currency', 'customer', 'payment_method'] then
        perform sandbox.lock_payment_intent(
            p_payment_intent_id, 'update', 'requires_payment_method', 'requires_confirmation', 'requires_action'
        );
    end if;

    update sandbox.payment_intents as i
    set
        amount_minor = coalesce(sandbox.amount_parameter(p_parameters, 'amount'), i.amount_minor),
        currency = case when p_parameters ? 'currency' then sandbox.currency_parameter(p_parameters, 'currency') else i.currency end,
        customer_id = coalesce(v_customer_id, i.customer_id),
        payment_method = coalesce(v_payment_method, i.payment_method),
        status = case when v_payment_method is null then i.status else 'requires_confirmation' end,
        description = case when p_parameters ? 'description' then sandbox.parameter(p_parameters, 'description') else i.description end,
        metadata = sandbox.changed_metadata(i.metadata, p_parameters)
    where i.payment_intent_id = p_payment_intent_id
    returning
        i.amount_minor,
        i.currency
    into v_intent;
    if found and p_parameters ?| array['amount', 'currency'] then
        perform sandbox.check_charge(v_intent.amount_minor, v_intent.currency, 'amount');
    end if;
    return sandbox.retrieve_payment_intent(p_payment_intent_id);
end;
$$;

create or replace function sandbox.confirm_payment_intent(
    p_payment_intent_id text,
    p_parameters jsonb
) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_payment_method text;
begin
    perform sandbox.allow_parameters(
        p_parameters, 'payment_method', 'off_session', 'error_on_requires_action', 'return_url'
    );
    perform sandbox.lock_payment_intent(
        p_payment_intent_id, 'confirm', 'requires_payment_method', 'requires_confirmation', 'requires_action'
    );

    update sandbox.payment_intents as i
    set payment_method = coalesce(sandbox.payment_method_parameter(p_parameters), i.payment_method)
    where i.payment_intent_id = p_payment_intent_id
    returning i.payment_method into v_payment_method;

    if v_payment_method is null then
        perform sandbox.refuse(
            400, 'parameter_missing', 'You cannot confirm this PaymentIntent because it''s missing a payment method.'
        );
    end if;
    return sandbox.try_card(
        p_payment_intent_id,
        sandbox.boolean_parameter(p_parameters, 'off_session'),
        sandbox.boolean_parameter(p_parameters, 'error_on_requires_action')
    );
end;
$$;

-- amount_to_capture: 1 to what was authorized, all of it if it is missing; the rest is released.
create or replace function sandbox.capture_payment_intent(
    p_payment_intent_id text,
    p_parameters jsonb
) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_capture_minor bigint := sandbox.amount_parameter(p_parameters, 'amount_to_capture');
    v_currency text;
begin
    perform sandbox.allow_parameters(p_parameters, 'amount_to_capture');
    perform sandbox.lock_payment_intent(p_payment_intent_id, 'capture', 'requires_capture');
    select i.currency
    into v_currency
    from sandbox.payment_intents as i
    where i.payment_intent_id = p_payment_intent_id;
    perform sandbox.check_amount(v_capture_minor, v_currency, 'amount_to_capture');

    update sandbox.payment_intents as i
    set
        status = 'succeeded',
        amount_received_minor = coalesce(v_capture_minor, i.amount_minor)
    where i.payment_intent_id = p_payment_intent_id
        and coalesce(v_capture_minor, i.amount_minor) <= i.amount_minor;

    if not found then
        perform sandbox.refuse(
            400,
            'amount_too_large',
            'The amount to capture is greater than the amount that can be captured.',
            'amount_to_capture'
        );
    end if;
    perform sandbox.record_event('payment_intent.succeeded', sandbox.payment_intent_object(p_payment_intent_id));
    perform sandbox.dispute_if_bound(p_payment_intent_id);
    return (200, sandbox.payment_intent_object(p_payment_intent_id));
end;
$$;

create or replace function sandbox.cancel_payment_intent(
    p_payment_intent_id text,
    p_parameters jsonb
) returns sandbox.answer
language plpgsql volatile
as $$
begin
    perform sandbox.allow_parameters(p_parameters, 'cancellation_reason');
    perform sandbox.lock_payment_intent(
        p_payment_intent_id,
        'cancel',
        'requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture'
    );

    update sandbox.payment_intents as i
    set
        status = 'canceled',
        canceled_at = now(),
        cancellation_reason = sandbox.word_parameter(
            p_parameters, 'cancellation_reason', null, 'duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'
        )
    where i.payment_intent_id = p_payment_intent_id;

    perform sandbox.record_event('payment_intent.canceled', sandbox.payment_intent_object(p_payment_intent_id));
    return (200, sandbox.payment_intent_object(p_payment_intent_id));
end;
$$;
