-- Search over what is to come: words, places, times and kinds together, sorted by any combination of keys.

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
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Events with shows that fit, each with its next three. Sorting is by places: each key numbers the events, and the numbers,
-- with their signs, are compared key by key.
declare
    v_q text := nullif(btrim(p_q), '');
    v_latitude double precision;
    v_longitude double precision;
    v_keys text[];
    v_directions integer[];
    v_postal_code text := upper(regexp_replace(p_postal_code, '\s', '', 'g'));
    v_items json;
    v_total bigint;
    v_suggestion text;
begin
    perform api.check_page(p_page, p_per_page);
    perform catalog.check_kind(p_kind);
    if length(v_q) > 200 then
        perform api.raise_invalid('q', 'Search for at most 200 characters.');
    end if;
    if v_postal_code !~ '^[A-Z0-9-]{1,12}$' then
        perform api.raise_invalid('postal_code', 'A postal code has letters and digits, or the beginning of one.');
    end if;
    if p_end_datetime < coalesce(p_start_datetime, now()) then
        perform api.raise_invalid('end_datetime', 'The end is after the start, and to come.');
    end if;

    select p.latitude, p.longitude
    into v_latitude, v_longitude
    from catalog.parse_lat_long(p_lat_long) as p;
    perform catalog.check_point(v_latitude, v_longitude, p_radius_km);

    select s.keys, s.directions
    into v_keys, v_directions
    from catalog.parse_sort(
        coalesce(
            p_sort,
            case
                when v_q is not null then 'relevance,date'
                when v_latitude is not null then 'distance,date'
                else 'date,name'
            end
        )
    ) as s;
    if 'distance' = any (v_keys) and v_latitude is null then
        perform api.raise_invalid('sort', 'Sorting by distance takes lat_long.');
    end if;

    with venues as (
        select
            f.venue_id,
            f.distance_km
        from catalog.find_venues(p_city_id, v_latitude, v_longitude, p_radius_km) as f
        inner join catalog.venues as v
            on v.venue_id = f.venue_id
        inner join catalog.cities as c
            on c.city_id = v.city_id
        where (p_city is null or lower(btrim(p_city)) in (c.slug, lower(c.name), c.name_zh))
            and (v_postal_code is null or replace(upper(v.postal_code), ' ', '') ^@ v_postal_code)
    ),
    matches as (
        select
            m.event_id,
            m.relevance
        from catalog.find_events(v_q) as m
        where v_q is not null
    ),
    found as (
        select
            s.event_id,
            min(s.starts_at) as next_show_at,
            min(v.distance_km) as distance_km,
            (array_agg(s.show_id order by s.starts_at, s.show_id))[1:3] as show_ids
        from sales.shows as s
        inner join venues as v
            on v.venue_id = s.venue_id
        where s.starts_at > greatest(now(), p_start_datetime)
            and (p_end_datetime is null or s.starts_at <= p_end_datetime)
            and s.status in ('on_sale', 'closed')
            and (v_q is null or s.event_id in (select m.event_id from matches as m))
        group by s.event_id
    ),
    numbered as (
        select
            f.event_id,
            f.next_show_at,
            f.distance_km,
            f.show_ids,
            dense_rank() over (order by m.relevance) as relevance,
            dense_rank() over (order by lower(e.title)) as name,
            dense_rank() over (order by f.next_show_at) as date,
            dense_rank() over (order by f.distance_km) as distance
        from found as f
        inner join catalog.events as e
            on e.event_id = f.event_id
        left join matches as m
            on m.event_id = f.event_id
        where p_kind is null or e.kind = p_kind
    ),
    sorted as (
        select
            n.event_id,
            n.next_show_at,
            n.distance_km,
            n.show_ids,
            row_number() over (
                order by
                    array(
                        select k.direction * case k.key
                            when 'relevance' then n.relevance
                            when 'name' then n.name
                            when 'date' then n.date
                            else n.distance
                        end
                        from unnest(v_keys, v_directions) with ordinality as k (key, direction, place)
                        order by k.place
                    ),
                    n.event_id
            ) as place
        from numbered as n
    )
    select
        json_agg(
            catalog.found_event_json(e, o.next_show_at, o.distance_km, o.show_ids)
            order by o.place
        ) filter (where o.place > (p_page - 1) * p_per_page and o.place <= p_page * p_per_page),
        count(*)
    into v_items, v_total
    from sorted as o
    inner join catalog.events as e
        on e.event_id = o.event_id;

    v_suggestion := case when p_spellcheck then catalog.suggest_words(v_q) end;
    if v_suggestion is null then
        return api.list(v_items, p_page, p_per_page, v_total);
    end if;
    return json_build_object(
        'items', coalesce(v_items, '[]'::json),
        'page', p_page,
        'per_page', p_per_page,
        'total', v_total,
        'suggestion', v_suggestion
    );
end;
$$;

comment on function api.search is 'Search for events with shows to come. city: a name; postal_code: the beginning of one will do; sort: relevance, name, date, distance, each with ,asc or ,desc, and combinations such as name,date,asc; suggestion: what a misspelling may have meant, with spellcheck=true.';
select api.add_route('GET', '/api/v1/search', 'api.search', cache_seconds => 10, lane => 'search', rate_class => 'search');
