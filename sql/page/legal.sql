-- Pages that are nothing but text.

create or replace function page.terms()
returns json
language sql
immutable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select '{}'::json;
$$;

comment on function page.terms is 'What buyer and seller agree to.';
select api.add_route('GET', '/terms', 'page.terms', answer => 'page', template => 'terms', cache_seconds => 60);

create or replace function page.privacy()
returns json
language sql
immutable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select '{}'::json;
$$;

comment on function page.privacy is 'What is kept of people, and for how long.';
select api.add_route('GET', '/privacy', 'page.privacy', answer => 'page', template => 'privacy', cache_seconds => 60);
