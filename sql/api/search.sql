-- Search over what is to come: words, places, times and kinds together, sorted by any combination of keys. Nothing sorts or counts
-- more than a few thousand rows: what no word narrows down is read from catalog.playing in its order, what a time or a place
-- narrows down from the first shows that fit.

create or replace function catalog.parse_sort(
    p_sort text,
    out keys text[],
    out directions integer[]
)
language plpgsql
stable
as $$
-- 'name,date,desc' to keys {name,date} and directions {1,-1}; a key without asc or desc has the natural one, which for
-- relevance is desc. Raises invalid_request (sort).
declare
    v_token text;
begin
    keys := '{}';
    directions := '{}';
    foreach v_token in array string_to_array(p_sort, ',') loop
        v_token := btrim(v_token);
        if v_token in ('asc', 'desc') and cardinality(keys) > 0 and directions[cardinality(keys)] is null then
            directions[cardinality(keys)] := case v_token when 'asc' then 1 else -1 end;
        elsif v_token in ('relevance', 'name', 'date', 'distance') and v_token <> all (keys) then
            keys := keys || v_token;
            directions := directions || null::integer;
        else
            perform api.raise_invalid(
                'sort',
                'Sort is relevance, name, date or distance, each with ,asc or ,desc behind it if you like, and combinations.'
            );
        end if;
    end loop;

    directions := array(
        select coalesce(s.direction, case s.key when 'relevance' then -1 else 1 end)
        from unnest(keys, directions) with ordinality as s (key, direction, place)
        order by s.place
    );
end;
$$;

create or replace function catalog.parse_lat_long(
    p_lat_long text,
    out latitude double precision,
    out longitude double precision
)
language plpgsql
stable
as $$
-- '51.5,-0.12' to its parts. Raises invalid_request (lat_long).
declare
    v_parts text[] := regexp_match(p_lat_long, '^\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*,\s*([+-]?\d{1,3}(?:\.\d{1,15})?)\s*$');
begin
    if p_lat_long is null then
        return;
    end if;
    latitude := v_parts[1]::double precision;
    longitude := v_parts[2]::double precision;
    if v_parts is null or latitude not between -90 and 90 or longitude not between -180 and 180 then
        perform api.raise_invalid('lat_long', 'A point is LATITUDE,LONGITUDE, such as 51.5,-0.12.');
    end if;
end;
$$;

create or replace function catalog.check_search(
    p_q text,
    p_postal_code text,
    p_start_datetime timestamptz,
    p_end_datetime timestamptz
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (q, postal_code, end_datetime). p_postal_code: without spaces, in capitals.
begin
    if length(p_q) > 200 then
        perform api.raise_invalid('q', 'Search for at most 200 characters.');
    end if;
    if p_postal_code !~ '^[A-Z0-9-]{1,12}$' then
        perform api.raise_invalid('postal_code', 'A postal code has letters and digits, or the beginning of one.');
    end if;
    if p_end_datetime < coalesce(p_start_datetime, now()) then
        perform api.raise_invalid('end_datetime', 'The end is after the start, and to come.');
    end if;
end;
$$;

create or replace function catalog.order_by(p_sort text)
returns text
language sql
stable
as $$
-- What catalog.parse_sort makes of p_sort as the expressions of an "order by" over the columns relevance, name, next_show_at,
-- distance_km and event_id, of which the last settles every tie.
    select string_agg(
        case k.key when 'date' then 'next_show_at' when 'distance' then 'distance_km' else k.key end
            || case when k.direction < 0 then ' desc' else '' end
            -- The others are never null, and an index is read backwards as it stands.
            || case when k.direction < 0 and k.key in ('relevance', 'distance') then ' nulls last' else '' end,
        ', ' order by k.place
    ) || ', event_id'
    from catalog.parse_sort(p_sort) as s
    cross join lateral unnest(s.keys, s.directions) with ordinality as k (key, direction, place);
$$;

create or replace function catalog.venues_in(
    p_city text,
    p_postal_code text,
    p_latitude double precision,
    p_longitude double precision,
    p_radius_km double precision,
    out venue_ids bigint[],
    out distances numeric[]
)
language sql
stable
as $$
-- The venues of cities of this name, with this beginning of a postal code, within the radius: those for which all hold; null: not asked.
-- Around a point at most the 500 nearest, each with how far away it is in km.
    select
        coalesce(array_agg(f.venue_id order by f.distance_km, f.venue_id), '{}'),
        coalesce(array_agg(f.distance_km order by f.distance_km, f.venue_id), '{}')
    from (
        select f.venue_id, f.distance_km
        from catalog.find_venues(null, p_latitude, p_longitude, p_radius_km) as f
        inner join catalog.venues as v
            on v.venue_id = f.venue_id
        where (
                p_city is null
                or v.city_id in (
                    select n.city_id
                    from catalog.places_named(array[catalog.plain(catalog.fold(p_city))]) as n
                    where n.venue_id is null
                    union all
                    select c.city_id
                    from catalog.cities as c
                    where c.slug = lower(btrim(p_city))
                )
            )
            and (p_postal_code is null or replace(upper(v.postal_code), ' ', '') ^@ p_postal_code)
        order by f.distance_km
        limit case when p_latitude is not null then 500 end
    ) as f;
$$;

create or replace function catalog.found_by_words(
    p_q text,
    p_kind text,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_distances numeric[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date
)
returns table (
    event_id bigint,
    next_show_at timestamptz,
    distance_km numeric,
    relevance double precision,
    is_whole boolean
)
language sql
stable
as $$
-- Of the events that catalog.find_events finds those with a show that fits, when the first one is, and how
-- near the nearest. Null: any. is_whole: no more than these fit.
    select
        m.event_id,
        s.starts_at,
        case when p_distances is not null then (
            select min(v.distance_km)
            from sales.shows as n
            inner join unnest(p_venue_ids, p_distances) as v (venue_id, distance_km)
                on v.venue_id = n.venue_id
            where n.event_id = m.event_id
                and n.starts_at > p_from
                and n.starts_at <= p_until
                and n.status in ('on_sale', 'closed')
                and catalog.is_on_day(n.city_id, n.starts_at, p_day)
        ) end,
        m.relevance,
        m.is_whole
    from catalog.find_events(p_q, p_kind, p_city_id) as m
    cross join lateral (
        select s.starts_at
        from sales.shows as s
        where s.event_id = m.event_id
            and s.starts_at > p_from
            and s.starts_at <= p_until
            and s.status in ('on_sale', 'closed')
            and catalog.is_on_day(s.city_id, s.starts_at, p_day)
            and (p_city_id is null or s.city_id = p_city_id)
            and (p_venue_ids is null or s.venue_id = any (p_venue_ids))
        order by s.starts_at
        limit 1
    ) as s;
$$;

create or replace function catalog.found_by_time(
    p_kind text,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_distances numeric[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date,
    p_limit integer
)
returns table (
    event_id bigint,
    next_show_at timestamptz,
    distance_km numeric,
    is_whole boolean
)
language plpgsql
stable
as $$
-- The events of the first p_limit shows that begin in the time, at the venues or in the city, of the kind; null: any. is_whole: there
-- are no more shows than these.
begin
    return query
        with shows as (
            select s.event_id, s.starts_at, s.distance_km
            from (
                select s.event_id, s.starts_at, v.distance_km
                from unnest(p_venue_ids, p_distances) as v (venue_id, distance_km)
                cross join lateral (
                    select s.event_id, s.starts_at
                    from sales.shows as s
                    where s.venue_id = v.venue_id
                        and s.starts_at > p_from
                        and s.starts_at <= p_until
                        and s.status in ('on_sale', 'closed')
                        and catalog.is_on_day(s.city_id, s.starts_at, p_day)
                        and (p_city_id is null or s.city_id = p_city_id)
                    order by s.starts_at
                    limit greatest(5, p_limit / greatest(cardinality(p_venue_ids), 1))
                ) as s
                where p_venue_ids is not null
                union all
                (
                    select s.event_id, s.starts_at, null::numeric
                    from sales.shows as s
                    where p_venue_ids is null
                        and p_city_id is not null
                        and s.city_id = p_city_id
                        and s.starts_at > p_from
                        and s.starts_at <= p_until
                        and s.status in ('on_sale', 'closed')
                        and catalog.is_on_day(s.city_id, s.starts_at, p_day)
                    order by s.starts_at
                    limit p_limit
                )
                union all
                (
                    select s.event_id, s.starts_at, null::numeric
                    from sales.shows as s
                    where p_venue_ids is null
                        and p_city_id is null
                        and s.starts_at > p_from
                        and s.starts_at <= p_until
                        and s.status in ('on_sale', 'closed')
                        and catalog.is_on_day(s.city_id, s.starts_at, p_day)
                    order by s.starts_at
                    limit p_limit
                )
            ) as s
        )
        select
            f.event_id,
            f.next_show_at,
            f.distance_km,
            f.show_count < p_limit
        from (
            select
                s.event_id,
                min(s.starts_at) as next_show_at,
                min(s.distance_km) as distance_km,
                (sum(count(*)) over ()) as show_count
            from shows as s
            group by s.event_id
        ) as f
        inner join catalog.events as e
            on e.event_id = f.event_id
        where p_kind is null or e.kind = p_kind;
end;
$$;

create or replace function catalog.next_shows(
    p_event_id bigint,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date
)
returns bigint[]
language sql
stable
as $$
-- The first three shows of an event that fit. Null: any.
    select array_agg(n.show_id)
    from (
        select s.show_id
        from sales.shows as s
        where s.event_id = p_event_id
            and s.starts_at > p_from
            and s.starts_at <= p_until
            and s.status in ('on_sale', 'closed')
            and catalog.is_on_day(s.city_id, s.starts_at, p_day)
            and (p_city_id is null or s.city_id = p_city_id)
            and (p_venue_ids is null or s.venue_id = any (p_venue_ids))
        order by
            s.starts_at,
            s.show_id
        limit 3
    ) as n;
$$;

create or replace function catalog.search_playing(
    p_kind text,
    p_city_id bigint,
    p_order_by text,
    p_offset bigint,
    p_limit integer,
    out events jsonb,
    out total bigint,
    out is_exact boolean,
    out kinds jsonb
)
language plpgsql
stable
as $$
-- A page of all that plays, in a city or anywhere, read from catalog.playing in the order p_order_by, of catalog.order_by. events:
-- [{"event_id", "next_show_at"}]. Counts up to 1000: is_exact says whether that was all. kinds: {kind: count}.
-- The order is made of our own words by catalog.order_by.
-- @plpgsql_check_options: security_warnings = false
declare
    c_most constant integer := 1000;
begin
    execute format(
        $sql$
        select coalesce(jsonb_agg(jsonb_build_object('event_id', f.event_id, 'next_show_at', f.next_show_at) order by f.place), '[]')
        from (
            select k.event_id, k.next_show_at, row_number() over () as place
            from (
                select p.event_id, p.next_show_at, p.name, null::double precision as relevance, null::numeric as distance_km
                from catalog.playing as p
                where p.city_id = $1
                    %s
                    and p.next_show_at > now()
                order by %s
                offset $3
                limit $4
            ) as k
        ) as f
        $sql$,
        case when p_kind is not null then 'and p.kind = $2' end,
        p_order_by
    )
    into events
    using coalesce(p_city_id, 0), p_kind, p_offset, p_limit;

    select jsonb_object_agg(k.kind, k.event_count), sum(k.event_count), max(k.event_count) <= c_most
    into kinds, total, is_exact
    from (
        select
            t.kind,
            (
                select count(*)
                from (
                    select
                    from catalog.playing as p
                    where p.city_id = coalesce(p_city_id, 0)
                        and p.kind = t.kind
                        and p.next_show_at > now()
                    limit c_most + 1
                ) as n
            ) as event_count
        from unnest(catalog.kinds()) as t (kind)
        where p_kind is null or t.kind = p_kind
    ) as k
    where k.event_count > 0;
    total := coalesce(total, 0);
    is_exact := coalesce(is_exact, true);
end;
$$;

create or replace function catalog.search_found(
    p_q text,
    p_kind text,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_distances numeric[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date,
    p_order_by text,
    p_offset bigint,
    p_limit integer,
    out events jsonb,
    out total bigint,
    out is_exact boolean,
    out kinds jsonb
)
language plpgsql
stable
as $$
-- The same of what words, times or places narrow down: of at most 1100 events that fit the words, or of those of the first 3000 shows.
-- events also have "distance_km". The order is made of our own words by catalog.order_by, and the rest are literals below.
-- @plpgsql_check_options: security_warnings = false
begin
    execute format(
        $sql$
        with found as (
            %s
        ),
        listed as (
            select
                f.event_id,
                f.next_show_at,
                f.distance_km,
                f.relevance,
                f.is_whole,
                e.kind,
                e.title collate "und-x-icu" as name
            from found as f
            inner join catalog.events as e
                on e.event_id = f.event_id
        )
        select
            (
                select coalesce(
                    jsonb_agg(
                        jsonb_build_object('event_id', o.event_id, 'next_show_at', o.next_show_at, 'distance_km', o.distance_km)
                        order by o.place
                    ),
                    '[]'
                )
                from (
                    select k.event_id, k.next_show_at, k.distance_km, row_number() over () as place
                    from (
                        select l.event_id, l.next_show_at, l.distance_km
                        from listed as l
                        order by %s
                        offset $8
                        limit $9
                    ) as k
                ) as o
            ),
            (select count(*) from listed),
            (select coalesce(bool_and(l.is_whole), true) from listed as l),
            (
                select jsonb_object_agg(k.kind, k.event_count)
                from (
                    select l.kind, count(*) as event_count
                    from listed as l
                    group by l.kind
                ) as k
            )
        $sql$,
        case
            when p_q is not null then
                'select w.event_id, w.next_show_at, w.distance_km, w.relevance, w.is_whole '
                'from catalog.found_by_words($1, $2, $3, $4, $5, $6, $7, $10) as w'
            else
                'select t.event_id, t.next_show_at, t.distance_km, null::double precision as relevance, t.is_whole '
                'from catalog.found_by_time($2, $3, $4, $5, $6, $7, $10, 3000) as t'
        end,
        p_order_by
    )
    into events, total, is_exact, kinds
    using p_q, p_kind, p_city_id, p_venue_ids, p_distances, p_from, p_until, p_offset, p_limit, p_day;
end;
$$;

create or replace function catalog.search_events(
    p_q text,
    p_kind text,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_distances numeric[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date,
    p_order_by text,
    p_offset bigint,
    p_limit integer,
    out events jsonb,
    out total bigint,
    out is_exact boolean,
    out kinds jsonb
)
language plpgsql
stable
as $$
-- catalog.search_playing where nothing narrows down but a kind and a city, else catalog.search_found. Beyond 10000 nothing is listed.
declare
    v_limit integer := case when p_offset < 10000 then p_limit else 0 end;
begin
    if num_nonnulls(p_q, p_venue_ids, p_from, p_until) = 0 then
        select f.events, f.total, f.is_exact, f.kinds
        into events, total, is_exact, kinds
        from catalog.search_playing(p_kind, p_city_id, p_order_by, p_offset, v_limit) as f;
    else
        select f.events, f.total, f.is_exact, f.kinds
        into events, total, is_exact, kinds
        from catalog.search_found(
            p_q, p_kind, p_city_id, p_venue_ids, p_distances, greatest(now(), p_from), coalesce(p_until, 'infinity'), p_day,
            p_order_by, p_offset, v_limit
        ) as f;
    end if;
end;
$$;

create or replace function catalog.found_items(
    p_events jsonb,
    p_city_id bigint,
    p_venue_ids bigint[],
    p_from timestamptz,
    p_until timestamptz,
    p_day date
)
returns json
language sql
stable
as $$
-- The events of catalog.search_events as catalog.found_event_json, each with its next three shows that fit.
    select coalesce(
        json_agg(
            catalog.found_event_json(
                e,
                (i.value ->> 'next_show_at')::timestamptz,
                (i.value ->> 'distance_km')::numeric,
                catalog.next_shows(e.event_id, p_city_id, p_venue_ids, p_from, p_until, p_day)
            )
            order by i.place
        ),
        '[]'
    )
    from jsonb_array_elements(p_events) with ordinality as i (value, place)
    inner join catalog.events as e
        on e.event_id = (i.value ->> 'event_id')::bigint;
$$;

create or replace function api.search(
    p_q text default null,
    p_city_id bigint default null,
    p_city text default null,
    p_lat_long text default null,
    p_radius_km double precision default null,
    p_start_datetime timestamptz default null,
    p_end_datetime timestamptz default null,
    p_postal_code text default null,
    p_kind text default null,
    p_spellcheck boolean default false,
    p_sort text default null,
    p_page integer default 1,
    p_per_page integer default 30,
    p_date date default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Events with shows that fit, each with its next three. A place that the words name narrows down like one that is given.
declare
    v_q text := nullif(btrim(p_q), '');
    v_postal_code text := upper(regexp_replace(p_postal_code, '\s', '', 'g'));
    -- A day begins first where clocks are 14 hours ahead, and ends last where they are 12 hours behind.
    v_from timestamptz := greatest(p_start_datetime, p_date::timestamp at time zone 'Etc/GMT-14');
    v_until timestamptz := least(p_end_datetime, (p_date + 1)::timestamp at time zone 'Etc/GMT+12');
    v_city_id bigint := p_city_id;
    v_offset bigint := (p_page::bigint - 1) * p_per_page;
    v_point record;
    v_venue_ids bigint[];
    v_distances numeric[];
    v_place record;
    v_order_by text;
    v_found record;
    v_meant record;
    v_suggestion text;
begin
    perform api.check_page(p_page, p_per_page);
    perform catalog.check_kind(p_kind);
    perform catalog.check_date(p_date);
    perform catalog.check_search(v_q, v_postal_code, p_start_datetime, p_end_datetime);
    select p.latitude, p.longitude
    into v_point
    from catalog.parse_lat_long(p_lat_long) as p;
    perform catalog.check_point(v_point.latitude, v_point.longitude, p_radius_km);

    select v.venue_ids, v.distances
    into v_venue_ids, v_distances
    from catalog.venues_in(p_city, v_postal_code, v_point.latitude, v_point.longitude, p_radius_km) as v
    where num_nonnulls(p_city, v_postal_code, p_lat_long) > 0;
    select n.city_id, n.venue_ids, n.name, n.rest
    into v_place
    from catalog.named_place(v_q) as n
    where num_nonnulls(p_city_id, p_city, v_postal_code, p_lat_long) = 0;
    if v_place.name is not null then
        v_city_id := v_place.city_id;
        v_q := v_place.rest;
        v_venue_ids := v_place.venue_ids;
    end if;

    v_order_by := catalog.order_by(
        coalesce(
            p_sort,
            case when v_q is not null then 'relevance,date' when p_lat_long is not null then 'distance,date' else 'date,name' end
        )
    );
    if p_lat_long is null and v_order_by ~ 'distance_km' then
        perform api.raise_invalid('sort', 'Sorting by distance takes lat_long.');
    end if;

    select f.*
    into v_found
    from catalog.search_events(
        v_q, p_kind, v_city_id, v_venue_ids, v_distances, v_from, v_until, p_date, v_order_by, v_offset, p_per_page
    ) as f;
    -- What no event is called may be the beginning of a place's name …
    if v_found.total = 0 and v_q is not null and num_nonnulls(v_city_id, v_venue_ids) = 0 then
        select n.city_id, n.venue_ids, n.name, n.rest
        into v_place
        from catalog.place_beginning(v_q) as n;
        if v_place.name is not null then
            v_city_id := v_place.city_id;
            v_venue_ids := v_place.venue_ids;
            v_q := null;
            select f.*
            into v_found
            from catalog.search_events(
                v_q, p_kind, v_city_id, v_venue_ids, v_distances, v_from, v_until, p_date, v_order_by, v_offset, p_per_page
            ) as f;
        end if;
    end if;
    -- … or misspelt. What is suggested finds more; where nothing else is found, it is what is answered.
    if v_q is not null and (p_spellcheck or v_found.total = 0) then
        v_suggestion := catalog.suggest_words(v_q);
    end if;
    if v_suggestion is not null then
        select f.*
        into v_meant
        from catalog.search_events(
            v_suggestion, p_kind, v_city_id, v_venue_ids, v_distances, v_from, v_until, p_date, v_order_by, v_offset, p_per_page
        ) as f;
        v_suggestion := case when p_spellcheck and v_meant.total > v_found.total then v_suggestion end;
        if v_found.total = 0 then
            v_found := v_meant;
        end if;
    end if;

    return (
        select json_object_agg(m.name, m.value)
        from (
            values
                (
                    'items',
                    catalog.found_items(
                        v_found.events, v_city_id, v_venue_ids, greatest(now(), v_from), coalesce(v_until, 'infinity'), p_date
                    )
                ),
                ('page', to_json(p_page)),
                ('per_page', to_json(p_per_page)),
                ('total', to_json(v_found.total)),
                ('total_is_exact', to_json(v_found.is_exact)),
                ('facets', json_build_object('kind', coalesce(v_found.kinds, '{}'))),
                (
                    'place',
                    case when v_place.name is not null then
                        json_build_object('name', v_place.name, 'city_id', v_place.city_id, 'venue_ids', v_place.venue_ids)
                    end
                ),
                ('suggestion', to_json(v_suggestion))
        ) as m (name, value)
        where m.value is not null
    );
end;
$$;

comment on function api.search is 'Search for events with shows to come, by words in titles, people and genres; a city or venue that the words name narrows the search ("place"). city: a name; postal_code: the beginning of one will do; sort: relevance, name, date, distance, each with ,asc or ,desc, and combinations such as name,date,asc; date: a day as it is counted where the show is; suggestion: what a misspelling may have meant, with spellcheck=true. total is exact when total_is_exact says so, otherwise there are at least as many; facets: how many of each kind.';
select api.add_route('GET', '/api/v1/search', 'api.search', cache_seconds => 10, lane => 'search', rate_class => 'search');
