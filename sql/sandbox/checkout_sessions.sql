-- Checkout sessions (https://docs.stripe.com/api/checkout/sessions) and what happens on their hosted page.
-- A function that changes a session locks its row first, then its intent's.

create or replace function sandbox.checkout_session_object(p_session_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', s.session_id,
            'object', 'checkout.session',
            'amount_subtotal', s.amount_minor,
            'amount_total', s.amount_minor,
            'cancel_url', s.cancel_url,
            'client_reference_id', s.client_reference_id,
            'created', sandbox.unix_time(s.created_at),
            'currency', s.currency,
            'customer', s.customer_id,
            'expires_at', sandbox.unix_time(s.expires_at),
            'livemode', false,
            'metadata', s.metadata,
            'mode', 'payment',
            'payment_intent', s.payment_intent_id,
            'payment_method_types', json_build_array('card'),
            'payment_status', case
                when s.status = 'complete' and s.capture_method = 'automatic' then 'paid'
                else 'unpaid'
            end,
            'status', s.status,
            'success_url', s.success_url,
            'url', case
                when s.status = 'open' then current_setting('sandbox.base_url') || '/pay/' || s.session_id
            end
        )
    from sandbox.checkout_sessions as s
    where s.session_id = p_session_id;
$$;

create or replace function sandbox.retrieve_checkout_session(p_session_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.checkout_session_object(p_session_id);
begin
    if v_object is null then
        perform sandbox.refuse(
            404, 'resource_missing', format('No such checkout.session: %s', p_session_id), 'session'
        );
    end if;
    return (200, v_object);
end;
$$;

-- The sum and the currency of line_items, and the first one's name.
create or replace function sandbox.line_items_parameter(
    p_parameters jsonb,
    out amount_minor bigint,
    out currency text,
    out description text
)
language plpgsql stable
as $$
declare
    v_count integer;
    v_item text;
begin
    if jsonb_typeof(p_parameters -> 'line_items') is distinct from 'array' then
        perform sandbox.refuse(400, 'parameter_missing', 'Missing required param: line_items.', 'line_items');
    end if;
    v_count := jsonb_array_length(p_parameters -> 'line_items');
    amount_minor := 0;

    for v_number in 0 .. v_count - 1 loop
        v_item := format('line_items[%s]', v_number);
        perform sandbox.required_parameter(p_parameters, v_item || '[price_data][unit_amount]');
        perform sandbox.required_parameter(p_parameters, v_item || '[price_data][product_data][name]');
        amount_minor := amount_minor
            + sandbox.amount_parameter(p_parameters, v_item || '[price_data][unit_amount]')
            * coalesce(sandbox.amount_parameter(p_parameters, v_item || '[quantity]'), 1);
        if currency <> sandbox.currency_parameter(p_parameters, v_item || '[price_data][currency]') then
            perform sandbox.refuse(400, null, 'All line items must have the same currency.', v_item);
        end if;
        currency := sandbox.currency_parameter(p_parameters, v_item || '[price_data][currency]');
    end loop;

    perform sandbox.check_charge(amount_minor, currency, 'line_items');
    description := sandbox.parameter(p_parameters, 'line_items[0][price_data][product_data][name]');
end;
$$;

-- expires_at: 30 minutes to 24 hours from now, 24 hours if it is missing.
create or replace function sandbox.create_checkout_session(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_session_id text := sandbox.new_id('cs_test');
    v_expires_at timestamptz := coalesce(
        to_timestamp(sandbox.integer_parameter(p_parameters, 'expires_at')),
        now() + interval '24 hours'
    );
begin
    perform sandbox.allow_parameters(
        p_parameters,
        'mode', 'line_items', 'payment_intent_data', 'payment_method_types', 'client_reference_id', 'customer',
        'customer_email', 'success_url', 'cancel_url', 'expires_at', 'metadata', 'locale'
    );
    perform sandbox.allow_parameters(
        coalesce(p_parameters -> 'payment_intent_data', '{}'), 'capture_method', 'description', 'metadata'
    );
    perform sandbox.check_payment_method_types(p_parameters);
    perform sandbox.required_parameter(p_parameters, 'mode');
    perform sandbox.required_parameter(p_parameters, 'success_url');
    perform sandbox.word_parameter(p_parameters, 'mode', null, 'payment');

    -- Seconds are cut off on the wire, and the request was some time under way.
    if v_expires_at < now() + interval '29 minutes 50 seconds' then
        perform sandbox.refuse(
            400,
            null,
            'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.',
            'expires_at'
        );
    elsif v_expires_at > now() + interval '24 hours' then
        perform sandbox.refuse(
            400,
            null,
            'The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.',
            'expires_at'
        );
    end if;

    insert into sandbox.checkout_sessions (
        session_id,
        amount_minor,
        currency,
        capture_method,
        description,
        client_reference_id,
        customer_id,
        metadata,
        payment_intent_metadata,
        success_url,
        cancel_url,
        expires_at
    )
    select
        v_session_id,
        items.amount_minor,
        items.currency,
        sandbox.word_parameter(
            p_parameters, 'payment_intent_data[capture_method]', 'automatic', 'automatic', 'manual'
        ),
        coalesce(sandbox.parameter(p_parameters, 'payment_intent_data[description]'), items.description),
        sandbox.parameter(p_parameters, 'client_reference_id'),
        sandbox.customer_parameter(p_parameters),
        sandbox.metadata_parameter(p_parameters, 'metadata'),
        sandbox.metadata_parameter(p_parameters, 'payment_intent_data[metadata]'),
        sandbox.url_parameter(p_parameters, 'success_url'),
        sandbox.url_parameter(p_parameters, 'cancel_url'),
        v_expires_at
    from sandbox.line_items_parameter(p_parameters) as items;

    return (200, sandbox.checkout_session_object(v_session_id));
end;
$$;

create or replace function sandbox.expire_checkout_session(p_session_id text) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_status text;
begin
    select
        s.status
    into v_status
    from sandbox.checkout_sessions as s
    where s.session_id = p_session_id
    for update;

    if not found then
        return sandbox.retrieve_checkout_session(p_session_id);
    elsif v_status <> 'open' then
        perform sandbox.refuse(
            400,
            null,
            format(
                'Only Checkout Sessions with a status in ["open"] can be expired. This Session has a status of `%s`.',
                v_status
            )
        );
    end if;

    perform sandbox.close_session(p_session_id);
    return (200, sandbox.checkout_session_object(p_session_id));
end;
$$;

-- Ends an open session that the caller has locked without a payment. A card that still waits for its owner's
-- authentication is given up.
create or replace function sandbox.close_session(p_session_id text) returns void
language plpgsql volatile
as $$
declare
    v_payment_intent_id text;
begin
    update sandbox.checkout_sessions as s
    set status = 'expired'
    where s.session_id = p_session_id
    returning s.payment_intent_id into v_payment_intent_id;

    if v_payment_intent_id is not null then
        perform sandbox.cancel_payment_intent(v_payment_intent_id, '{}');
    end if;
    perform sandbox.record_event('checkout.session.expired', sandbox.checkout_session_object(p_session_id));
end;
$$;

-- Ends the sessions whose time is over; a few at a time, as it is called often.
create or replace function sandbox.expire_due_sessions() returns void
language plpgsql volatile
as $$
declare
    v_session_id text;
begin
    for v_session_id in
        select
            s.session_id
        from sandbox.checkout_sessions as s
        where s.status = 'open' and s.expires_at <= now()
        order by s.expires_at
        limit 20
        for update skip locked
    loop
        perform sandbox.close_session(v_session_id);
    end loop;
end;
$$;

-- What the hosted page shows:
-- {view: 'missing' | 'expired' | 'complete' | 'authenticate' | 'choose', amount, currency, description, error,
--  success_url, cancel_url}. error: why the last card was declined.
create or replace function sandbox.show_checkout(p_session_id text) returns json
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_page json;
begin
    select
        json_build_object(
            'view', case
                when s.status = 'complete' then 'complete'
                when s.status = 'expired' or s.expires_at <= now() then 'expired'
                when i.status = 'requires_action' then 'authenticate'
                else 'choose'
            end,
            'amount', s.amount_minor,
            'currency', s.currency,
            'description', s.description,
            'error', i.last_error ->> 'message',
            'success_url', replace(s.success_url, '{CHECKOUT_SESSION_ID}', s.session_id),
            'cancel_url', s.cancel_url
        )
    into v_page
    from sandbox.checkout_sessions as s
    left join sandbox.payment_intents as i
        on i.payment_intent_id = s.payment_intent_id
    where s.session_id = p_session_id;

    return coalesce(v_page, json_build_object('view', 'missing'));
end;
$$;

-- What the person did on the hosted page; answers what to show next, as sandbox.show_checkout.
-- p_act: 'pay' with the test card p_card; 'approve' or 'refuse' the authentication. An act that does not fit the state
-- changes nothing.
create or replace function sandbox.act_on_checkout(p_session_id text, p_act text, p_card text) returns json
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment_intent_id text;
    v_view text;
begin
    select
        s.payment_intent_id
    into v_payment_intent_id
    from sandbox.checkout_sessions as s
    where s.session_id = p_session_id
    for update;

    v_view := sandbox.show_checkout(p_session_id) ->> 'view';
    if v_view = 'choose' and p_act = 'pay' and exists (select from sandbox.cards as card where card.token = p_card) then
        perform sandbox.pay_session(p_session_id, v_payment_intent_id, p_card);
    elsif v_view = 'authenticate' and p_act = 'approve' then
        perform sandbox.try_card(v_payment_intent_id, p_authenticated => true);
    elsif v_view = 'authenticate' and p_act = 'refuse' then
        perform sandbox.decline(
            v_payment_intent_id,
            'payment_intent_authentication_failure',
            null,
            'We are unable to authenticate your payment method. Please choose a different payment method and try again.'
        );
    end if;

    update sandbox.checkout_sessions as s
    set status = 'complete'
    from sandbox.payment_intents as i
    where s.session_id = p_session_id
        and s.status = 'open'
        and i.payment_intent_id = s.payment_intent_id
        and i.status in ('requires_capture', 'succeeded');

    if found then
        perform sandbox.record_event('checkout.session.completed', sandbox.checkout_session_object(p_session_id));
    end if;
    return sandbox.show_checkout(p_session_id);
end;
$$;

-- Tries a card for a session that the caller has locked, with its intent, which the first try makes.
create or replace function sandbox.pay_session(
    p_session_id text,
    p_payment_intent_id text,
    p_card text
) returns void
language plpgsql volatile
as $$
declare
    v_payment_intent_id text := coalesce(p_payment_intent_id, sandbox.new_id('pi'));
begin
    if p_payment_intent_id is null then
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
        select
            v_payment_intent_id,
            s.amount_minor,
            s.currency,
            'requires_confirmation',
            s.capture_method,
            p_card,
            s.customer_id,
            s.description,
            s.payment_intent_metadata
        from sandbox.checkout_sessions as s
        where s.session_id = p_session_id;

        update sandbox.checkout_sessions as s
        set payment_intent_id = v_payment_intent_id
        where s.session_id = p_session_id;
    else
        perform sandbox.lock_payment_intent(p_payment_intent_id, 'confirm', 'requires_payment_method');

        update sandbox.payment_intents as i
        set payment_method = p_card
        where i.payment_intent_id = p_payment_intent_id;
    end if;

    perform sandbox.try_card(v_payment_intent_id);
end;
$$;
