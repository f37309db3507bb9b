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

-- An amount of money that is to be charged, in minor units.
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
    elsif v_amount > 99999999 then
        perform sandbox.refuse(400, 'amount_too_large', 'Amount must be no more than 999,999.99.', p_name);
    end if;
    return v_amount;
end;
$$;

create or replace function sandbox.currency_parameter(p_parameters jsonb, p_name text) returns text
language plpgsql stable
as $$
declare
    v_currency text := lower(sandbox.required_parameter(p_parameters, p_name));
begin
    if v_currency !~ '^[a-z]{3}$' then
        perform sandbox.refuse(400, null, 'Invalid currency: ' || v_currency, p_name);
    end if;
    return v_currency;
end;
$$;

-- Refuses an amount that the provider does not take in this currency: of those with three decimals the last one is 0
-- (https://docs.stripe.com/currencies#three-decimal).
create or replace function sandbox.check_amount(p_amount_minor bigint, p_currency text, p_name text) returns void
language plpgsql stable
as $$
begin
    if p_currency in ('bhd', 'jod', 'kwd', 'omr', 'tnd') and p_amount_minor % 10 <> 0 then
        perform sandbox.refuse(
            400, 'amount_invalid', format('In %s the last of the three decimals must be 0.', upper(p_currency)), p_name
        );
    end if;
end;
$$;

-- An object as the request wants to see it: with expand[]=payment_method that one is there whole and not by its id.
create or replace function sandbox.expanded(p_object json, p_parameters jsonb) returns json
language plpgsql stable
as $$
begin
    if not coalesce(p_parameters -> 'expand' ? 'payment_method', false) then
        return p_object;
    end if;
    return jsonb_set(
        p_object::jsonb,
        '{payment_method}',
        coalesce(sandbox.payment_method_object(p_object ->> 'payment_method')::jsonb, 'null')
    );
end;
$$;

-- Up to 50 names of up to 40 characters, each with a text of up to 500; {} when it is missing.
create or replace function sandbox.metadata_parameter(p_parameters jsonb, p_name text) returns jsonb
language plpgsql stable
as $$
declare
    v_metadata jsonb := p_parameters #> string_to_array(replace(replace(p_name, ']', ''), '[', ','), ',');
begin
    if v_metadata is null then
        return '{}'::jsonb;
    end if;
    if jsonb_typeof(v_metadata) <> 'object' then
        perform sandbox.refuse(400, 'parameter_invalid_object', 'Invalid object', p_name);
    end if;
    if (select count(*) > 50 from jsonb_object_keys(v_metadata))
        or exists (
            select
            from jsonb_each(v_metadata) as pair
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
