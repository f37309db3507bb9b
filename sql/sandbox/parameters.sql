-- Reading a request's parameters, and refusing it in Stripe's words (https://docs.stripe.com/api/errors).
-- A refusal is raised, so that nothing of the request remains, its idempotency key neither; a declined card is an answer.

-- Ends the request: SQLSTATE SBnnn, nnn being the HTTP status, and Stripe's error object in DETAIL.
-- Never returns; its type lets the caller say `return sandbox.refuse(…)`.
create or replace function sandbox.refuse(
    p_status integer,
    p_code text,
    p_message text,
    p_parameter text default null,
    p_type text default 'invalid_request_error',
    p_payment_intent json default null
) returns sandbox.answer
language plpgsql volatile
as $$
begin
    raise exception using
        errcode = 'SB' || p_status,
        message = p_message,
        detail = json_build_object(
            'error', json_strip_nulls(json_build_object(
                'type', p_type,
                'code', p_code,
                'message', p_message,
                'param', p_parameter,
                'payment_intent', p_payment_intent
            ))
        );
end;
$$;

-- Refuses every parameter that is not named here.
create or replace function sandbox.allow_parameters(p_parameters jsonb, variadic p_names text[]) returns void
language plpgsql stable
as $$
declare
    v_name text;
begin
    select
        given.name
    into v_name
    from jsonb_object_keys(p_parameters) as given (name)
    where given.name <> all (p_names)
    limit 1;

    if found then
        perform sandbox.refuse(400, 'parameter_unknown', 'Received unknown parameter: ' || v_name, v_name);
    end if;
end;
$$;

-- One text; null when it is missing or empty. p_name as Stripe writes it: 'line_items[0][price_data][currency]'.
create or replace function sandbox.parameter(p_parameters jsonb, p_name text) returns text
language plpgsql stable
as $$
declare
    v_value jsonb := p_parameters #> string_to_array(replace(replace(p_name, ']', ''), '[', ','), ',');
begin
    if jsonb_typeof(v_value) in ('object', 'array') then
        perform sandbox.refuse(400, 'parameter_invalid_string', 'Invalid string: ' || v_value::text, p_name);
    end if;
    return nullif(v_value #>> '{}', '');
end;
$$;

create or replace function sandbox.required_parameter(p_parameters jsonb, p_name text) returns text
language plpgsql stable
as $$
declare
    v_value text := sandbox.parameter(p_parameters, p_name);
begin
    if v_value is null then
        perform sandbox.refuse(400, 'parameter_missing', 'Missing required param: ' || p_name || '.', p_name);
    end if;
    return v_value;
end;
$$;

-- One of several words; p_default when it is missing.
create or replace function sandbox.word_parameter(
    p_parameters jsonb,
    p_name text,
    p_default text,
    variadic p_words text[]
) returns text
language plpgsql stable
as $$
declare
    v_value text := coalesce(sandbox.parameter(p_parameters, p_name), p_default);
begin
    if v_value <> all (p_words) then
        perform sandbox.refuse(
            400,
            null,
            format('Invalid %s: must be one of %s', p_name, array_to_string(p_words, ', ')),
            p_name
        );
    end if;
    return v_value;
end;
$$;

create or replace function sandbox.boolean_parameter(p_parameters jsonb, p_name text) returns boolean
language sql stable
as $$
    select sandbox.word_parameter(p_parameters, p_name, 'false', 'true', 'false') = 'true';
$$;

-- Null when it is missing.
create or replace function sandbox.integer_parameter(p_parameters jsonb, p_name text) returns bigint
language plpgsql stable
as $$
declare
    v_value text := sandbox.parameter(p_parameters, p_name);
begin
    if v_value !~ '^-?[0-9]{1,15}$' then
        perform sandbox.refuse(400, 'parameter_invalid_integer', 'Invalid integer: ' || v_value, p_name);
    end if;
    return v_value::bigint;
end;
$$;

-- How many of a list are asked for: 1 to 100, 10 when it is missing.
create or replace function sandbox.limit_parameter(p_parameters jsonb) returns bigint
language plpgsql stable
as $$
declare
    v_limit bigint := coalesce(sandbox.integer_parameter(p_parameters, 'limit'), 10);
begin
    if v_limit not between 1 and 100 then
        perform sandbox.refuse(400, 'parameter_invalid_integer', 'limit must be 1 to 100.', 'limit');
    end if;
    return v_limit;
end;
$$;

-- An amount of money in the currency's smallest unit; null when it is missing. What may be charged, sandbox.check_charge says.
create or replace function sandbox.amount_parameter(p_parameters jsonb, p_name text) returns bigint
language plpgsql stable
as $$
declare
    v_amount bigint := sandbox.integer_parameter(p_parameters, p_name);
begin
    if v_amount < 1 then
        perform sandbox.refuse(
            400, 'parameter_invalid_integer', 'This value must be greater than or equal to 1.', p_name
        );
    end if;
    return v_amount;
end;
$$;

-- Refuses what Stripe has no currency for.
create or replace function sandbox.currency_parameter(p_parameters jsonb, p_name text) returns text
language plpgsql stable
as $$
declare
    v_currency text := lower(sandbox.required_parameter(p_parameters, p_name));
begin
    if not exists (select from catalog.currencies as c where c.currency = upper(v_currency)) then
        perform sandbox.refuse(
            400,
            null,
            format(
                'Invalid currency: %s. Stripe currently supports these currencies: %s',
                v_currency,
                (select string_agg(lower(c.currency), ', ' order by c.currency) from catalog.currencies as c)
            ),
            p_name
        );
    end if;
    return v_currency;
end;
$$;

-- Refuses an amount that does not exist in this currency (https://docs.stripe.com/currencies#special-cases).
create or replace function sandbox.check_amount(p_amount_minor bigint, p_currency text, p_name text) returns void
language plpgsql stable
as $$
declare
    v_step integer;
begin
    select c.provider_step
    into v_step
    from catalog.currencies as c
    where c.currency = upper(p_currency);

    if p_amount_minor % v_step <> 0 then
        perform sandbox.refuse(
            400,
            'invalid_charge_amount',
            format('Invalid amount: in %s it must be divisible by %s.', p_currency, v_step),
            p_name
        );
    end if;
end;
$$;

-- Refuses an amount that Stripe does not charge (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts).
create or replace function sandbox.check_charge(p_amount_minor bigint, p_currency text, p_name text) returns void
language plpgsql stable
as $$
declare
    v_limits record;
begin
    select
        c.least_charge,
        c.greatest_charge,
        c.provider_digits
    into v_limits
    from catalog.currencies as c
    where c.currency = upper(p_currency);

    if p_amount_minor > v_limits.greatest_charge then
        perform sandbox.refuse(
            400,
            'amount_too_large',
            format(
                'Amount must be no more than %s %s',
                round(v_limits.greatest_charge / power(10::numeric, v_limits.provider_digits), v_limits.provider_digits),
                p_currency
            ),
            p_name
        );
    elsif p_amount_minor < v_limits.least_charge then
        perform sandbox.refuse(
            400,
            'amount_too_small',
            format(
                'Amount must be at least %s %s',
                round(v_limits.least_charge / power(10::numeric, v_limits.provider_digits), v_limits.provider_digits),
                p_currency
            ),
            p_name
        );
    end if;
    perform sandbox.check_amount(p_amount_minor, p_currency, p_name);
end;
$$;

-- The charge that a parameter names, as the intent that it belongs to; null when it is missing.
create or replace function sandbox.charge_parameter(p_parameters jsonb) returns text
language plpgsql stable
as $$
declare
    v_charge_id text := sandbox.parameter(p_parameters, 'charge');
begin
    if v_charge_id is not null and sandbox.charge_object(sandbox.intent_of_charge(v_charge_id)) is null then
        perform sandbox.refuse(400, 'resource_missing', format('No such charge: ''%s''', v_charge_id), 'charge');
    end if;
    return sandbox.intent_of_charge(v_charge_id);
end;
$$;

-- The intent whose charge has this id; null for what is no charge's id.
create or replace function sandbox.intent_of_charge(p_charge_id text) returns text
language sql immutable
as $$
    select 'pi_' || substring(p_charge_id from '^ch_(.*)$');
$$;

-- An intent that exists, or null when none is named.
create or replace function sandbox.payment_intent_parameter(p_parameters jsonb) returns text
language plpgsql stable
as $$
declare
    v_payment_intent_id text := sandbox.parameter(p_parameters, 'payment_intent');
begin
    if v_payment_intent_id is not null
        and not exists (
            select
            from sandbox.payment_intents as i
            where i.payment_intent_id = v_payment_intent_id
        )
    then
        perform sandbox.refuse(
            400,
            'resource_missing',
            format('No such payment_intent: ''%s''', v_payment_intent_id),
            'payment_intent'
        );
    end if;
    return v_payment_intent_id;
end;
$$;

-- Refuses payment methods of other types than cards: the sandbox has no others.
create or replace function sandbox.check_payment_method_types(p_parameters jsonb) returns void
language plpgsql stable
as $$
declare
    v_types jsonb := p_parameters -> 'payment_method_types';
begin
    if jsonb_typeof(v_types) <> 'array' then
        perform sandbox.refuse(400, null, 'Invalid array', 'payment_method_types');
    elsif v_types <> '["card"]' then
        perform sandbox.refuse(
            400,
            'payment_intent_invalid_parameter',
            format('The payment method type provided is invalid: %s.', v_types),
            'payment_method_types'
        );
    end if;
end;
$$;

-- Up to 50 names of up to 40 characters, each with a text of up to 500; {} when it is missing.
create or replace function sandbox.metadata_parameter(p_parameters jsonb, p_name text) returns jsonb
language plpgsql stable
as $$
begin
    return sandbox.changed_metadata('{}', p_parameters, p_name);
end;
$$;

-- An object's metadata after an update (https://docs.stripe.com/api/metadata): the names that are given change, an empty text
-- takes a name away, and an empty text instead of an object all of them.
create or replace function sandbox.changed_metadata(
    p_metadata jsonb,
    p_parameters jsonb,
    p_name text default 'metadata'
) returns jsonb
language plpgsql stable
as $$
declare
    v_given jsonb := p_parameters #> string_to_array(replace(replace(p_name, ']', ''), '[', ','), ',');
    v_metadata jsonb;
begin
    if v_given is null then
        return p_metadata;
    elsif v_given = '""' then
        return '{}'::jsonb;
    elsif jsonb_typeof(v_given) <> 'object' then
        perform sandbox.refuse(400, 'parameter_invalid_object', 'Invalid object', p_name);
    end if;

    select coalesce(jsonb_object_agg(pair.key, pair.value) filter (where pair.value <> '""'), '{}')
    into v_metadata
    from jsonb_each(p_metadata || v_given) as pair;

    if (select count(*) > 50 from jsonb_object_keys(v_metadata))
        or exists (
            select
            from jsonb_each(v_given) as pair
            where length(pair.key) > 40 or jsonb_typeof(pair.value) <> 'string' or length(pair.value #>> '{}') > 500
        )
    then
        perform sandbox.refuse(
            400, null, 'Metadata takes up to 50 keys of up to 40 characters with texts of up to 500.', p_name
        );
    end if;
    return v_metadata;
end;
$$;

-- A customer that exists, or null when none is named.
create or replace function sandbox.customer_parameter(p_parameters jsonb) returns text
language plpgsql stable
as $$
declare
    v_customer_id text := sandbox.parameter(p_parameters, 'customer');
begin
    if v_customer_id is not null
        and not exists (select from sandbox.customers as c where c.customer_id = v_customer_id)
    then
        perform sandbox.refuse(400, 'resource_missing', format('No such customer: ''%s''', v_customer_id), 'customer');
    end if;
    return v_customer_id;
end;
$$;

-- A web address; null when it is missing.
create or replace function sandbox.url_parameter(p_parameters jsonb, p_name text) returns text
language plpgsql stable
as $$
declare
    v_url text := sandbox.parameter(p_parameters, p_name);
begin
    if v_url !~ '^https?://[^/\s]' then
        perform sandbox.refuse(400, 'url_invalid', 'Not a valid URL', p_name);
    end if;
    return v_url;
end;
$$;

-- A new id of Stripe's form, such as pi_4f0c….
create or replace function sandbox.new_id(p_prefix text) returns text
language sql volatile
as $$
    select p_prefix || '_' || replace(gen_random_uuid()::text, '-', '');
$$;

-- Seconds since 1970, as all times of Stripe are.
create or replace function sandbox.unix_time(p_time timestamptz) returns bigint
language sql stable
as $$
    select floor(extract(epoch from p_time))::bigint;
$$;
