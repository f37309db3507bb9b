-- What a fresh install has, a line a thing, in one order on every version of PostgreSQL: tables with their columns,
-- constraints and indexes, views, functions and who may call them, jobs. Not what a function or a view says: that is in
-- sql/ as it is. Partitions are left out. schema_test.sql compares it with tests/schema.txt, which is renewed by
--     ./boxoffice psql -XqAt -f tests/sql/support/schema.sql > tests/schema.txt
set search_path = pg_catalog;

with relations as (
    select
        c.oid,
        c.relkind,
        c.reloptions,
        c.relacl,
        c.relowner,
        n.nspname || '.' || c.relname as name
    from pg_class as c
    inner join pg_namespace as n
        on n.oid = c.relnamespace
    where n.nspname in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')
        and c.relkind in ('r', 'p', 'v', 'm', 'S')
        and not c.relispartition
),
lines as (
    select
        r.name as thing,
        0 as place,
        0 as number,
        concat_ws(
            ' ',
            case r.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
            r.name,
            case when r.relkind = 'p' then 'partition by ' || pg_get_partkeydef(r.oid) end,
            'with (' || array_to_string(r.reloptions, ', ') || ')'
        ) as line
    from relations as r

    union all
    select
        r.name,
        1,
        a.attnum,
        concat_ws(
            ' ',
            'column ' || a.attname,
            format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then 'not null' end,
            case when a.attidentity <> '' then 'generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity' end,
            case a.attgenerated when 's' then 'generated as ' when '' then 'default ' end || pg_get_expr(d.adbin, d.adrelid)
        )
    from relations as r
    inner join pg_attribute as a
        on a.attrelid = r.oid
        and a.attnum > 0
        and not a.attisdropped
    left join pg_attrdef as d
        on d.adrelid = a.attrelid
        and d.adnum = a.attnum
    where r.relkind <> 'S'

    union all
    select
        r.name,
        2,
        0,
        'constraint ' || c.conname || ' ' || pg_get_constraintdef(c.oid)
    from relations as r
    inner join pg_constraint as c
        on c.conrelid = r.oid
        and c.contype <> 'n'
        -- A foreign key to a partitioned table has a shadow for each partition.
        and c.conparentid = 0

    union all
    select
        r.name,
        3,
        0,
        pg_get_indexdef(i.indexrelid)
    from relations as r
    inner join pg_index as i
        on i.indrelid = r.oid
    where not exists (
        select
        from pg_constraint as c
        where c.conindid = i.indexrelid
            and c.contype in ('p', 'u', 'x')
    )

    union all
    select
        r.name,
        4,
        0,
        'trigger ' || pg_get_triggerdef(t.oid)
    from relations as r
    inner join pg_trigger as t
        on t.tgrelid = r.oid
        and not t.tgisinternal

    union all
    select
        r.name,
        5,
        0,
        lower(x.privilege_type) || ' for ' || coalesce(nullif(x.grantee::regrole::text, '-'), 'public')
    from relations as r
    cross join lateral aclexplode(r.relacl) as x
    where x.grantee <> r.relowner

    union all
    select
        n.nspname || '.' || f.proname,
        6,
        0,
        concat_ws(
            ' ',
            case f.prokind when 'p' then 'procedure' else 'function' end,
            n.nspname || '.' || f.proname || '(' || pg_get_function_arguments(f.oid) || ')',
            'returns ' || pg_get_function_result(f.oid),
            l.lanname,
            case f.provolatile when 'i' then 'immutable' when 's' then 'stable' end,
            case when f.prosecdef then 'security definer' end,
            'for ' || (
                select string_agg(coalesce(nullif(x.grantee::regrole::text, '-'), 'public'), ', ' order by x.grantee::regrole::text collate "C")
                from aclexplode(f.proacl) as x
                where x.grantee <> f.proowner
            )
        )
    from pg_proc as f
    inner join pg_namespace as n
        on n.oid = f.pronamespace
    inner join pg_language as l
        on l.oid = f.prolang
    where n.nspname in ('account', 'catalog', 'sales', 'waitlist', 'archive', 'history', 'ops', 'api', 'page', 'endpoint', 'report', 'sandbox')

    union all
    select
        'job',
        7,
        0,
        concat_ws(' ', 'job', quote_literal(j.jobname), quote_literal(j.schedule), j.command)
    from cron.job as j
    where j.jobname like 'boxoffice: %'
)
select case when l.place between 1 and 5 then '    ' || l.thing || ' ' else '' end || l.line
from lines as l
order by
    case when l.place < 6 then 0 else l.place end,
    l.thing collate "C",
    l.place,
    l.number,
    l.line collate "C";
