-- The sandbox's front door: every request of its API is one call of sandbox.handle.

-- Which function does what. p_operation is the method and the path, with {id} for p_id; p_collection the path before that.
create or replace function sandbox.dispatch(
    p_operation text,
    p_collection text,
    p_id text,
    p_parameters jsonb
) returns sandbox.answer
language plpgsql volatile
as $$
begin
    if p_operation like any (array['GET %/{id}', '%/{id}/close', '%/{id}/expire', 'GET /v1/balance']) then
        perform sandbox.allow_parameters(p_parameters, variadic '{}');
    end if;
    case p_operation
        when 'POST /v1/payment_intents' then
            return sandbox.create_payment_intent(p_parameters);
        when 'GET /v1/payment_intents/search' then
            return sandbox.search_payment_intents(p_parameters);
        when 'GET /v1/payment_intents/{id}' then
            return sandbox.retrieve_payment_intent(p_id);
        when 'POST /v1/payment_intents/{id}' then
            return sandbox.update_payment_intent(p_id, p_parameters);
        when 'POST /v1/payment_intents/{id}/confirm' then
            return sandbox.confirm_payment_intent(p_id, p_parameters);
        when 'POST /v1/payment_intents/{id}/capture' then
            return sandbox.capture_payment_intent(p_id, p_parameters);
        when 'POST /v1/payment_intents/{id}/cancel' then
            return sandbox.cancel_payment_intent(p_id, p_parameters);
        when 'GET /v1/charges/{id}' then
            return sandbox.retrieve_charge(p_id);
        when 'POST /v1/refunds' then
            return sandbox.create_refund(p_parameters);
        when 'GET /v1/refunds/{id}' then
            return sandbox.retrieve_refund(p_id);
        when 'POST /v1/refunds/{id}' then
            return sandbox.update_refund(p_id, p_parameters);
        when 'GET /v1/disputes/{id}' then
            return sandbox.retrieve_dispute(p_id);
        when 'POST /v1/disputes/{id}' then
            return sandbox.answer_dispute(p_id, p_parameters);
        when 'POST /v1/disputes/{id}/close' then
            return sandbox.close_dispute(p_id);
        when 'POST /v1/checkout/sessions' then
            return sandbox.create_checkout_session(p_parameters);
        when 'GET /v1/checkout/sessions/{id}' then
            return sandbox.retrieve_checkout_session(p_id);
        when 'POST /v1/checkout/sessions/{id}/expire' then
            return sandbox.expire_checkout_session(p_id);
        when 'POST /v1/customers' then
            return sandbox.create_customer(p_parameters);
        when 'GET /v1/customers/{id}' then
            return sandbox.retrieve_customer(p_id);
        when 'POST /v1/customers/{id}' then
            return sandbox.update_customer(p_id, p_parameters);
        when 'GET /v1/payment_methods/{id}' then
            return sandbox.retrieve_payment_method(p_id);
        when 'POST /v1/setup_intents' then
            return sandbox.create_setup_intent(p_parameters);
        when 'GET /v1/setup_intents/{id}' then
            return sandbox.retrieve_setup_intent(p_id);
        when 'GET /v1/events/{id}' then
            return sandbox.retrieve_event(p_id);
        when 'GET /v1/balance' then
            return sandbox.retrieve_balance();
        when 'GET /sandbox/behaviour' then
            return sandbox.retrieve_behaviour();
        when 'POST /sandbox/behaviour' then
            return sandbox.set_behaviour(p_parameters);
        when 'POST /sandbox/disputes' then
            return sandbox.dispute_charge(p_parameters);
        when 'GET ' || p_collection then
            return sandbox.list_objects(p_collection, p_parameters);
        else
            return sandbox.refuse(
                404, null, format('Unrecognized request URL (%s).', replace(p_operation, ' ', ': '))
            );
    end case;
end;
$$;

-- One request of the API, of one who has shown the key. p_version: from the Stripe-Version header, null if there is none.
-- p_idempotency_key: null if there is
-- none; the first answer under it, a declined card's too, is the answer of all that follow, and a request with other
-- parameters is refused. p_parameters: of query or form, nested as their brackets say.
-- Answers status and body, whether it is a repeat, how long to hold the answer back, and whether to close the connection
-- then instead of answering. What is refused is raised as
-- SBnnn (see sandbox.refuse) and leaves nothing behind.
create or replace function sandbox.handle(
    p_method text,
    p_path text,
    p_version text,
    p_idempotency_key text,
    p_parameters jsonb,
    out status integer,
    out body json,
    out is_repeat boolean,
    out delay_ms integer,
    out is_dropped boolean
)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_collection record;
    v_id text;
    v_operation text;
    v_fingerprint text := md5(p_method || ' ' || p_path || ' ' || p_parameters::text);
    v_saved_fingerprint text;
    v_idle_ms integer;
    v_fails boolean;
    v_loses boolean;
begin
    perform sandbox.check_version(p_version);
    select
        c.path,
        c.kind
    into v_collection
    from sandbox.collections as c
    where c.path = p_path
        or starts_with(p_path, c.path || '/');
    v_id := nullif(split_part(substr(p_path, length(v_collection.path) + 2), '/', 1), 'search');
    v_operation := p_method || ' '
        || case when v_id <> '' then v_collection.path || '/{id}' || substr(p_path, length(v_collection.path) + length(v_id) + 2) else p_path end;
    perform sandbox.check_expand(p_parameters, v_collection.kind, v_operation in ('GET ' || v_collection.path, 'GET /v1/payment_intents/search'));

    select
        b.delay_ms,
        random() < b.drop_rate,
        b.idle_ms,
        random() < b.fail_rate,
        random() < b.lose_rate
    into delay_ms, is_dropped, v_idle_ms, v_fails, v_loses
    from sandbox.behaviour as b
    where p_path like '/v1/%';
    if is_dropped then
        delay_ms := delay_ms + v_idle_ms;
    end if;

    is_repeat := false;
    if v_fails then
        perform sandbox.refuse(500, null, 'An unknown error occurred.', p_type => 'api_error');
    end if;

    if p_method = 'POST' and p_idempotency_key is not null then
        if length(p_idempotency_key) > 255 then
            perform sandbox.refuse(400, null, 'An idempotency key has at most 255 characters.');
        end if;
        -- Of several with one key at once the first one works, and the others wait for its answer.
        perform pg_advisory_xact_lock(hashtextextended(p_idempotency_key, 0));

        select
            k.fingerprint,
            k.status,
            k.body
        into v_saved_fingerprint, status, body
        from sandbox.idempotency_keys as k
        where k.idempotency_key = p_idempotency_key;

        is_repeat := found;
        if v_saved_fingerprint <> v_fingerprint then
            perform sandbox.refuse(
                400,
                'idempotency_error',
                'Keys for idempotent requests can only be used with the same parameters they were first used with.',
                p_type => 'idempotency_error'
            );
        end if;
    end if;

    if not is_repeat then
        select
            answer.status,
            answer.body
        into status, body
        from sandbox.dispatch(v_operation, v_collection.path, v_id, p_parameters - 'expand') as answer;
        if status = 200 and p_parameters ? 'expand' then
            body := sandbox.expanded_all(body, p_parameters -> 'expand');
        end if;

        if p_method = 'POST' and p_idempotency_key is not null then
            insert into sandbox.idempotency_keys (idempotency_key, fingerprint, status, body)
            values (p_idempotency_key, v_fingerprint, status, body);
        end if;
    end if;

    if v_loses then
        status := 500;
        body := json_build_object(
            'error', json_build_object('type', 'api_error', 'message', 'An unknown error occurred.')
        );
    end if;
end;
$$;

-- Forgets what Stripe forgets: idempotency keys after a day, events after 30.
create or replace function sandbox.prune() returns void
language sql volatile
as $$
    delete from sandbox.idempotency_keys
    where created_at < now() - interval '1 day';

    delete from sandbox.events
    where created_at < now() - interval '30 days';
$$;
