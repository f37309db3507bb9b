-- The schema that this program installs is the committed one. How to renew that: see support/schema.sql.
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off

begin;
create extension if not exists pgtap;
select no_plan();

\set committed `cat tests/schema.txt`
\set installed `psql -XqAt -f tests/sql/support/schema.sql`

create temporary table differences as
with committed as (
    select regexp_split_to_table(:'committed', e'\n') as line
),
installed as (
    select regexp_split_to_table(:'installed', e'\n') as line
)
select
    'missing' as what,
    m.line
from (table committed except all table installed) as m
union all
select
    'not committed',
    m.line
from (table installed except all table committed) as m;

select cmp_ok(length(:'installed'), '>', 10000, 'the installed schema is read');
select is_empty('select what, line from differences order by line, what', 'a fresh install equals tests/schema.txt');
select * from finish();
rollback;
