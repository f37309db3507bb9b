-- What holds of the house as a whole: grants, routes, functions, names.
\ir support/house.sql
create extension if not exists plpgsql_check;
-- Version 2.8 does not load itself in the midst of a function, where is_empty would call it.
load 'plpgsql_check';
select * from no_plan();

select is_empty(
    $$
    select t.table_schema, t.table_name, t.grantee, t.privilege_type
    from information_schema.table_privileges as t
    where t.grantee in ('PUBLIC', 'boxoffice_server', 'boxoffice_worker', 'boxoffice_sandbox', 'boxoffice_report')
        and t.table_schema in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and not (t.table_schema = 'report' and t.grantee = 'boxoffice_report' and t.privilege_type = 'SELECT')
    $$,
    'no role but the owner can touch a table; the report role reads the reports'
);
set local role boxoffice_server;
select throws_ok('select * from account.users', '42501', null, 'the server cannot read users');
select throws_ok('select * from sales.show_seats', '42501', null, 'nor seats');
select throws_ok('select sales.complete_payment(1, gen_random_uuid(), null)', '42501', null, 'nor complete a payment');
select throws_ok('select sales.hold_seats(1, 1, null, 1)', '42501', null, 'nor hold in somebody''s name');
select throws_ok(format('select api.create_hold(%s, %s, p_quantity => 1)', :alice, :general), '42501', null, 'nor by an endpoint''s own function');
reset role;
select is_empty(
    $$
    select p.oid::regprocedure, a.name
    from pg_proc as p
    cross join lateral unnest(p.proargnames[1:p.pronargs], p.proargtypes::oid[]) as a (name, type)
    where p.pronamespace::regnamespace::text in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and has_function_privilege('boxoffice_server', p.oid, 'execute')
        and a.name ~ '^p_(actor|user|users|buyer|user_ids?)(_id)?$'
        and a.type <> 'bytea'::regtype
        -- An administrator, who is found by the credential, may name the user whom something is done to.
        and not (
            a.name = 'p_user_id'
            and p.proargnames @> '{p_actor}'
            and exists (
                select
                from api.route as r
                where r.role = 'admin'
                    and 'endpoint.' || replace(r.function::text, '.', '_') = p.oid::regproc::text
            )
        )
    $$,
    'nothing that the server may call takes a user: who acts is found by the credential'
);
select is_empty(
    $$
    select r.function, r.role
    from api.route as r
    inner join pg_proc as f
        on f.oid = to_regproc(r.function)
        and 'p_actor' = any (f.proargnames)
    left join pg_proc as e
        on e.oid = to_regproc(api.endpoint_of(r.function))
        and e.prosrc like '%account.authenticate(p_actor, ' || quote_nullable(r.role) || ')%'
    where e.oid is null
    $$,
    'and each function with an actor has one in the schema endpoint that asks for the route''s role'
);
insert into account.sessions (token_hash, user_id, created_at, expires_at)
values
    (sha256('token of alice'), :alice, now(), now() + interval '1 hour'),
    (sha256('over'), :alice, now() - interval '1 hour', now() - interval '1 s');
set local role boxoffice_server;
select is(endpoint.api_get_me(sha256('token of alice')) ->> 'user_id', :'alice', 'by the credential the server acts for its user');
select throws_ok('select endpoint.api_get_me(sha256(''over''))', 'BX401', null, 'not by one that has ended');
select throws_ok('select endpoint.api_get_me(null)', 'BX401', null, 'not without one');
select throws_ok('select endpoint.api_get_admin_city(sha256(''token of alice''), 1)', 'BX403', null, 'nor above the user''s role');
set local role boxoffice_worker;
select throws_ok('select * from ops.outbox', '42501', null, 'the worker cannot read the outbox but by its functions');
select throws_ok('select * from account.users', '42501', null, 'nor users');
set local role boxoffice_report;
select throws_ok('select * from account.users', '42501', null, 'the report role cannot read users');
select lives_ok('select * from report.sales_by_day', 'but the reports');
select lives_ok('select * from report.inconsistencies', 'and the inconsistencies');
reset role;

select is_empty(
    $$
    select p.oid::regprocedure
    from pg_proc as p
    where p.pronamespace::regnamespace::text in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and has_function_privilege('public', p.oid, 'execute')
    $$,
    'nobody may call a function but by a grant'
);
select is_empty(
    $$
    select p.oid::regprocedure
    from pg_proc as p
    where p.pronamespace::regnamespace::text in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and p.prosecdef
        and not coalesce(p.proconfig::text ~ 'search_path=', false)
    $$,
    'a security definer has a fixed search_path'
);
select is_empty('select * from api.route_faults()', 'every route has its function, and every function of api and page its route');
select is_empty(
    $$
    select r.function
    from api.route as r
    where obj_description(to_regproc(r.function), 'pg_proc') is null
    $$,
    'every routed function says what it is for'
);
select is_empty(
    $$
    select p.oid::regprocedure, c.*
    from pg_proc as p
    inner join pg_language as l
        on l.oid = p.prolang
        and l.lanname = 'plpgsql'
    cross join lateral plpgsql_check_function(p.oid, security_warnings => true) as c
    where p.pronamespace::regnamespace::text in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and p.prorettype <> 'trigger'::regtype
    $$,
    'plpgsql_check finds nothing'
);
select is_empty(
    $$
    select p.proname
    from pg_proc as p
    where p.pronamespace::regnamespace::text in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
    group by p.pronamespace, p.proname
    having count(*) > 1
    $$,
    'no function is overloaded'
);
select is_empty(
    $$
    select c.conrelid::regclass, c.conname
    from pg_constraint as c
    inner join pg_class as t
        on t.oid = c.conrelid
    where t.relnamespace::regnamespace::text = 'sales'
        and not t.relispartition
        and t.relname not in ('shows')
        and c.contype in ('p', 'u')
        and (
            select a.attname
            from pg_attribute as a
            where a.attrelid = c.conrelid
                and a.attnum = c.conkey[1]
        ) <> 'show_id'
    $$,
    'show_id leads every key of the selling tables'
);
select is_empty(
    $$
    select t.tgrelid::regclass, t.tgname
    from pg_trigger as t
    where not t.tgisinternal
        and t.tgrelid::regclass::text like 'sales.%'
    $$,
    'no trigger stands on a selling table'
);
select is(
    (select count(*) from cron.job where jobname like 'boxoffice: %' and active),
    9::bigint,
    'the jobs are scheduled'
);
select * from finish();
rollback;
