-- Finding something to see: the front page, a city, search.

create or replace function page.home(p_language text)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- "cities": the sixty where most plays. "events": what starts soonest, each event once, with the city where it does.
declare
    v_cities json;
    v_events json;
begin
    select json_agg(
        json_build_object(
            'slug', c.slug,
            'name', page.in_language(p_language, c.name, c.name_zh),
            'venue_count', (select count(*) from catalog.venues as v where v.city_id = c.city_id),
            'event_count', c.playing_count
        )
        order by c.name collate "und-x-icu"
    )
    into v_cities
    from (
        select
            m.city_id,
            m.slug,
            m.name,
            m.name_zh,
            m.playing_count
        from catalog.cities as m
        where m.playing_count > 0
        order by
            m.playing_count desc,
            m.city_id
        limit 60
    ) as c;

    select json_agg(
        page.event_card(e, p_language, n.starts_at, c.timezone, c.slug)::jsonb
        || jsonb_build_object('next_city', page.in_language(p_language, c.name, c.name_zh))
        order by n.starts_at, e.event_id
    )
    into v_events
    from (
        select
            p.event_id,
            s.city_id,
            s.starts_at
        from (
            select k.event_id, k.next_show_at
            from catalog.playing as k
            where k.city_id = 0
                and k.next_show_at > now()
            order by
                k.next_show_at,
                k.event_id
            limit 200
        ) as p
        cross join lateral (
            select t.city_id, t.starts_at
            from sales.shows as t
            where t.event_id = p.event_id
                and t.starts_at > now()
                and t.sale_starts_at <= now()
                and t.status = 'on_sale'
            order by
                t.starts_at,
                t.show_id
            limit 1
        ) as s
        order by
            s.starts_at,
            p.event_id
        limit 12
    ) as n
    inner join catalog.events as e
        on e.event_id = n.event_id
    inner join catalog.cities as c
        on c.city_id = n.city_id;

    return json_build_object(
        'hide_search', true,
        'cities', v_cities,
        'events', v_events,
        'has_events', v_events is not null
    );
end;
$$;

comment on function page.home is 'The front page: cities, and what starts soon.';
select api.add_route('GET', '/', 'page.home', answer => 'page', template => 'home', cache_seconds => 10);

create or replace function page.city(
    p_slug text,
    p_language text,
    p_date date default null,
    p_kind text default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- What plays in a city, on a day and of a kind if these are given. "days" and "kinds": those on which and of which
-- something plays, at most two weeks.
declare
    v_city record;
    v_list json;
    v_days date[];
    v_kinds text[];
    v_path text := '/cities/' || p_slug;
begin
    select c.city_id, c.slug, c.timezone, page.in_language(p_language, c.name, c.name_zh) as name
    into v_city
    from catalog.cities as c
    where c.slug = p_slug;
    if v_city.city_id is null then
        perform api.raise('not_found');
    end if;

    v_list := api.list_events(v_city.city_id, p_kind, p_date, p_page, 24);

    select
        array_agg(distinct (s.starts_at at time zone v_city.timezone)::date),
        array_agg(distinct e.kind)
    into v_days, v_kinds
    from sales.shows as s
    inner join catalog.events as e
        on e.event_id = s.event_id
    where s.city_id = v_city.city_id
        and s.starts_at > now()
        and s.starts_at < now() + interval '14 days'
        and s.status in ('on_sale', 'closed');

    return json_build_object(
        'slug', v_city.slug,
        'city_name', v_city.name,
        'date', p_date,
        'kind', p_kind,
        'days', page.days(v_days, p_date, v_city.timezone),
        'kinds', page.kinds(v_kinds, p_kind),
        'event_count', v_list -> 'total',
        'events', (
            select json_agg(
                page.event_card(e, p_language, (i.value ->> 'next_show_at')::timestamptz, v_city.timezone, v_city.slug)
                order by i.place
            )
            from json_array_elements(v_list -> 'items') with ordinality as i (value, place)
            inner join catalog.events as e
                on e.event_id = (i.value ->> 'event_id')::bigint
        ),
        'pages', page.pages(v_list, v_path, 'date', p_date::text, 'kind', p_kind)
    );
end;
$$;

comment on function page.city is 'What plays in a city, by day and kind.';
select api.add_route('GET', '/cities/{slug}', 'page.city', answer => 'page', template => 'city', cache_seconds => 10);

create or replace function page.search(
    p_language text,
    p_q text default null,
    p_city text default null,
    p_kind text default null,
    p_date date default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Without any condition only the form. p_city: a slug; one that nothing has counts as all cities. A day is each show's own.
declare
    v_city record;
    v_has_searched boolean := num_nonnulls(nullif(btrim(p_q), ''), nullif(p_city, ''), p_kind, p_date) > 0;
    v_list json;
begin
    select c.city_id, c.slug
    into v_city
    from catalog.cities as c
    where c.slug = p_city;

    if v_has_searched then
        v_list := api.search(
            p_q => p_q,
            p_city_id => v_city.city_id,
            p_date => p_date,
            p_kind => p_kind,
            p_spellcheck => true,
            p_page => p_page,
            p_per_page => 20
        );
    end if;

    return json_build_object(
        'hide_search', true,
        'q', p_q,
        'date', p_date,
        'cities', (
            select json_agg(
                json_build_object(
                    'slug', c.slug,
                    'name', page.in_language(p_language, c.name, c.name_zh),
                    'is_chosen', coalesce(c.slug = v_city.slug, false)
                )
                order by c.name
            )
            from catalog.cities as c
        ),
        'kinds', page.kinds(array['film', 'concert', 'play', 'match', 'talk', 'festival'], p_kind),
        'has_searched', v_has_searched,
        'total', coalesce((v_list ->> 'total')::bigint, 0),
        'suggestion', v_list ->> 'suggestion',
        'place', (
            select page.in_language(p_language, p.name, p.name_zh)
            from (
                select c.name, c.name_zh
                from catalog.cities as c
                where c.city_id = (v_list #>> '{place,city_id}')::bigint
                union all
                select v.name, v.name_zh
                from catalog.venues as v
                where v.venue_id = (v_list #>> '{place,venue_ids,0}')::bigint
            ) as p
        ),
        'events', (
            select json_agg(page.found_event(i.value, p_language) order by i.place)
            from json_array_elements(v_list -> 'items') with ordinality as i (value, place)
        ),
        'pages', case
            when v_list is not null
                then page.pages(v_list, '/search', 'q', p_q, 'city', v_city.slug, 'kind', p_kind, 'date', p_date::text)
        end
    );
end;
$$;

create or replace function page.found_event(
    p_found json,
    p_language text
)
returns jsonb
language sql
stable
as $$
-- An item of api.search as a card with its next shows.
    select page.event_card(e, p_language, null, null, null)::jsonb || jsonb_build_object(
        'has_shows', f.shows is not null,
        'shows', f.shows
    )
    from catalog.events as e
    cross join lateral (
        select json_agg(
            json_build_object(
                'show_id', s.value -> 'show_id',
                'starts_at', page.at((s.value ->> 'starts_at')::timestamptz, s.value ->> 'timezone'),
                'venue_name', page.in_language(p_language, v.name, v.name_zh),
                'city_name', page.in_language(p_language, c.name, c.name_zh)
            )
            order by s.place
        ) as shows
        from json_array_elements(p_found -> 'shows') with ordinality as s (value, place)
        inner join catalog.venues as v
            on v.venue_id = (s.value ->> 'venue_id')::bigint
        inner join catalog.cities as c
            on c.city_id = v.city_id
    ) as f
    where e.event_id = (p_found ->> 'event_id')::bigint;
$$;

comment on function page.search is 'Search by words, city, kind and day.';
select api.add_route('GET', '/search', 'page.search', answer => 'page', template => 'search', lane => 'search',
    rate_class => 'search', cache_seconds => 10);
