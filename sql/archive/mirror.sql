-- The archive's tables and the views of history, made from the selling tables: a per-show table, or a column, that a
-- migration adds is archived and reported without a line here.

create or replace function archive.show_tables()
returns table (
    relation regclass,
    name text,
    depth integer
)
language sql
stable
as $$
-- The tables of sales and waitlist that hold what belongs to one show: those that lead to sales.shows by foreign keys. depth:
-- how far away, at the most; a table of greater depth refers to none of a smaller one's referrers, so rows are inserted in
-- the order of depth and deleted in the reverse.
    with recursive reached as (
        select
            c.conrelid as oid,
            1 as depth
        from pg_catalog.pg_constraint as c
        where c.contype = 'f'
            and c.confrelid = 'sales.shows'::regclass
        union
        select
            c.conrelid,
            r.depth + 1
        from reached as r
        inner join pg_catalog.pg_constraint as c
            on c.contype = 'f'
            and c.confrelid = r.oid
            and c.conrelid <> c.confrelid
    )
    select
        t.oid::regclass,
        t.relname::text,
        max(r.depth)
    from reached as r
    inner join pg_catalog.pg_class as t
        on t.oid = r.oid
        and not t.relispartition
    inner join pg_catalog.pg_namespace as n
        on n.oid = t.relnamespace
        and n.nspname in ('sales', 'waitlist')
    group by
        t.oid,
        t.relname;
$$;

create or replace function archive.columns_of(p_relation regclass)
returns text
language sql
stable
as $$
-- The columns of a table that can be written, as a list for a statement.
    select string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum)
    from pg_catalog.pg_attribute as a
    where a.attrelid = p_relation
        and a.attnum > 0
        and not a.attisdropped
        and a.attgenerated = '';
$$;

create or replace function archive.definition_of(
    p_relation regclass,
    p_number smallint
)
returns text
language sql
stable
as $$
-- Name, type and default of the column with this number, as "add column" takes them: what was archived before has the default, as
-- what was not, and can be brought back.
    select pg_catalog.concat_ws(
        ' default ',
        pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)),
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    )
    from pg_catalog.pg_attribute as a
    left join pg_catalog.pg_attrdef as d
        on d.adrelid = a.attrelid
        and d.adnum = a.attnum
    where a.attrelid = p_relation
        and a.attnum = p_number;
$$;

create or replace function archive.mirror_table(
    p_relation regclass,
    p_name text
)
returns void
language plpgsql
as $$
-- Makes archive.NAME with the columns and the primary key of a selling table, or adds the columns that it lacks, and makes the
-- view history.NAME over both. Constraints but the key are not copied: what was sold under older rules stays as it was.
declare
    v_archive regclass := to_regclass(format('archive.%I', p_name));
    v_column smallint;
begin
    if v_archive is null then
        execute format('create table archive.%I as select %s from %s with no data', p_name, archive.columns_of(p_relation), p_relation);
        v_archive := format('archive.%I', p_name)::regclass;
        execute format(
            'alter table %s add constraint %I %s',
            v_archive,
            p_name || '_pkey',
            (
                select pg_catalog.pg_get_constraintdef(c.oid)
                from pg_catalog.pg_constraint as c
                where c.conrelid = p_relation
                    and c.contype = 'p'
            )
        );
        execute format('comment on table %s is %L', v_archive, 'Rows of ' || p_relation || ' whose show is archived.');
    end if;

    for v_column in
        select a.attnum
        from pg_catalog.pg_attribute as a
        where a.attrelid = p_relation
            and a.attnum > 0
            and not a.attisdropped
            and a.attgenerated = ''
            and not exists (
                select
                from pg_catalog.pg_attribute as k
                where k.attrelid = v_archive
                    and k.attname = a.attname
                    and not k.attisdropped
            )
        order by a.attnum
    loop
        execute format('alter table %s add column %s', v_archive, archive.definition_of(p_relation, v_column));
    end loop;

    perform archive.make_history(p_relation, p_name);
end;
$$;

create or replace function archive.make_history(
    p_relation regclass,
    p_name text
)
returns void
language plpgsql
as $$
-- The view history.NAME: each row is in exactly one of both tables, "live" or "archive" as its column origin says, so that who
-- asks for one of them reads the other not at all. A view that lists other columns is made anew, with all that builds on it;
-- the files that are loaded after this one make those again.
declare
    v_view regclass := to_regclass(format('history.%I', p_name));
begin
    if v_view is not null and archive.columns_of(v_view) <> archive.columns_of(p_relation) || ', origin' then
        execute format('drop view %s cascade', v_view);
    end if;
    execute format(
        'create or replace view history.%I as select %s, ''live'' as origin from %s union all select %s, ''archive'' from archive.%I',
        p_name, archive.columns_of(p_relation), p_relation, archive.columns_of(p_relation), p_name
    );
    execute format('comment on view history.%I is %L', p_name, format('%s and archive.%I.', p_relation, p_name));
end;
$$;

select archive.mirror_table(t.relation, t.name)
from archive.show_tables() as t
order by t.name;

-- What the views and functions of history look a buyer's or a provider's things up by.
create index if not exists bookings_user_id_idx on archive.bookings (user_id, created_at);
create index if not exists bookings_paid_at_idx on archive.bookings (paid_at);
create index if not exists payments_provider_ref_idx on archive.payments (provider_ref);
create index if not exists tickets_booking_id_idx on archive.tickets (show_id, booking_id);
