-- Who acts is the credential's to say, not the server's: for each function that a route names and that has the argument
-- p_actor there is one in the schema endpoint with the same arguments, but p_actor is SHA-256 of the credential (bytea). It
-- finds the user, refuses a stranger or a role that is too low, and calls the function. The server may call these only
-- (sql/grants.sql), so that not even somebody who takes it over acts in another's name.
--     api.create_hold(p_actor bigint, …)  →  endpoint.api_create_hold(p_actor bytea, …)
-- What staff or an administrator changes is noted in ops.audit, unless it has a table of its own, as scans at the door have.
-- They are PL/pgSQL for their kept plans: a hold costs 1 % more than if the server composed both calls, while one in SQL
-- would be parsed and planned at each call.

do $$
declare
    v_endpoint record;
begin
    for v_endpoint in
        select
            f.oid,
            api.endpoint_of(c.function) as name,
            c.function,
            c.role,
            f.prorettype = 'void'::regtype as is_void,
            f.provolatile = 'v' as is_volatile,
            f.provolatile = 'v' and c.role in ('staff', 'admin') and c.function not like 'api.%check_in' and c.function <> 'api.upload_scans'
                and c.function not like 'page.%' as is_audited,
            pg_catalog.format_type(f.prorettype, null) as result,
            a.declarations,
            a.names,
            a.audited
        from (
            select r.function, r.role
            from api.route as r
            union
            select r.await_function, r.role
            from api.route as r
        ) as c
        inner join pg_catalog.pg_proc as f
            on f.oid = pg_catalog.to_regproc(c.function)
        cross join lateral (
            select
                string_agg(
                    format('%I %s', p.name, case when p.name = 'p_actor' then 'bytea' else p.type end), ', '
                    order by p.n
                ) as declarations,
                string_agg(
                    case
                        when p.name = 'p_actor' then format('account.authenticate(p_actor, %L)', c.role)
                        else quote_ident(p.name)
                    end, ', '
                    order by p.n
                ) as names,
                string_agg(
                    format('%L, to_jsonb(%I)', substr(p.name, 3), p.name), ', '
                    order by p.n
                ) filter (
                    where p.name not like '%password%'
                        and p.name not in ('p_actor', 'p_credential', 'p_own_session', 'p_session_hash', 'p_idempotency_key', 'p_remote_address')
                ) as audited
            from (
                select n, f.proargnames[n] as name, pg_catalog.format_type(f.proargtypes[n - 1], null) as type
                from generate_series(1, f.pronargs::integer) as n
            ) as p
        ) as a
        where 'p_actor' = any (f.proargnames[1:f.pronargs])
    loop
        execute format(
            e'create function %s(%s) returns %s language plpgsql %s security definer set search_path = pg_catalog, pg_temp as %L',
            v_endpoint.name,
            v_endpoint.declarations,
            v_endpoint.result,
            case when v_endpoint.is_volatile then 'volatile' else 'stable' end,
            case
                when v_endpoint.is_audited then format(
                    e'declare\n    v_actor bigint := account.authenticate(p_actor, %L);\nbegin\n'
                    '    perform ops.note_audit(v_actor, %L, %L, jsonb_build_object(%s));\n    %s %s(%s);\nend;',
                    v_endpoint.role,
                    v_endpoint.role,
                    v_endpoint.function,
                    v_endpoint.audited,
                    case when v_endpoint.is_void then 'perform' else 'return' end,
                    v_endpoint.function,
                    replace(v_endpoint.names, format('account.authenticate(p_actor, %L)', v_endpoint.role), 'v_actor')
                )
                else format(
                    e'begin\n    %s %s(%s);\nend;',
                    case when v_endpoint.is_void then 'perform' else 'return' end,
                    v_endpoint.function,
                    v_endpoint.names
                )
            end
        );
        execute format(
            'comment on function %s is %L',
            v_endpoint.name,
            v_endpoint.function || ' for ' || coalesce('whoever is ' || v_endpoint.role || ' or more', 'everybody')
                || '; p_actor is SHA-256 of the session token or API key.'
        );
    end loop;
end;
$$;
