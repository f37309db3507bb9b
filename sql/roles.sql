-- superuser
-- What each role of a process or person may take of the database as a whole; what it may call and read is in grants.sql. A
-- process has narrower limits of its own (server/api/database.cpp, server/worker/); these hold whatever it does. They are the
-- defaults of sessions that log in as the role.

do $$
declare
    v_setting record;
    v_function regprocedure;
begin
    -- No temporary tables, and with them no functions in pg_temp: they fill the disk and the catalogue.
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to boxoffice_owner', current_database());

    -- No large objects: nothing here has any, and they belong to no schema that could be closed.
    for v_function in
        select f.oid
        from pg_catalog.pg_proc as f
        where f.pronamespace = 'pg_catalog'::regnamespace
            and f.proname ~ '^(lo_|lowrite$|loread$)'
    loop
        execute format('revoke execute on function %s from public', v_function);
    end loop;

    for v_setting in
        select s.role, s.name, s.value
        from (
            values
                -- A report may take its time, but neither for ever nor in anybody's way.
                ('boxoffice_report', 'statement_timeout', '5min'),
                ('boxoffice_report', 'lock_timeout', '5s'),
                ('boxoffice_report', 'idle_in_transaction_session_timeout', '1min'),
                ('boxoffice_report', 'temp_file_limit', '4GB'),
                ('boxoffice_report', 'default_transaction_read_only', 'on'),
                -- The lanes' own time-out comes first, unless BOXOFFICE_STATEMENT_TIMEOUT_MS is longer.
                ('boxoffice_server', 'statement_timeout', '1min'),
                ('boxoffice_server', 'lock_timeout', '1min'),
                ('boxoffice_server', 'idle_in_transaction_session_timeout', '1min'),
                ('boxoffice_server', 'temp_file_limit', '1GB'),
                ('boxoffice_worker', 'statement_timeout', '5min'),
                ('boxoffice_worker', 'lock_timeout', '1min'),
                ('boxoffice_worker', 'idle_in_transaction_session_timeout', '1min'),
                ('boxoffice_worker', 'temp_file_limit', '1GB'),
                ('boxoffice_sandbox', 'statement_timeout', '1min'),
                ('boxoffice_sandbox', 'lock_timeout', '1min'),
                ('boxoffice_sandbox', 'idle_in_transaction_session_timeout', '1min'),
                ('boxoffice_sandbox', 'temp_file_limit', '1GB'),
                -- What a caller is refused with is an error to PostgreSQL, which would write four lines of each. The server
                -- logs what was not expected, with its incident; waits for locks are still logged here.
                ('boxoffice_server', 'log_min_messages', 'log')
        ) as s (role, name, value)
    loop
        execute format(
            'alter role %I in database %I set %I = %L', v_setting.role, current_database(), v_setting.name, v_setting.value
        );
    end loop;
end;
$$;
