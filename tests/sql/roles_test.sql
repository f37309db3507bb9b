-- What the roles of processes and people may take of the database as a whole.
\ir support/house.sql
select * from no_plan();

select is_empty(
    $$
    select r.rolname, s.name
    from pg_roles as r
    cross join (values ('statement_timeout'), ('lock_timeout'), ('idle_in_transaction_session_timeout'), ('temp_file_limit')) as s (name)
    where r.rolname in ('boxoffice_server', 'boxoffice_worker', 'boxoffice_sandbox', 'boxoffice_report')
        and not exists (
            select
            from pg_db_role_setting as d
            cross join lateral unnest(d.setconfig) as c (setting)
            where d.setrole = r.oid
                and d.setdatabase = (select oid from pg_database where datname = current_database())
                and c.setting ~ ('^' || s.name || '=[1-9]')
        )
    $$,
    'no role but the owner works, waits, or stays in a transaction for ever, or fills the disk with what does not fit memory'
);
select is_empty(
    $$
    select r.rolname, f.oid::regprocedure
    from pg_roles as r
    cross join pg_proc as f
    where r.rolname in ('boxoffice_server', 'boxoffice_worker', 'boxoffice_sandbox', 'boxoffice_report')
        and f.pronamespace = 'pg_catalog'::regnamespace
        and f.proname ~ '^(lo_|lowrite$|loread$)'
        and has_function_privilege(r.oid, f.oid, 'execute')
    $$,
    'none can make or read large objects'
);
select is_empty(
    $$
    select r.rolname, p.privilege
    from pg_roles as r
    cross join (values ('temporary'), ('create')) as p (privilege)
    where r.rolname in ('boxoffice_server', 'boxoffice_worker', 'boxoffice_sandbox', 'boxoffice_report')
        and has_database_privilege(r.oid, current_database(), p.privilege)
    $$,
    'nor temporary tables, nor schemas'
);
select is_empty(
    $$
    select r.rolname, n.nspname
    from pg_roles as r
    cross join pg_namespace as n
    where r.rolname in ('boxoffice_server', 'boxoffice_worker', 'boxoffice_sandbox', 'boxoffice_report')
        and has_schema_privilege(r.oid, n.oid, 'create')
    $$,
    'nor anything in a schema'
);
set local role boxoffice_report;
select throws_ok('create temporary table t (a integer)', '42501', null, 'the report role makes no temporary table');
select throws_ok('create function pg_temp.f() returns integer language sql as ''select 1''', '42501', null, 'nor a function');
select throws_ok('select lo_from_bytea(0, ''x'')', '42501', null, 'nor a large object');
reset role;
select * from finish();
rollback;
