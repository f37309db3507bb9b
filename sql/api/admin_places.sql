-- Staff's cities, venues and halls: lists, changes, deleting. Making them is in admin.sql. In a change, what is not given stays as
-- it is; an empty text takes away what need not be there. What something depends on is not deleted: its parts go first.

create or replace function catalog.changed_text(
    p_field text,
    p_given text,
    p_present text,
    p_length integer
)
returns text
language sql
stable
as $$
-- What becomes of a text that need not be there: as it is when none is given, null when an empty one is, else as
-- api.checked_text has it.
    select case
        when p_given is null then p_present
        when api.normal_line(p_given) = '' then null
        else api.checked_text(p_field, p_given, p_length)
    end;
$$;

create or replace function api.list_admin_cities(
    p_actor bigint,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(catalog.city_json(c) order by c.name, c.city_id)
            from (
                select c.city_id
                from catalog.cities as c
                order by
                    c.name,
                    c.city_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as i
            inner join catalog.cities as c
                on c.city_id = i.city_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from catalog.cities as c
        )
    )
    from api.check_page(p_page, p_per_page);
$$;

comment on function api.list_admin_cities is 'All cities by name.';
select api.add_route('GET', '/api/v1/admin/cities', 'api.list_admin_cities', role => 'staff');

create or replace function api.update_city(
    p_actor bigint,
    p_city_id bigint,
    p_name text default null,
    p_country text default null,
    p_timezone text default null,
    p_latitude double precision default null,
    p_longitude double precision default null,
    p_slug text default null,
    p_name_zh text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises not_found, invalid_request (as create_city), already_exists (slug), and in_use (used_by, count) where another time zone
-- would show other times on tickets that are out.
declare
    v_timezone text;
    v_count bigint;
begin
    select c.timezone
    into v_timezone
    from catalog.cities as c
    where c.city_id = p_city_id
    for update;
    if v_timezone is null then
        perform api.raise('not_found');
    end if;
    perform catalog.check_city(p_country, p_slug, p_latitude, p_longitude);
    if catalog.checked_timezone(coalesce(p_timezone, v_timezone)) <> v_timezone then
        select count(*)
        into v_count
        from sales.shows as s
        where s.city_id = p_city_id
            and s.starts_at > now()
            and exists (
                select
                from sales.bookings as b
                where b.show_id = s.show_id
                    and b.status = 'paid'
            );
        perform api.raise_in_use('shows', v_count);
    end if;
    if exists (select from catalog.cities as c where c.slug = p_slug and c.city_id <> p_city_id) then
        perform api.raise('already_exists', '{"field": "slug"}', 'There is a city of that slug.');
    end if;

    update catalog.cities as c
    set
        slug = coalesce(p_slug, c.slug),
        name = api.checked_text('name', coalesce(p_name, c.name), 200),
        name_zh = catalog.changed_text('name_zh', p_name_zh, c.name_zh, 200),
        country = coalesce(p_country, c.country),
        timezone = coalesce(p_timezone, c.timezone),
        latitude = coalesce(p_latitude, c.latitude),
        longitude = coalesce(p_longitude, c.longitude)
    where c.city_id = p_city_id;
    perform catalog.learn(array[p_name]);
    return api.get_admin_city(p_actor, p_city_id);
end;
$$;

comment on function api.update_city is 'Change a city. Errors: already_exists, in_use (another time zone while tickets are out).';
select api.add_route('PATCH', '/api/v1/admin/cities/{city_id}', 'api.update_city', role => 'staff', lane => 'write');

create or replace function catalog.delete_city(p_city_id bigint)
returns void
language plpgsql
volatile
as $$
-- Raises not_found, in_use (used_by, count). Locks the row: who makes something of it meanwhile waits, and finds it gone.
declare
    v_count bigint;
begin
    perform 1
    from catalog.cities as x
    where x.city_id = p_city_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    select count(*)
    into v_count
    from catalog.venues as x
    where x.city_id = p_city_id;
    perform api.raise_in_use('venues', v_count);
    delete from catalog.cities as x
    where x.city_id = p_city_id;
end;
$$;

create or replace function api.delete_city(
    p_actor bigint,
    p_city_id bigint
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.delete_city(p_city_id);
$$;

comment on function api.delete_city is 'Delete a city without venues. Errors: in_use.';
select api.add_route('DELETE', '/api/v1/admin/cities/{city_id}', 'api.delete_city', role => 'staff', lane => 'write', status => 204);

create or replace function api.list_admin_venues(
    p_actor bigint,
    p_city_id bigint default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(catalog.venue_json(v, c) order by v.name, v.venue_id)
            from (
                select v.venue_id
                from catalog.venues as v
                where (p_city_id is null or v.city_id = p_city_id)
                order by
                    v.name,
                    v.venue_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as i
            inner join catalog.venues as v
                on v.venue_id = i.venue_id
            inner join catalog.cities as c
                on c.city_id = v.city_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from catalog.venues as v
            where (p_city_id is null or v.city_id = p_city_id)
        )
    )
    from api.check_page(p_page, p_per_page);
$$;

comment on function api.list_admin_venues is 'All venues by name, or those of a city.';
select api.add_route('GET', '/api/v1/admin/venues', 'api.list_admin_venues', role => 'staff');

create or replace function api.update_venue(
    p_actor bigint,
    p_venue_id bigint,
    p_name text default null,
    p_address text default null,
    p_latitude double precision default null,
    p_longitude double precision default null,
    p_kind text default null,
    p_name_zh text default null,
    p_postal_code text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- A venue stays in its city, which its shows have copied. Raises not_found, invalid_request (as create_venue), already_exists
-- (name).
declare
    v_venue catalog.venues;
begin
    select v.*
    into v_venue
    from catalog.venues as v
    where v.venue_id = p_venue_id
    for update;
    if v_venue.venue_id is null then
        perform api.raise('not_found');
    end if;
    perform catalog.check_venue(p_kind, p_latitude, p_longitude);
    if exists (
        select
        from catalog.venues as v
        where v.city_id = v_venue.city_id
            and v.name = api.normal_line(p_name)
            and v.venue_id <> p_venue_id
    ) then
        perform api.raise('already_exists', '{"field": "name"}', 'The city has a venue of that name.');
    end if;

    update catalog.venues as v
    set
        name = api.checked_text('name', coalesce(p_name, v.name), 200),
        name_zh = catalog.changed_text('name_zh', p_name_zh, v.name_zh, 200),
        kind = coalesce(p_kind, v.kind),
        address = api.checked_text('address', coalesce(p_address, v.address), 500),
        postal_code = catalog.changed_text('postal_code', p_postal_code, v.postal_code, 20),
        latitude = coalesce(p_latitude, v.latitude),
        longitude = coalesce(p_longitude, v.longitude)
    where v.venue_id = p_venue_id;
    perform catalog.learn(array[p_name]);
    return api.get_admin_venue(p_actor, p_venue_id);
end;
$$;

comment on function api.update_venue is 'Change a venue. Errors: already_exists.';
select api.add_route('PATCH', '/api/v1/admin/venues/{venue_id}', 'api.update_venue', role => 'staff', lane => 'write');

create or replace function catalog.delete_venue(p_venue_id bigint)
returns void
language plpgsql
volatile
as $$
-- Raises not_found, in_use (used_by, count). Locks the row: who makes something of it meanwhile waits, and finds it gone.
declare
    v_count bigint;
begin
    perform 1
    from catalog.venues as x
    where x.venue_id = p_venue_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    select count(*)
    into v_count
    from catalog.halls as x
    where x.venue_id = p_venue_id;
    perform api.raise_in_use('halls', v_count);
    delete from catalog.venues as x
    where x.venue_id = p_venue_id;
end;
$$;

create or replace function api.delete_venue(
    p_actor bigint,
    p_venue_id bigint
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.delete_venue(p_venue_id);
$$;

comment on function api.delete_venue is 'Delete a venue without halls. Errors: in_use.';
select api.add_route('DELETE', '/api/v1/admin/venues/{venue_id}', 'api.delete_venue', role => 'staff', lane => 'write', status => 204);

create or replace function api.list_admin_halls(
    p_actor bigint,
    p_venue_id bigint default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(catalog.admin_hall_json(h) order by h.venue_id, h.name, h.hall_id)
            from (
                select h.hall_id
                from catalog.halls as h
                where (p_venue_id is null or h.venue_id = p_venue_id)
                order by
                    h.venue_id,
                    h.name,
                    h.hall_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as i
            inner join catalog.halls as h
                on h.hall_id = i.hall_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from catalog.halls as h
            where (p_venue_id is null or h.venue_id = p_venue_id)
        )
    )
    from api.check_page(p_page, p_per_page);
$$;

comment on function api.list_admin_halls is 'All halls by venue and name, or those of a venue.';
select api.add_route('GET', '/api/v1/admin/halls', 'api.list_admin_halls', role => 'staff');

create or replace function api.update_hall(
    p_actor bigint,
    p_hall_id bigint,
    p_name text default null,
    p_rows jsonb default null,
    p_places integer default null,
    p_cleaning_minutes integer default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Rows or places, when given, stand in for all that was there, which only a hall without shows allows.
-- Raises not_found, invalid_request (name, rows, places, cleaning_minutes), already_exists (name), in_use (used_by, count).
declare
    v_hall catalog.halls;
    v_count bigint;
begin
    select h.*
    into v_hall
    from catalog.halls as h
    where h.hall_id = p_hall_id
    for update;
    if v_hall.hall_id is null then
        perform api.raise('not_found');
    end if;
    if exists (
        select
        from catalog.halls as h
        where h.venue_id = v_hall.venue_id
            and h.name = api.normal_line(p_name)
            and h.hall_id <> p_hall_id
    ) then
        perform api.raise('already_exists', '{"field": "name"}', 'The venue has a hall of that name.');
    end if;
    if p_rows is not null or p_places is not null then
        select count(*)
        into v_count
        from sales.shows as s
        where s.hall_id = p_hall_id;
        perform api.raise_in_use('shows', v_count);
        update catalog.halls as h
        set
            admission = case when p_rows is null then 'general' else 'seated' end,
            capacity = catalog.checked_capacity(p_rows, p_places),
            layout_version = h.layout_version + 1
        where h.hall_id = p_hall_id;
        delete from catalog.seats as s
        where s.hall_id = p_hall_id;
        if p_rows is not null then
            perform catalog.lay_out_seats(p_hall_id, p_rows);
        end if;
    end if;

    update catalog.halls as h
    set name = api.checked_text('name', coalesce(p_name, h.name), 200)
    where h.hall_id = p_hall_id;
    perform catalog.set_cleaning_time(p_hall_id, p_cleaning_minutes);
    return api.get_admin_hall(p_actor, p_hall_id);
end;
$$;

comment on function api.update_hall is 'Change a hall''s name, or, while it has no shows, its rows or places. cleaning_minutes counts for shows that are made or moved from then on. Errors: already_exists, in_use.';
select api.add_route('PATCH', '/api/v1/admin/halls/{hall_id}', 'api.update_hall', role => 'staff', lane => 'write');

create or replace function catalog.delete_hall(p_hall_id bigint)
returns void
language plpgsql
volatile
as $$
-- Raises not_found, in_use (used_by, count). Locks the row: who makes something of it meanwhile waits, and finds it gone.
declare
    v_count bigint;
begin
    perform 1
    from catalog.halls as x
    where x.hall_id = p_hall_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    select count(*)
    into v_count
    from sales.shows as x
    where x.hall_id = p_hall_id;
    perform api.raise_in_use('shows', v_count);
    delete from catalog.halls as x
    where x.hall_id = p_hall_id;
end;
$$;

create or replace function api.delete_hall(
    p_actor bigint,
    p_hall_id bigint
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.delete_hall(p_hall_id);
$$;

comment on function api.delete_hall is 'Delete a hall without shows, and its seats. Errors: in_use.';
select api.add_route('DELETE', '/api/v1/admin/halls/{hall_id}', 'api.delete_hall', role => 'staff', lane => 'write', status => 204);
