-- How an endpoint is announced, what the server learns of it, and what may be wrong with it. The endpoints
-- themselves stand beside their functions, in the other files of this directory and of sql/page.

delete from api.route;
delete from api.chinese_description;

-- Makes a function an endpoint; the columns of api.route tell what each parameter means.
--     select api.add_route('GET', '/api/v1/cities', 'api.list_cities', cache_seconds => 60);
-- The server binds {name} of the path, then members of the body, then fields of the query to the argument p_name,
-- and lets the function's default stand for what is missing, null or (in a form or query) empty. These arguments
-- come from the server itself:
--     p_actor bigint            the user, of account.authenticate; null where role is null and nobody is signed in. The
--                               server knows the credential only: sql/api/endpoints.sql
--     p_credential bytea        SHA-256 of the session token or API key; a volatile function that takes it ends the
--                               session, so the browser's cookie is taken away
--     p_own_session bytea       the same, of a function that does not end it
--     p_session_hash bytea      SHA-256 of a new session token; the answer names its expires_at and gains "token"
--     p_password_hash text      Argon2id of the field `password`: a new one with guard password_new, else salted as that of the e-mail's
--                               account (password_check), or of who is signed in (password_own)
--     p_new_password_hash text  Argon2id of the field `new_password`
--     p_idempotency_key text    header Idempotency-Key
--     p_language text           en or zh
--     p_remote_address inet     the client
--     p_public_url text         this site's own address, without a slash at its end
--     p_raw_body text           the body as it came
--     p_event jsonb             with guard stripe_signature: the provider's event, its signature checked
-- The lane of what is cached is 'browse', and of all else 'read', unless another is named. What is cached must be the same
-- whatever else the request holds: its copy is found by path, known fields and language alone.
-- What the function answers: null is a 404 (except with status 204, which has no body); otherwise, by `answer`,
--     json      sent as it is
--     page      the model of the template
--     redirect  {"location": a local path, or the payment provider's page}
--     file      {"content_type", "filename", "body": base64}; without "filename" it is shown, not saved
--     qr        {"code"}, drawn as SVG
--     pdf, ics  what sales.ticket_model answers, drawn as tickets on paper, or as an appointment
-- `fixed_by` names an argument that is a version: with it the answer is the same for everybody and for ever, so that clients may
-- keep it; the function answers null for any version but the present one.
-- With any of them api.refusal is a problem, and what was written stays.
create or replace function api.add_route(
    method text,
    path text,
    function text,
    role text default null,
    answer text default 'json',
    template text default null,
    status integer default 200,
    cache_seconds integer default 0,
    rate_class text default 'default',
    lane text default null,
    batch_function text default null,
    batch_key text default null,
    await_function text default null,
    guard text default null,
    fixed_by text default null
)
returns void
language sql
volatile
as $$
    insert into api.route (
        method, path, function, role, answer, template, status, cache_seconds, rate_class, lane,
        batch_function, batch_key, await_function, guard, fixed_by
    )
    values (
        method, path, function, role, answer, template, status, cache_seconds, rate_class, coalesce(lane, case when cache_seconds > 0 then 'browse' else 'read' end),
        batch_function, batch_key, await_function, guard, fixed_by
    );
$$;

comment on function api.add_route is 'Makes a function an endpoint.';

-- The name under which the server acts by a function with an actor: 'endpoint.api_create_hold' of 'api.create_hold'.
create or replace function api.endpoint_of(p_function text)
returns text
language sql
immutable
as $$
    select 'endpoint.' || replace(p_function, '.', '_');
$$;

comment on function api.endpoint_of is 'The function that takes the credential in place of the actor.';

-- What calls need to know of a function: {"callable", "volatile", "description", "arguments": [{"name", "type",
-- "default"}]}: what the server calls for it, types as format_type prints them, defaults as SQL expressions or null. Null
-- unless exactly one function has the name.
create or replace function api.describe_function(p_function text)
returns jsonb
language sql
stable
as $$
    select
        jsonb_build_object(
            'callable', case when 'p_actor' = any (f.proargnames[1:f.pronargs]) then api.endpoint_of(p_function) else p_function end,
            'volatile', f.provolatile = 'v',
            'description', pg_catalog.obj_description(f.oid, 'pg_proc'),
            'arguments', coalesce(
                (
                    select
                        jsonb_agg(
                            jsonb_build_object(
                                'name', f.proargnames[n],
                                'type', pg_catalog.format_type(f.proargtypes[n - 1], null),
                                'default', pg_catalog.pg_get_function_arg_default(f.oid, n)
                            )
                            order by n
                        )
                    from pg_catalog.generate_series(1, f.pronargs::integer) as n
                ),
                '[]'
            )
        )
    from pg_catalog.pg_proc as f
    where f.oid = pg_catalog.to_regproc(p_function);
$$;

comment on function api.describe_function is 'Arguments, volatility and comment of a function.';

-- All that the server reads at its start, of one moment: {"errors": [rows of api.error], "currencies": catalog.currency_decimals,
-- "routes": [rows of api.route with "call", "await_call" and "batch_call" of api.describe_function]}.
create or replace function api.registry()
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select
        json_build_object(
            'errors', (
                select
                    coalesce(json_agg(to_jsonb(e)), '[]')
                from api.error as e
            ),
            'currencies', catalog.currency_decimals(),
            'routes', (
                select
                    coalesce(
                        json_agg(
                            to_jsonb(r) || jsonb_build_object(
                                'description_zh', (
                                    select d.description
                                    from api.chinese_description as d
                                    where d.function = r.function
                                ),
                                'call', api.describe_function(r.function),
                                'await_call', api.describe_function(r.await_function),
                                'batch_call', api.describe_function(r.batch_function)
                            )
                            order by r.path, r.method
                        ),
                        '[]'
                    )
                from api.route as r
            )
        );
$$;

comment on function api.registry is 'Routes with their functions'' arguments, and errors, for the server.';

-- Where routes and functions do not fit: a row a fault, none in a sound system. Asked by sql/api/check.sql and by
-- the tests.
create or replace function api.route_faults()
returns table (
    endpoint text,
    fault text
)
language sql
stable
as $$
    with routes as (
        select
            r.*,
            r.method || ' ' || r.path as endpoint,
            f.oid as function_oid,
            f.provolatile,
            f.prosecdef,
            coalesce(f.proargnames[1:f.pronargs], '{}') as arguments
        from api.route as r
        left join pg_catalog.pg_proc as f
            on f.oid = pg_catalog.to_regproc(r.function)
    )
    select
        r.endpoint,
        c.fault
    from routes as r
    cross join lateral (
        values
            (r.function_oid is null, 'there is not exactly one function ' || r.function),
            (not r.prosecdef, r.function || ' is not security definer'),
            (pg_catalog.obj_description(r.function_oid, 'pg_proc') is null, r.function || ' has no comment'),
            (r.provolatile = 'v' and r.lane <> 'write', r.function || ' is volatile, so its lane is write'),
            (r.provolatile <> 'v' and r.lane = 'write', r.function || ' is not volatile, so its lane is not write'),
            (r.provolatile = 'v' and r.method = 'GET', 'GET changes nothing, but ' || r.function || ' is volatile'),
            (r.role is not null and not r.arguments @> array['p_actor'], 'role without p_actor'),
            (r.arguments @> array['p_actor'] and pg_catalog.to_regproc(api.endpoint_of(r.function)) is null, r.function || ' has no function in the schema endpoint'),
            (r.cache_seconds > 0 and r.role is not null, 'cached, but not for everybody'),
            (r.fixed_by is not null and not r.arguments @> array[r.fixed_by], 'fixed_by ' || r.fixed_by || ' is no argument'),
            (r.fixed_by is not null and r.arguments && array['p_actor', 'p_language', 'p_credential'], 'fixed, but not for everybody'),
            (r.guard like 'password\_%' and not r.arguments @> array['p_password_hash'], r.guard || ' without p_password_hash'),
            (r.guard = 'password_check' and not r.arguments @> array['p_email'], r.guard || ' without p_email'),
            (r.guard = 'stripe_signature' and not r.arguments @> array['p_event'], r.guard || ' without p_event'),
            (r.await_function is not null and pg_catalog.to_regproc(r.await_function) is null, 'there is not exactly one function ' || r.await_function),
            (r.batch_function is not null and pg_catalog.to_regproc(r.batch_function) is null, 'there is not exactly one function ' || r.batch_function),
            (r.batch_function is not null and r.lane <> 'write', 'a batch writes, so its lane is write'),
            (r.batch_key is not null and not r.arguments @> array[r.batch_key], 'batch_key ' || r.batch_key || ' is no argument')
    ) as c (is_fault, fault)
    where c.is_fault

    union all

    select
        r.endpoint,
        'the path''s {' || m.name[1] || '} is no argument of ' || r.function
    from routes as r
    cross join lateral pg_catalog.regexp_matches(r.path, '\{([^}]*)\}', 'g') as m (name)
    where not r.arguments @> array['p_' || m.name[1]]

    union all

    select
        min(r.endpoint),
        'the same request as ' || max(r.endpoint)
    from routes as r
    group by
        r.method,
        pg_catalog.regexp_replace(r.path, '\{[^}]*\}', '{}', 'g')
    having count(*) > 1

    union all

    select
        f.oid::regprocedure::text,
        'is no endpoint'
    from pg_catalog.pg_proc as f
    where f.pronamespace in ('api'::regnamespace, 'page'::regnamespace)
        and f.prosecdef
        and f.oid <> 'api.registry'::regproc
        and not exists (
            select
            from api.route as r
            where f.oid in (
                pg_catalog.to_regproc(r.function),
                pg_catalog.to_regproc(r.await_function),
                pg_catalog.to_regproc(r.batch_function)
            )
        );
$$;

comment on function api.route_faults is 'Where routes and functions do not fit; no row in a sound system.';
