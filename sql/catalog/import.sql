-- The catalogue from a document or from CSV, all or nothing. What is there already is found by what people know it by, since ids differ
-- from one installation to the next: a city by its slug, a venue by its name in the city, a hall by its name in the venue, an event by
-- kind and title, a show by event, hall and start.

create or replace function catalog.import_fields(p_what text)
returns text[]
language sql
immutable
as $$
-- The fields that an item may have; null: nothing of that name is imported.
    select case p_what
        when 'cities' then array['slug', 'name', 'name_zh', 'country', 'timezone', 'latitude', 'longitude']
        when 'venues' then array['city', 'name', 'name_zh', 'kind', 'address', 'postal_code', 'latitude', 'longitude']
        when 'halls' then array['city', 'venue', 'name', 'rows', 'places', 'cleaning_minutes']
        when 'events' then array[
            'kind', 'title', 'title_zh', 'description', 'description_zh', 'duration_minutes', 'rating', 'genres', 'people', 'released_on', 'poster_url'
        ]
        when 'shows' then array['city', 'venue', 'hall', 'kind', 'event', 'starts_at', 'prices', 'currency', 'status', 'sale_starts_at']
    end;
$$;

create or replace function catalog.import_text(
    p_item jsonb,
    p_field text,
    p_is_needed boolean default false
)
returns text
language plpgsql
stable
as $$
-- A field as text; null: it is missing. Raises invalid_request.
begin
    if p_is_needed and p_item ->> p_field is null then
        perform api.raise_invalid(p_field, 'It is missing.');
    elsif jsonb_typeof(p_item -> p_field) in ('object', 'array') then
        perform api.raise_invalid(p_field, 'It is a text.');
    end if;
    return p_item ->> p_field;
end;
$$;

create or replace function catalog.import_number(
    p_item jsonb,
    p_field text,
    p_is_needed boolean default false
)
returns double precision
language plpgsql
stable
as $$
-- A field as a number, which CSV has as text. Raises invalid_request.
declare
    v_text text := catalog.import_text(p_item, p_field, p_is_needed);
begin
    if v_text !~ '^-?[0-9]{1,9}(\.[0-9]{1,15})?$' then
        perform api.raise_invalid(p_field, 'It is a number.');
    end if;
    return v_text::double precision;
end;
$$;

create or replace function catalog.import_whole(
    p_item jsonb,
    p_field text,
    p_is_needed boolean default false
)
returns integer
language plpgsql
stable
as $$
-- A field as a whole number. Raises invalid_request.
declare
    v_number double precision := catalog.import_number(p_item, p_field, p_is_needed);
begin
    if v_number <> trunc(v_number) then
        perform api.raise_invalid(p_field, 'It is a whole number.');
    end if;
    return v_number::integer;
end;
$$;

create or replace function catalog.import_time(
    p_item jsonb,
    p_field text,
    p_is_needed boolean default false
)
returns timestamptz
language plpgsql
stable
as $$
-- A field as a time of RFC 3339, with its offset. Raises invalid_request.
declare
    v_text text := catalog.import_text(p_item, p_field, p_is_needed);
begin
    if v_text !~ '^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$' then
        perform api.raise_invalid(p_field, 'A time has its offset, for example 2030-01-31T20:00:00+01:00.');
    end if;
    return v_text::timestamptz;
exception
    when datetime_field_overflow then
        perform api.raise_invalid(p_field, 'There is no such time.');
        return null;
end;
$$;

create or replace function catalog.import_texts(
    p_item jsonb,
    p_field text
)
returns text[]
language plpgsql
stable
as $$
-- A field as texts: an array, or in CSV one text with semicolons between them. Raises invalid_request.
begin
    return case jsonb_typeof(p_item -> p_field)
        when 'array' then (select coalesce(array_agg(e.value order by e.place), '{}') from jsonb_array_elements_text(p_item -> p_field) with ordinality as e (value, place))
        else (
            select array_agg(btrim(t.value) order by t.place)
            from regexp_split_to_table(catalog.import_text(p_item, p_field), ';') with ordinality as t (value, place)
            where btrim(t.value) <> ''
        )
    end;
end;
$$;

create or replace function catalog.import_prices(p_item jsonb)
returns jsonb
language plpgsql
stable
as $$
-- {"standard": 1200}, or in CSV standard=1200; premium=1500. Raises invalid_request (prices).
declare
    v_text text;
begin
    if jsonb_typeof(p_item -> 'prices') = 'object' then
        return p_item -> 'prices';
    end if;
    v_text := catalog.import_text(p_item, 'prices', true);
    if v_text !~ '^\s*[a-z][a-z0-9_]*\s*=\s*[0-9]{1,12}\s*(;\s*[a-z][a-z0-9_]*\s*=\s*[0-9]{1,12}\s*)*;?\s*$' then
        perform api.raise_invalid('prices', 'Prices are in minor units by tier, for example standard=1200; premium=1500.');
    end if;
    return (
        select jsonb_object_agg(m.pair[1], m.pair[2]::bigint)
        from regexp_matches(v_text, '([a-z][a-z0-9_]*)\s*=\s*([0-9]+)', 'g') as m (pair)
    );
end;
$$;

create or replace function catalog.import_rows(p_item jsonb)
returns jsonb
language plpgsql
stable
as $$
-- A hall's rows; in CSV the same as JSON in one field; null: it has none. Raises invalid_request (rows).
begin
    return case jsonb_typeof(p_item -> 'rows')
        when 'null' then null
        when 'string' then (p_item ->> 'rows')::jsonb
        else p_item -> 'rows'
    end;
exception
    when invalid_text_representation then
        perform api.raise_invalid('rows', 'Rows are [{"row": "A", "seats": 14}, …].');
        return null;
end;
$$;

create or replace function catalog.imported_city(p_item jsonb)
returns bigint
language plpgsql
stable
as $$
-- The city that an item names by its slug. Raises invalid_request (city).
declare
    v_city text := catalog.import_text(p_item, 'city', true);
    v_city_id bigint;
begin
    select c.city_id
    into v_city_id
    from catalog.cities as c
    where c.slug = v_city;
    if v_city_id is null then
        perform api.raise_invalid('city', 'There is no city of that slug.');
    end if;
    return v_city_id;
end;
$$;

create or replace function catalog.imported_venue(
    p_item jsonb,
    p_name_field text
)
returns bigint
language plpgsql
stable
as $$
-- The venue that an item names by its city's slug and its own name. Raises invalid_request (city, or p_name_field).
declare
    v_name text := catalog.import_text(p_item, p_name_field, true);
    v_city_id bigint := catalog.imported_city(p_item);
    v_venue_id bigint;
begin
    select v.venue_id
    into v_venue_id
    from catalog.venues as v
    where v.city_id = v_city_id
        and v.name = v_name;
    if v_venue_id is null then
        perform api.raise_invalid(p_name_field, 'The city has no venue of that name.');
    end if;
    return v_venue_id;
end;
$$;

create or replace function catalog.import_city(
    p_actor bigint,
    p_item jsonb
)
returns text
language plpgsql
as $$
-- Each of these returns created, updated or unchanged, and raises what making or changing such a thing does.
declare
    v_slug text := catalog.import_text(p_item, 'slug', true);
    v_city_id bigint;
begin
    select c.city_id
    into v_city_id
    from catalog.cities as c
    where c.slug = v_slug;
    if v_city_id is null then
        perform api.create_city(
            p_actor, catalog.import_text(p_item, 'name', true), catalog.import_text(p_item, 'country', true),
            catalog.import_text(p_item, 'timezone', true), catalog.import_number(p_item, 'latitude', true),
            catalog.import_number(p_item, 'longitude', true), v_slug, catalog.import_text(p_item, 'name_zh')
        );
        return 'created';
    end if;
    perform api.update_city(
        p_actor, v_city_id, catalog.import_text(p_item, 'name'), catalog.import_text(p_item, 'country'), catalog.import_text(p_item, 'timezone'),
        catalog.import_number(p_item, 'latitude'), catalog.import_number(p_item, 'longitude'), p_name_zh => catalog.import_text(p_item, 'name_zh')
    );
    return 'updated';
end;
$$;

create or replace function catalog.import_venue(
    p_actor bigint,
    p_item jsonb
)
returns text
language plpgsql
as $$
declare
    v_name text := catalog.import_text(p_item, 'name', true);
    v_city_id bigint := catalog.imported_city(p_item);
    v_venue_id bigint;
begin
    select v.venue_id
    into v_venue_id
    from catalog.venues as v
    where v.city_id = v_city_id
        and v.name = v_name;
    if v_venue_id is null then
        perform api.create_venue(
            p_actor, v_city_id, v_name, catalog.import_text(p_item, 'address', true), catalog.import_number(p_item, 'latitude', true),
            catalog.import_number(p_item, 'longitude', true), coalesce(catalog.import_text(p_item, 'kind'), 'cinema'),
            catalog.import_text(p_item, 'name_zh'), catalog.import_text(p_item, 'postal_code')
        );
        return 'created';
    end if;
    perform api.update_venue(
        p_actor, v_venue_id, p_address => catalog.import_text(p_item, 'address'), p_latitude => catalog.import_number(p_item, 'latitude'),
        p_longitude => catalog.import_number(p_item, 'longitude'), p_kind => catalog.import_text(p_item, 'kind'),
        p_name_zh => catalog.import_text(p_item, 'name_zh'), p_postal_code => catalog.import_text(p_item, 'postal_code')
    );
    return 'updated';
end;
$$;

create or replace function catalog.import_hall(
    p_actor bigint,
    p_item jsonb
)
returns text
language plpgsql
as $$
-- A hall that is there keeps its seats: shows are sold by them. Raises invalid_request (places or rows) where it would have others.
declare
    v_name text := catalog.import_text(p_item, 'name', true);
    v_venue_id bigint := catalog.imported_venue(p_item, 'venue');
    v_hall record;
    v_rows jsonb := catalog.import_rows(p_item);
    v_places integer := catalog.import_whole(p_item, 'places');
begin
    select h.hall_id, h.capacity
    into v_hall
    from catalog.halls as h
    where h.venue_id = v_venue_id
        and h.name = v_name;
    if v_hall.hall_id is null then
        perform api.create_hall(
            p_actor, v_venue_id, v_name, v_rows, v_places, catalog.import_whole(p_item, 'cleaning_minutes')
        );
        return 'created';
    elsif v_hall.capacity <> catalog.checked_capacity(v_rows, v_places) then
        perform api.raise_invalid(
            case when p_item ? 'rows' then 'rows' else 'places' end, format('The hall is there already, with %s seats; they are not changed.', v_hall.capacity)
        );
    end if;
    return 'unchanged';
end;
$$;

create or replace function catalog.import_event(
    p_actor bigint,
    p_item jsonb
)
returns text
language plpgsql
as $$
declare
    v_kind text := catalog.import_text(p_item, 'kind', true);
    v_title text := catalog.import_text(p_item, 'title', true);
    v_event_id bigint;
    v_released_on text := catalog.import_text(p_item, 'released_on');
begin
    if v_released_on !~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$' then
        perform api.raise_invalid('released_on', 'A date is YYYY-MM-DD.');
    end if;
    select min(e.event_id)
    into v_event_id
    from catalog.events as e
    where e.kind = v_kind
        and e.title = v_title;
    if v_event_id is null then
        perform api.create_event(
            p_actor, v_kind, v_title, catalog.import_whole(p_item, 'duration_minutes', true),
            catalog.import_text(p_item, 'title_zh'), coalesce(catalog.import_text(p_item, 'description'), ''),
            catalog.import_text(p_item, 'description_zh'), catalog.import_text(p_item, 'rating'),
            coalesce(catalog.import_texts(p_item, 'genres'), '{}'), coalesce(catalog.import_texts(p_item, 'people'), '{}'),
            v_released_on::date, catalog.import_text(p_item, 'poster_url')
        );
        return 'created';
    end if;
    perform api.update_event(
        p_actor, v_event_id, p_duration_minutes => catalog.import_whole(p_item, 'duration_minutes'),
        p_title_zh => catalog.import_text(p_item, 'title_zh'), p_description => catalog.import_text(p_item, 'description'),
        p_description_zh => catalog.import_text(p_item, 'description_zh'), p_rating => catalog.import_text(p_item, 'rating'),
        p_genres => catalog.import_texts(p_item, 'genres'), p_people => catalog.import_texts(p_item, 'people'),
        p_released_on => v_released_on::date, p_poster_url => catalog.import_text(p_item, 'poster_url')
    );
    return 'updated';
end;
$$;

create or replace function catalog.import_show(
    p_actor bigint,
    p_item jsonb
)
returns text
language plpgsql
as $$
-- Without "kind" the event's title alone has to do.
declare
    v_hall text := catalog.import_text(p_item, 'hall', true);
    v_title text := catalog.import_text(p_item, 'event', true);
    v_venue_id bigint := catalog.imported_venue(p_item, 'venue');
    v_starts_at timestamptz := catalog.import_time(p_item, 'starts_at', true);
    v_kind text := catalog.import_text(p_item, 'kind');
    v_hall_id bigint;
    v_event_id bigint;
begin
    select h.hall_id
    into v_hall_id
    from catalog.halls as h
    where h.venue_id = v_venue_id
        and h.name = v_hall;
    if v_hall_id is null then
        perform api.raise_invalid('hall', 'The venue has no hall of that name.');
    end if;
    select min(e.event_id)
    into v_event_id
    from catalog.events as e
    where e.title = v_title
        and (v_kind is null or e.kind = v_kind);
    if v_event_id is null then
        perform api.raise_invalid('event', 'There is no event of that title.');
    end if;
    perform
    from sales.shows as s
    where s.hall_id = v_hall_id
        and s.event_id = v_event_id
        and s.starts_at = v_starts_at
        and s.status <> 'cancelled';
    if found then
        return 'unchanged';
    end if;
    perform api.create_show(
        p_actor, v_event_id, v_hall_id, v_starts_at, catalog.import_prices(p_item), catalog.import_text(p_item, 'currency', true),
        coalesce(catalog.import_text(p_item, 'status'), 'on_sale'), catalog.import_time(p_item, 'sale_starts_at')
    );
    return 'created';
end;
$$;

create or replace function catalog.import_item(
    p_actor bigint,
    p_what text,
    p_item jsonb
)
returns text
language plpgsql
as $$
declare
    v_unknown text;
begin
    if jsonb_typeof(p_item) <> 'object' then
        perform api.raise_invalid(p_what, 'Each is an object.');
    end if;
    select min(k.name)
    into v_unknown
    from jsonb_object_keys(p_item) as k (name)
    where k.name <> all (catalog.import_fields(p_what));
    if v_unknown is not null then
        perform api.raise_invalid(v_unknown, format('There is no such field; there are %s.', array_to_string(catalog.import_fields(p_what), ', ')));
    end if;
    return case p_what
        when 'cities' then catalog.import_city(p_actor, p_item)
        when 'venues' then catalog.import_venue(p_actor, p_item)
        when 'halls' then catalog.import_hall(p_actor, p_item)
        when 'events' then catalog.import_event(p_actor, p_item)
        when 'shows' then catalog.import_show(p_actor, p_item)
    end;
end;
$$;

create or replace function catalog.csv_records(p_text text)
returns table (
    line bigint,
    fields text[],
    length bigint
)
language sql
immutable
as $$
-- The records of RFC 4180, each with the line where it begins and how many characters it takes. Empty lines are none.
    with pieces as (
        select
            m.piece[1] as field,
            m.piece[2] as ending,
            m.place,
            length(m.piece[1] || m.piece[2]) as length,
            length(m.piece[1] || m.piece[2]) - length(replace(m.piece[1] || m.piece[2], e'\n', '')) as line_count
        from regexp_matches(p_text, '("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|$)', 'g') with ordinality as m (piece, place)
    ),
    numbered as (
        select
            p.*,
            1 + coalesce(sum(p.line_count) over (order by p.place rows between unbounded preceding and 1 preceding), 0) as line,
            coalesce(sum((p.ending <> ',')::integer) over (order by p.place rows between unbounded preceding and 1 preceding), 0) as record
        from pieces as p
    )
    select
        min(n.line),
        array_agg(case when n.field like '"%' then replace(substr(n.field, 2, length(n.field) - 2), '""', '"') else n.field end order by n.place),
        sum(n.length)
    from numbered as n
    group by n.record
    order by n.record;
$$;

create or replace function catalog.csv_items(
    p_what text,
    p_text text
)
returns table (
    line bigint,
    item jsonb
)
language plpgsql
stable
as $$
-- What follows the header, an empty field being as none. Raises invalid_request (body).
declare
    v_text text := ltrim(p_text, chr(65279));
    v_header text[];
    v_length bigint;
    v_wrong bigint;
    v_unknown text;
begin
    select r.fields
    into v_header
    from catalog.csv_records(v_text) as r
    order by r.line
    limit 1;
    select
        sum(r.length),
        min(r.line) filter (where cardinality(r.fields) <> cardinality(v_header) and r.fields <> '{""}')
    into v_length, v_wrong
    from catalog.csv_records(v_text) as r;

    select min(n.name)
    into v_unknown
    from unnest(v_header) as n (name)
    where n.name <> all (catalog.import_fields(p_what));
    if v_unknown is not null then
        perform api.raise(
            'invalid_request',
            jsonb_build_object('field', 'body', 'faults', json_build_array(json_build_object('list', p_what, 'line', 1, 'field', v_unknown))),
            format('The first line names the fields; there is no "%s", there are %s.', left(v_unknown, 100), array_to_string(catalog.import_fields(p_what), ', '))
        );
    elsif v_length <> length(v_text) then
        perform api.raise_invalid('body', 'The CSV has a quotation mark in the wrong place.');
    elsif v_wrong is not null then
        perform api.raise(
            'invalid_request',
            jsonb_build_object('field', 'body', 'faults', json_build_array(json_build_object('list', p_what, 'line', v_wrong))),
            format('Line %s has not as many fields as the first.', v_wrong)
        );
    end if;

    return query
    select
        r.line,
        (
            select coalesce(jsonb_object_agg(v_header[f.place], f.field) filter (where f.field <> ''), '{}')
            from unnest(r.fields) with ordinality as f (field, place)
        )
    from catalog.csv_records(v_text) as r
    where r.fields <> '{""}'
    order by r.line
    offset 1;
end;
$$;

create or replace function catalog.json_items(p_text text)
returns table (
    list text,
    place bigint,
    item jsonb
)
language plpgsql
stable
as $$
-- The items of a document {"cities": [], "venues": [], "halls": [], "events": [], "shows": []} in the order in which they need each
-- other, each with its place in its list. Raises invalid_request (body, or the list).
declare
    v_document json;
    v_fault text;
    v_list text;
begin
    begin
        v_document := p_text::json;
    exception
        when invalid_text_representation or untranslatable_character then
            get stacked diagnostics v_fault = pg_exception_context;
            v_fault := coalesce(substring(v_fault from 'JSON data, line ([0-9]+)'), '1');
            perform api.raise(
                'invalid_request',
                jsonb_build_object('field', 'body', 'faults', json_build_array(json_build_object('line', v_fault::bigint))),
                format('The body is no JSON: line %s.', v_fault)
            );
    end;
    if json_typeof(v_document) <> 'object' then
        perform api.raise_invalid('body', 'The document is an object of lists: cities, venues, halls, events, shows.');
    end if;
    for v_list in select k.name from json_object_keys(v_document) as k (name) loop
        if catalog.import_fields(v_list) is null then
            perform api.raise_invalid(v_list, 'There is no such list; there are cities, venues, halls, events and shows.');
        elsif json_typeof(v_document -> v_list) <> 'array' then
            perform api.raise_invalid(v_list, 'It is a list.');
        end if;
    end loop;

    return query
    select
        l.list,
        e.place,
        e.value::jsonb
    from unnest(array['cities', 'venues', 'halls', 'events', 'shows']) with ordinality as l (list, place)
    cross join lateral json_array_elements(v_document -> l.list) with ordinality as e (value, place)
    order by
        l.place,
        e.place;
end;
$$;

create or replace function catalog.line_of(
    p_text text,
    p_list text,
    p_place bigint
)
returns bigint
language sql
stable
as $$
-- The line of a JSON document where the item at this place of a list begins; of two items that read the same, the first's.
    select 1 + length(b.before) - length(replace(b.before, e'\n', ''))
    from (
        select left(p_text, greatest(position(e.value::text in p_text) - 1, 0)) as before
        from json_array_elements(p_text::json -> p_list) with ordinality as e (value, place)
        where e.place = p_place
    ) as b;
$$;

create or replace function catalog.import(
    p_actor bigint,
    p_text text,
    p_what text,
    p_is_dry_run boolean
)
returns json
language plpgsql
as $$
-- p_what: the list that the CSV p_text is; null: p_text is a JSON document of lists. Returns {"dry_run", "created", "updated", "unchanged"},
-- the latter three by list. Raises invalid_request with "faults", a hundred at most: [{"list", "line", "field", "detail"}]; then nothing
-- was imported.
declare
    c_max_faults constant integer := 100;
    v_item record;
    v_outcome text;
    v_counts jsonb := jsonb '{"created": {}, "updated": {}, "unchanged": {}}';
    v_faults jsonb := jsonb '[]';
    v_detail text;
    v_message text;
begin
    if p_what is not null and catalog.import_fields(p_what) is null then
        perform api.raise_invalid('what', 'It is cities, venues, halls, events or shows.');
    end if;
    begin
        for v_item in
            select c.line as place, p_what as list, c.item from catalog.csv_items(p_what, p_text) as c where p_what is not null
            union all
            select j.place, j.list, j.item from catalog.json_items(p_text) as j where p_what is null
        loop
            begin
                v_outcome := catalog.import_item(p_actor, v_item.list, v_item.item);
                v_counts := jsonb_set(
                    v_counts, array[v_outcome, v_item.list], to_jsonb(coalesce((v_counts #>> array[v_outcome, v_item.list])::bigint, 0) + 1)
                );
            exception
                when others then
                    get stacked diagnostics
                        v_detail = pg_exception_detail,
                        v_message = message_text;
                    -- A refusal, or a value that PostgreSQL cannot read; anything else is our own fault.
                    if sqlstate !~ '^(BX|22)' then
                        raise;
                    elsif sqlstate like '22%' then
                        v_detail := '{}';
                    end if;
                    v_faults := v_faults || jsonb_build_object(
                        'list', v_item.list,
                        'line', case when p_what is null then catalog.line_of(p_text, v_item.list, v_item.place) else v_item.place end,
                        'field', v_detail::jsonb ->> 'field',
                        'detail', v_message
                    );
                    exit when jsonb_array_length(v_faults) >= c_max_faults;
            end;
        end loop;
        if v_faults <> '[]' then
            perform api.raise(
                'invalid_request',
                jsonb_build_object('field', 'body', 'faults', v_faults),
                format(
                    'Nothing was imported: line %s of %s: %s',
                    v_faults #>> '{0,line}', v_faults #>> '{0,list}', v_faults #>> '{0,detail}'
                )
            );
        elsif p_is_dry_run then
            raise exception using errcode = 'BXDRY', message = 'a dry run';
        end if;
    exception
        when sqlstate 'BXDRY' then
            null;
    end;
    return (jsonb_build_object('dry_run', p_is_dry_run) || v_counts)::json;
end;
$$;

create or replace function catalog.import_on_console(
    p_text text,
    p_what text,
    p_is_dry_run boolean
)
returns setof text
language plpgsql
as $$
-- For ./boxoffice import: catalog.import as lines to read; the first begins with "nothing" if there are faults.
declare
    v_answer json;
    v_detail text;
    v_message text;
begin
    v_answer := catalog.import(null, p_text, p_what, p_is_dry_run);
    return query
    select format('%s %s: %s', o.outcome, c.key, c.value)
    from unnest(array['created', 'updated', 'unchanged']) with ordinality as o (outcome, place)
    cross join lateral json_each_text(v_answer -> o.outcome) as c
    order by
        o.place,
        c.key;
exception
    when sqlstate 'BX400' then
        get stacked diagnostics
            v_detail = pg_exception_detail,
            v_message = message_text;
        return next 'nothing was imported';
        return query
        select concat_ws(': ', concat_ws(' ', f.value ->> 'list', 'line', f.value ->> 'line'), f.value ->> 'field', coalesce(f.value ->> 'detail', v_message))
        from jsonb_array_elements(coalesce(v_detail::jsonb -> 'faults', jsonb_build_array(v_detail::jsonb))) as f;
end;
$$;
