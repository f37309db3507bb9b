-- What plays where: cities, venues, events and their shows. Shows that are over, drafts and cancelled ones are not listed.

create or replace function api.list_cities(
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items json;
begin
    perform api.check_page(p_page, p_per_page);

    select json_agg(catalog.city_json(c) order by c.name, c.city_id)
    into v_items
    from catalog.cities as c
    where c.city_id in (
        select p.city_id
        from catalog.cities as p
        order by p.name, p.city_id
        limit p_per_page
        offset (p_page - 1) * p_per_page
    );

    return api.list(v_items, p_page, p_per_page, (select count(*) from catalog.cities));
end;
$$;

comment on function api.list_cities is 'The cities, by name.';
select api.add_route('GET', '/api/v1/cities', 'api.list_cities', cache_seconds => 60);

create or replace function api.list_venues(
    p_city_id bigint default null,
    p_latitude double precision default null,
    p_longitude double precision default null,
    p_radius_km double precision default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items json;
    v_total bigint;
begin
    perform api.check_page(p_page, p_per_page);
    perform catalog.check_point(p_latitude, p_longitude, p_radius_km);

    with found as (
        select
            f.venue_id,
            f.distance_km,
            row_number() over (order by f.distance_km, v.name, f.venue_id) as place,
            count(*) over () as total
        from catalog.find_venues(p_city_id, p_latitude, p_longitude, p_radius_km) as f
        inner join catalog.venues as v
            on v.venue_id = f.venue_id
    )
    select
        json_agg(catalog.venue_json(v, c, f.distance_km) order by f.place)
            filter (where f.place > (p_page - 1) * p_per_page and f.place <= p_page * p_per_page),
        coalesce(max(f.total), 0)
    into v_items, v_total
    from found as f
    inner join catalog.venues as v
        on v.venue_id = f.venue_id
    inner join catalog.cities as c
        on c.city_id = v.city_id;

    return api.list(v_items, p_page, p_per_page, v_total);
end;
$$;

comment on function api.list_venues is 'Venues of a city by name, or around a point: the nearest first.';
select api.add_route('GET', '/api/v1/venues', 'api.list_venues', cache_seconds => 60);

create or replace function api.get_venue(p_venue_id bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'venue', catalog.venue_json(v, c),
        'halls', coalesce(
            (
                select json_agg(catalog.hall_json(h) order by h.hall_id)
                from catalog.halls as h
                where h.venue_id = v.venue_id
            ),
            '[]'
        )
    )
    from catalog.venues as v
    inner join catalog.cities as c
        on c.city_id = v.city_id
    where v.venue_id = p_venue_id;
$$;

comment on function api.get_venue is 'A venue and its halls.';
select api.add_route('GET', '/api/v1/venues/{venue_id}', 'api.get_venue', cache_seconds => 60);

create or replace function api.list_events(
    p_city_id bigint default null,
    p_kind text default null,
    p_date date default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items json;
    v_total bigint;
begin
    perform api.check_page(p_page, p_per_page);
    perform catalog.check_kind(p_kind);
    perform catalog.check_date(p_date);

    with playing as (
        select
            s.event_id,
            count(*) as show_count,
            min(s.starts_at) as next_show_at
        from catalog.cities as c
        inner join sales.shows as s
            on s.city_id = c.city_id
        where (p_city_id is null or c.city_id = p_city_id)
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
            and s.starts_at <@ catalog.day_range(p_date, c.timezone)
        group by s.event_id
    ),
    listed as (
        select
            e as event,
            p.next_show_at,
            row_number() over (order by p.show_count desc, e.title, e.event_id) as place
        from playing as p
        inner join catalog.events as e
            on e.event_id = p.event_id
        where p_kind is null or e.kind = p_kind
    )
    select
        json_agg(catalog.listed_event_json(l.event, l.next_show_at) order by l.place)
            filter (where l.place > (p_page - 1) * p_per_page and l.place <= p_page * p_per_page),
        count(*)
    into v_items, v_total
    from listed as l;

    return api.list(v_items, p_page, p_per_page, v_total);
end;
$$;

comment on function api.list_events is 'What plays, in a city, on a day there: what has most shows first.';
select api.add_route('GET', '/api/v1/events', 'api.list_events', cache_seconds => 10);

create or replace function api.get_event(p_event_id bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    with cities as (
        select
            s.city_id,
            min(s.starts_at) as next_show_at
        from sales.shows as s
        where s.event_id = p_event_id
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
        group by s.city_id
    )
    select json_build_object(
        'event_id', e.event_id,
        'kind', e.kind,
        'title', e.title,
        'title_zh', e.title_zh,
        'description', e.description,
        'description_zh', e.description_zh,
        'duration_minutes', e.duration_minutes,
        'rating', e.rating,
        'genres', e.genres,
        'people', e.people,
        'released_on', e.released_on,
        'poster_url', e.poster_url,
        'next_show_at', (select api.rfc3339(min(n.next_show_at)) from cities as n),
        'cities', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'city_id', c.city_id,
                        'slug', c.slug,
                        'name', c.name,
                        'name_zh', c.name_zh,
                        'next_show_at', api.rfc3339(n.next_show_at)
                    )
                    order by c.name
                )
                from cities as n
                inner join catalog.cities as c
                    on c.city_id = n.city_id
            ),
            '[]'
        )
    )
    from catalog.events as e
    where e.event_id = p_event_id;
$$;

comment on function api.get_event is 'All of an event, and where it plays.';
select api.add_route('GET', '/api/v1/events/{event_id}', 'api.get_event', cache_seconds => 10);

create or replace function api.list_event_shows(
    p_event_id bigint,
    p_city_id bigint default null,
    p_date date default null,
    p_latitude double precision default null,
    p_longitude double precision default null,
    p_radius_km double precision default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Venues are paged, and only the shows of the venues on the page are counted.
declare
    v_items json;
    v_total bigint;
    v_show_ids bigint[];
begin
    perform api.check_page(p_page, p_per_page);
    perform catalog.check_date(p_date);
    perform catalog.check_point(p_latitude, p_longitude, p_radius_km);
    if not exists (select from catalog.events as e where e.event_id = p_event_id) then
        return null;
    end if;

    with shows as (
        select
            s.show_id,
            dense_rank() over (order by f.distance_km, v.name, v.venue_id) as place
        from sales.shows as s
        inner join catalog.find_venues(p_city_id, p_latitude, p_longitude, p_radius_km) as f
            on f.venue_id = s.venue_id
        inner join catalog.venues as v
            on v.venue_id = s.venue_id
        inner join catalog.cities as c
            on c.city_id = s.city_id
        where s.event_id = p_event_id
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
            and s.starts_at <@ catalog.day_range(p_date, c.timezone)
    )
    select
        array_agg(s.show_id)
            filter (where s.place > (p_page - 1) * p_per_page and s.place <= p_page * p_per_page),
        coalesce(max(s.place), 0)
    into v_show_ids, v_total
    from shows as s;

    select json_agg(
        json_build_object('venue', catalog.venue_json(v, c, f.distance_km), 'shows', at_venue.shows)
        order by f.distance_km, v.name, v.venue_id
    )
    into v_items
    from (
        select
            s.venue_id,
            json_agg(catalog.listed_show_json(s, h, n.available, n.price_from_minor) order by s.starts_at, s.show_id) as shows
        from sales.seat_counts(v_show_ids) as n
        inner join sales.shows as s
            on s.show_id = n.show_id
        inner join catalog.halls as h
            on h.hall_id = s.hall_id
        group by s.venue_id
    ) as at_venue
    inner join catalog.find_venues(p_city_id, p_latitude, p_longitude, p_radius_km) as f
        on f.venue_id = at_venue.venue_id
    inner join catalog.venues as v
        on v.venue_id = at_venue.venue_id
    inner join catalog.cities as c
        on c.city_id = v.city_id;

    return api.list(v_items, p_page, p_per_page, v_total);
end;
$$;

comment on function api.list_event_shows is 'An event''s shows by venue: the nearest first when a point is given, else by name. Dates are days at the venue.';
select api.add_route('GET', '/api/v1/events/{event_id}/shows', 'api.list_event_shows', cache_seconds => 2);
