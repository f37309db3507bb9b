-- An event: what it is, and its shows in a city on a day.

create or replace function page.event(
    p_event_id bigint,
    p_language text,
    p_city text default null,
    p_date date default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- p_city: a slug; without one, or where the event does not play, the city in which it plays next. p_date: without one, or
-- when it does not play then, the first day on which it does.
declare
    v_event catalog.events;
    v_city record;
    v_days date[];
    v_date date;
begin
    select e.*
    into v_event
    from catalog.events as e
    where e.event_id = p_event_id;
    if v_event.event_id is null then
        perform api.raise('not_found');
    end if;

    select c.city_id, c.slug, c.timezone
    into v_city
    from sales.shows as s
    inner join catalog.cities as c
        on c.city_id = s.city_id
    where s.event_id = p_event_id
        and s.starts_at > now()
        and s.status in ('on_sale', 'closed')
    order by
        (c.slug = p_city) is true desc,
        s.starts_at,
        s.show_id
    limit 1;

    select array_agg(distinct (s.starts_at at time zone v_city.timezone)::date order by (s.starts_at at time zone v_city.timezone)::date)
    into v_days
    from sales.shows as s
    where s.event_id = p_event_id
        and s.city_id = v_city.city_id
        and s.starts_at > now()
        and s.status in ('on_sale', 'closed');
    v_date := case when p_date = any (v_days) then p_date else v_days[1] end;

    return (
        select json_build_object(
            'event_id', v_event.event_id,
            'kind', v_event.kind,
            'title', t.title,
            'original_title', case when t.title <> v_event.title then v_event.title end,
            'palette', page.palette(v_event.title),
            'motif', page.motif(v_event.title),
            'duration_minutes', v_event.duration_minutes,
            'rating', v_event.rating,
            'year', extract(year from v_event.released_on),
            'genres', (
                select json_agg(json_build_object('genre', g.genre, 'genre_key', replace(g.genre, ' ', '_')) order by g.place)
                from unnest(v_event.genres) with ordinality as g (genre, place)
            ),
            'description', page.in_language(p_language, v_event.description, v_event.description_zh),
            'people', v_event.people,
            'has_people', v_event.people <> '{}',
            'city_slug', v_city.slug,
            'cities', c.cities,
            'has_cities', c.cities is not null,
            'days', page.days(v_days, v_date, v_city.timezone),
            'has_days', v_days is not null,
            'venues', case when v_date is not null then page.venues_of_event(p_event_id, v_city.city_id, v_date, p_language) end
        )
        from page.in_language(p_language, v_event.title, v_event.title_zh) as t (title)
        cross join page.cities_of_event(p_event_id, v_city.city_id, p_language) as c (cities)
    );
end;
$$;

comment on function page.event is 'An event and its shows, by city, day and venue.';
select api.add_route('GET', '/events/{event_id}', 'page.event', answer => 'page', template => 'event', cache_seconds => 2);

create or replace function page.cities_of_event(
    p_event_id bigint,
    p_chosen bigint,
    p_language text
)
returns json
language sql
stable
as $$
-- The cities where the event plays, by name; null: none.
    select json_agg(
        json_build_object(
            'slug', c.slug,
            'name', page.in_language(p_language, c.name, c.name_zh),
            'is_chosen', coalesce(c.city_id = p_chosen, false)
        )
        order by c.name
    )
    from catalog.cities as c
    where exists (
        select
        from sales.shows as s
        where s.event_id = p_event_id
            and s.city_id = c.city_id
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
    );
$$;

create or replace function page.venues_of_event(
    p_event_id bigint,
    p_city_id bigint,
    p_date date,
    p_language text
)
returns json
language sql
stable
as $$
-- The venues of api.list_event_shows with their shows.
    select json_agg(
        json_build_object(
            'venue_id', i.value #> '{venue,venue_id}',
            'name', page.in_language(p_language, i.value #>> '{venue,name}', i.value #>> '{venue,name_zh}'),
            'address', i.value #>> '{venue,address}',
            'postal_code', i.value #>> '{venue,postal_code}',
            'shows', (
                select json_agg(
                    json_build_object(
                        'show_id', s.value -> 'show_id',
                        'starts_at', page.at((s.value ->> 'starts_at')::timestamptz, i.value #>> '{venue,timezone}'),
                        'hall_name', s.value #>> '{hall,name}',
                        'price_from', s.value -> 'price_from',
                        'availability', a.availability,
                        'is_closed', a.availability in ('sold_out', 'closed')
                    )
                    order by s.place
                )
                from json_array_elements(i.value -> 'shows') with ordinality as s (value, place)
                cross join page.availability(s.value ->> 'status', (s.value ->> 'seats_available')::bigint) as a (availability)
            )
        )
        order by i.place
    )
    from json_array_elements(api.list_event_shows(p_event_id, p_city_id, p_date) -> 'items')
        with ordinality as i (value, place);
$$;
