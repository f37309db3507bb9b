-- The endpoints of the last install are taken away, and the files that follow make theirs: so an endpoint that was
-- removed or renamed does not stay behind, and one may change its arguments or what it returns, which "create or replace"
-- refuses. All is one transaction: no call ever misses a function, and a server that runs prepares its statements again.
-- A function that a view, an index or a column depends on stays, and is replaced where it stands.

do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select f.oid
        from pg_catalog.pg_proc as f
        inner join pg_catalog.pg_namespace as n
            on n.oid = f.pronamespace
        where (
                n.nspname = 'endpoint'
                or n.nspname in ('api', 'page')
                and exists (
                    select
                    from api.route as r
                    where n.nspname || '.' || f.proname in (r.function, r.batch_function, r.await_function)
                )
            )
            and not exists (
                select
                from pg_catalog.pg_depend as d
                where d.refclassid = 'pg_catalog.pg_proc'::regclass
                    and d.refobjid = f.oid
            )
    loop
        execute format('drop function %s', v_function);
    end loop;
end;
$$;
