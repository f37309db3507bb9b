-- A reload: what the files no longer make is gone, what others stand on stays.
\ir support/house.sql
select * from no_plan();

create function api.gone(p_one integer) returns json language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select json_build_object('one', p_one) $$;
comment on function api.gone is 'An endpoint of the last install.';
create function api.gone(p_one integer, p_two integer) returns json language sql stable as $$ select null::json $$;
create function page.gone() returns json language sql stable as $$ select null::json $$;
create function api.stays() returns integer language sql immutable as $$ select 1 $$;
create function api.helper() returns integer language sql immutable as $$ select 1 $$;
create view pg_temp.stander as select api.stays();
insert into api.route (method, path, function, await_function) values
    ('GET', '/gone', 'api.gone', 'page.gone'),
    ('GET', '/stays', 'api.stays', null);

set local role boxoffice_server;
prepare listing as select api.list_cities() ->> 'total' as total;
execute listing \gset before_
reset role;

do $$
declare
    v_function regprocedure;
begin
    -- The owner reloads; what this test made is the owner's, too.
    for v_function in
        select oid from pg_proc where pronamespace in ('api'::regnamespace, 'page'::regnamespace) and pg_get_userbyid(proowner) <> 'boxoffice_owner'
    loop
        execute format('alter function %s owner to boxoffice_owner', v_function);
    end loop;
end
$$;
set local role boxoffice_owner;
\ir ../../sql/start.sql
reset role;

select is_empty($$select oid::regprocedure from pg_proc where proname = 'gone'$$, 'an endpoint of the last install is gone, with its overloads');
select hasnt_function('api', 'list_cities', 'those that the files make are gone, too, until they make them');
select has_function('api', 'stays', 'what a view depends on stays');
select has_function('api', 'helper', 'and so does what is no endpoint');
select has_function('api', 'raise', 'of ours, too');

set local role boxoffice_owner;
\ir ../../sql/api/route.sql
\ir ../../sql/api/catalog.sql
grant execute on function api.list_cities to boxoffice_server;
set local role boxoffice_server;
select lives_ok('execute listing', 'a statement that was prepared before finds the function of the same name');
reset role;
select * from finish();
rollback;
