-- Customers, the payment methods that they saved, and the setup intents by which they did
-- (https://docs.stripe.com/api/setup_intents).

create or replace function sandbox.customer_object(p_customer_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', c.customer_id,
            'object', 'customer',
            'created', sandbox.unix_time(c.created_at),
            'email', c.email,
            'livemode', false,
            'metadata', c.metadata,
            'name', c.name
        )
    from sandbox.customers as c
    where c.customer_id = p_customer_id;
$$;

create or replace function sandbox.create_customer(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_customer_id text := sandbox.new_id('cus');
begin
    perform sandbox.allow_parameters(p_parameters, 'email', 'name', 'metadata');

    insert into sandbox.customers (customer_id, email, name, metadata)
    values (
        v_customer_id,
        sandbox.email_parameter(p_parameters),
        sandbox.parameter(p_parameters, 'name'),
        sandbox.metadata_parameter(p_parameters, 'metadata')
    );
    return (200, sandbox.customer_object(v_customer_id));
end;
$$;

create or replace function sandbox.update_customer(p_customer_id text, p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
begin
    perform sandbox.allow_parameters(p_parameters, 'email', 'name', 'metadata');
    update sandbox.customers as c
    set
        email = case when p_parameters ? 'email' then sandbox.email_parameter(p_parameters) else c.email end,
        name = case when p_parameters ? 'name' then sandbox.parameter(p_parameters, 'name') else c.name end,
        metadata = sandbox.changed_metadata(c.metadata, p_parameters)
    where c.customer_id = p_customer_id;
    return sandbox.retrieve_customer(p_customer_id);
end;
$$;

create or replace function sandbox.email_parameter(p_parameters jsonb) returns text
language plpgsql stable
as $$
declare
    v_email text := sandbox.parameter(p_parameters, 'email');
begin
    if v_email !~ '^[^@\s]+@[^@\s]+\.[^@\s]+$' then
        perform sandbox.refuse(400, 'email_invalid', 'Invalid email address: ' || v_email, 'email');
    end if;
    return v_email;
end;
$$;

create or replace function sandbox.retrieve_customer(p_customer_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.customer_object(p_customer_id);
begin
    if v_object is null then
        perform sandbox.refuse(404, 'resource_missing', format('No such customer: ''%s''', p_customer_id), 'id');
    end if;
    return (200, v_object);
end;
$$;

-- A saved method, or a test token as if it were one.
create or replace function sandbox.payment_method_object(p_payment_method_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', p_payment_method_id,
            'object', 'payment_method',
            'card', json_build_object('brand', card.brand, 'last4', card.last4, 'exp_month', 12, 'exp_year', 2099),
            'created', sandbox.unix_time(coalesce(m.created_at, now())),
            'customer', m.customer_id,
            'livemode', false,
            'metadata', json_build_object(),
            'type', 'card'
        )
    from sandbox.cards as card
    left join sandbox.payment_methods as m
        on m.payment_method_id = p_payment_method_id
    where card.token = coalesce(m.card, p_payment_method_id);
$$;

-- Saves a method for a customer and answers its id: a test token becomes a method of its own, a saved one is saved already.
create or replace function sandbox.keep_payment_method(p_payment_method text, p_customer_id text) returns text
language plpgsql volatile
as $$
declare
    v_payment_method_id text := sandbox.new_id('pm');
begin
    insert into sandbox.payment_methods (payment_method_id, card, customer_id)
    select
        v_payment_method_id,
        card.token,
        p_customer_id
    from sandbox.cards as card
    where card.token = p_payment_method;
    return case when found then v_payment_method_id else p_payment_method end;
end;
$$;

create or replace function sandbox.retrieve_payment_method(p_payment_method_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.payment_method_object(p_payment_method_id);
begin
    if v_object is null then
        perform sandbox.refuse(
            404, 'resource_missing', format('No such PaymentMethod: ''%s''', p_payment_method_id), 'payment_method'
        );
    end if;
    return (200, v_object);
end;
$$;

-- The test token behind a payment method; null if there is no such method.
create or replace function sandbox.card_of(p_payment_method text) returns text
language plpgsql stable
as $$
begin
    return coalesce(
        (select card.token from sandbox.cards as card where card.token = p_payment_method),
        (select m.card from sandbox.payment_methods as m where m.payment_method_id = p_payment_method)
    );
end;
$$;

-- A payment method that exists, or null when none is named. A saved one is for its own customer only.
create or replace function sandbox.payment_method_parameter(p_parameters jsonb) returns text
language plpgsql stable
as $$
declare
    v_payment_method text := sandbox.parameter(p_parameters, 'payment_method');
begin
    if v_payment_method is null then
        return null;
    end if;
    if sandbox.card_of(v_payment_method) is null then
        perform sandbox.refuse(
            400, 'resource_missing', format('No such PaymentMethod: ''%s''', v_payment_method), 'payment_method'
        );
    end if;
    if exists (
        select
        from sandbox.payment_methods as m
        where m.payment_method_id = v_payment_method
            and m.customer_id is distinct from sandbox.parameter(p_parameters, 'customer')
    ) then
        perform sandbox.refuse(
            400, null, 'The payment method you provided is saved for another customer.', 'payment_method'
        );
    end if;
    return v_payment_method;
end;
$$;

-- With confirm=true the payment method is saved for the customer, or declined. Off-session use is what it is for: a card
-- that asks for authentication stays in requires_action, as nobody is asked here.
create or replace function sandbox.create_setup_intent(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
declare
    v_setup_intent_id text := sandbox.new_id('seti');
    v_customer_id text := sandbox.customer_parameter(p_parameters);
    v_payment_method text := sandbox.payment_method_parameter(p_parameters);
    v_card record;
    v_error json;
    v_status text := 'requires_confirmation';
begin
    perform sandbox.allow_parameters(
        p_parameters,
        'customer', 'payment_method', 'payment_method_types', 'confirm', 'usage', 'metadata', 'description',
        'automatic_payment_methods', 'return_url'
    );
    perform sandbox.check_payment_method_types(p_parameters);

    if v_payment_method is null then
        v_status := 'requires_payment_method';
    elsif sandbox.boolean_parameter(p_parameters, 'confirm') then
        select
            card.code,
            card.decline_code,
            card.message,
            card.requires_action,
            card.declines_setup
        into v_card
        from sandbox.cards as card
        where card.token = sandbox.card_of(v_payment_method);

        if v_card.declines_setup then
            v_status := 'requires_payment_method';
            v_error := json_strip_nulls(json_build_object(
                'type', 'card_error',
                'code', v_card.code,
                'decline_code', v_card.decline_code,
                'message', v_card.message
            ));
        elsif v_card.requires_action then
            v_status := 'requires_action';
        else
            v_status := 'succeeded';
            v_payment_method := sandbox.keep_payment_method(v_payment_method, v_customer_id);
        end if;
    end if;

    insert into sandbox.setup_intents (
        setup_intent_id,
        status,
        customer_id,
        payment_method,
        usage,
        last_error,
        metadata
    )
    values (
        v_setup_intent_id,
        v_status,
        v_customer_id,
        case when v_error is null then v_payment_method end,
        sandbox.word_parameter(p_parameters, 'usage', 'off_session', 'on_session', 'off_session'),
        v_error,
        sandbox.metadata_parameter(p_parameters, 'metadata')
    );

    if v_error is not null then
        perform sandbox.record_event('setup_intent.setup_failed', sandbox.setup_intent_object(v_setup_intent_id));
        return (
            402,
            json_build_object(
                'error',
                v_error::jsonb || jsonb_build_object('setup_intent', sandbox.setup_intent_object(v_setup_intent_id))
            )
        );
    end if;
    if v_status = 'succeeded' then
        perform sandbox.record_event('setup_intent.succeeded', sandbox.setup_intent_object(v_setup_intent_id));
    end if;
    return (200, sandbox.setup_intent_object(v_setup_intent_id));
end;
$$;

create or replace function sandbox.setup_intent_object(p_setup_intent_id text) returns json
language sql stable
as $$
    select
        json_build_object(
            'id', s.setup_intent_id,
            'object', 'setup_intent',
            'client_secret', s.setup_intent_id || '_secret_' || md5(s.setup_intent_id),
            'created', sandbox.unix_time(s.created_at),
            'customer', s.customer_id,
            'last_setup_error', s.last_error,
            'livemode', false,
            'metadata', s.metadata,
            'payment_method', s.payment_method,
            'payment_method_types', json_build_array('card'),
            'status', s.status,
            'usage', s.usage
        )
    from sandbox.setup_intents as s
    where s.setup_intent_id = p_setup_intent_id;
$$;

create or replace function sandbox.retrieve_setup_intent(p_setup_intent_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_object json := sandbox.setup_intent_object(p_setup_intent_id);
begin
    if v_object is null then
        perform sandbox.refuse(
            404, 'resource_missing', format('No such setupintent: ''%s''', p_setup_intent_id), 'intent'
        );
    end if;
    return (200, v_object);
end;
$$;
