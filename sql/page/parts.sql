-- What pages are made of: addresses, names in the reader's language, posters, days, a show's head. Models follow
-- server/render/renderer.hpp; a time is what page.at makes of it.

-- Nothing depends on functions of this schema, so they are made anew: one that changed its shape, or is gone, leaves nothing.
do $$
declare
    v_function regprocedure;
begin
    for v_function in
        select f.oid
        from pg_catalog.pg_proc as f
        where f.pronamespace = 'page'::regnamespace
    loop
        execute format('drop function %s', v_function);
    end loop;
end;
$$;

create or replace function page.encode(p_text text)
returns text
language sql
immutable
strict
parallel safe
as $$
-- Percent-encoded (RFC 3986), for a query's names and values.
    select coalesce(
        string_agg(
            case
                when c.letter ~ '[A-Za-z0-9_.~-]' then c.letter
                else upper(regexp_replace(encode(convert_to(c.letter, 'UTF8'), 'hex'), '(..)', '%\1', 'g'))
            end,
            ''
            order by c.place
        ),
        ''
    )
    from regexp_split_to_table(p_text, '') with ordinality as c (letter, place);
$$;

create or replace function page.link(
    p_path text,
    variadic p_fields text[] default '{}'
)
returns text
language sql
immutable
parallel safe
as $$
-- The path with a query of name, value, name, value …; fields whose value is null or empty are left out.
    select p_path || coalesce(
        '?' || string_agg(page.encode(p_fields[i]) || '=' || page.encode(p_fields[i + 1]), '&' order by i),
        ''
    )
    from generate_series(1, cardinality(p_fields), 2) as i
    where p_fields[i + 1] <> '';
$$;

create or replace function page.local_path(p_path text)
returns text
language sql
immutable
parallel safe
as $$
-- The path, if it leads nowhere but on this site; else the front page.
    select case when p_path ~ '^/([!-.0-\[\]-~][!-\[\]-~]*)?$' then p_path else '/' end;
$$;

create or replace function page.in_language(
    p_language text,
    p_text text,
    p_text_zh text
)
returns text
language sql
immutable
parallel safe
as $$
-- The Chinese text for readers of Chinese, where there is one.
    select case when p_language = 'zh' then coalesce(p_text_zh, p_text) else p_text end;
$$;

create or replace function page.at(
    p_at timestamptz,
    p_zone text
)
returns json
language sql
stable
parallel safe
as $$
-- A time as pages, mails and tickets print it: {"at": RFC 3339, "zone": IANA name, "local": what the clock says there}.
    select case when p_at is not null then json_build_object(
        'at', api.rfc3339(p_at),
        'zone', p_zone,
        'local', to_char(p_at at time zone p_zone, 'YYYY-MM-DD"T"HH24:MI:SS')
    ) end;
$$;

create or replace function page.palette(p_title text)
returns integer
language sql
immutable
parallel safe
as $$
-- The colours of the poster: one of .p0 to .p11 in templates/static/posters.css, always the same for a title.
    select get_byte(decode(md5(p_title), 'hex'), 0) % 12;
$$;

create or replace function page.motif(p_title text)
returns integer
language sql
immutable
parallel safe
as $$
-- What is drawn on the poster: one of .m0 to .m7, as page.palette.
    select get_byte(decode(md5(p_title), 'hex'), 1) % 8;
$$;

create or replace function page.event_card(
    p_event catalog.events,
    p_language text,
    p_next_show_at timestamptz,
    p_zone text,
    p_city_slug text
)
returns json
language sql
stable
as $$
-- An event as templates/_event_card.tpl shows it. p_next_show_at and p_city_slug may be null.
    select json_build_object(
        'event_id', p_event.event_id,
        'kind', p_event.kind,
        'title', page.in_language(p_language, p_event.title, p_event.title_zh),
        'duration_minutes', p_event.duration_minutes,
        'rating', p_event.rating,
        'palette', page.palette(p_event.title),
        'motif', page.motif(p_event.title),
        'next_show_at', page.at(p_next_show_at, p_zone),
        'city_slug', p_city_slug
    );
$$;

create or replace function page.days(
    p_days date[],
    p_chosen date,
    p_zone text
)
returns json
language sql
stable
as $$
-- The days to choose from, as templates/_day.tpl shows them, in order; null: none.
    select json_agg(
        json_build_object(
            'day', d.day,
            'weekday', extract(isodow from d.day),
            'day_number', extract(day from d.day),
            'month', extract(month from d.day),
            'is_today', d.day = (now() at time zone p_zone)::date,
            'is_chosen', coalesce(d.day = p_chosen, false)
        )
        order by d.day
    )
    from unnest(p_days) as d (day);
$$;

create or replace function page.kinds(
    p_kinds text[],
    p_chosen text
)
returns json
language sql
stable
as $$
-- The kinds of events to choose from, always in the same order.
    select json_agg(
        json_build_object('this_kind', k.kind, 'is_chosen', coalesce(k.kind = p_chosen, false))
        order by k.place
    )
    from unnest(array['film', 'concert', 'play', 'match', 'talk', 'festival']) with ordinality as k (kind, place)
    where k.kind = any (p_kinds);
$$;

create or replace function page.pages(
    p_list json,
    p_path text,
    variadic p_fields text[] default '{}'
)
returns json
language sql
stable
as $$
-- The way to the pages before and after that of an api.list; null when it has only one.
    select case
        when l.page_count > 1
            then json_build_object(
                'page', l.page,
                'page_count', l.page_count,
                'previous', case
                    when l.page > 1 then page.link(p_path, variadic p_fields || array['page', (l.page - 1)::text])
                end,
                'next', case
                    when l.page < l.page_count
                        then page.link(p_path, variadic p_fields || array['page', (l.page + 1)::text])
                end
            )
    end
    from (
        select
            (p_list ->> 'page')::bigint as page,
            ceil((p_list ->> 'total')::numeric / (p_list ->> 'per_page')::numeric)::bigint as page_count
    ) as l;
$$;

create or replace function page.show_head(
    p_show_id bigint,
    p_language text
)
returns json
language plpgsql
stable
as $$
-- What a reader needs to know of a show wherever it is named: {"show_id", "event_id", "kind", "title", "palette", "motif",
-- "starts_at", "venue_id", "venue_name", "address", "hall_name", "city_name", "city_slug", "admission"}.
begin
    return (
        select json_build_object(
            'show_id', s.show_id,
            'event_id', s.event_id,
            'kind', e.kind,
            'title', page.in_language(p_language, e.title, e.title_zh),
            'palette', page.palette(e.title),
            'motif', page.motif(e.title),
            'starts_at', page.at(s.starts_at, c.timezone),
            'venue_id', v.venue_id,
            'venue_name', page.in_language(p_language, v.name, v.name_zh),
            'address', v.address,
            'hall_name', h.name,
            'city_name', page.in_language(p_language, c.name, c.name_zh),
            'city_slug', c.slug,
            'admission', s.admission
        )
        from sales.shows as s
        inner join catalog.events as e
            on e.event_id = s.event_id
        inner join catalog.halls as h
            on h.hall_id = s.hall_id
        inner join catalog.venues as v
            on v.venue_id = s.venue_id
        inner join catalog.cities as c
            on c.city_id = s.city_id
        where s.show_id = p_show_id
    );
end;
$$;

create or replace function page.availability(
    p_status text,
    p_available bigint
)
returns text
language sql
immutable
parallel safe
as $$
-- How a show's seats are spoken of in a list; p_status: of sales.show_status. Up to fifteen free seats are "few".
    select case when p_status <> 'on_sale' then p_status when p_available <= 15 then 'few' else 'plenty' end;
$$;

create or replace function page.seats_of(
    p_show_id bigint,
    p_seats json
)
returns json
language sql
stable
as $$
-- What a booking with the seats p_seats has, in brief: {"seat_list": "C-7, C-8"}, or where places are all alike {"places": 2}.
    select case s.admission
        when 'general' then json_build_object('places', json_array_length(p_seats), 'seat_list', null)
        else json_build_object(
            'places', null,
            'seat_list', (
                select string_agg(b.value ->> 'seat', ', ' order by b.place)
                from json_array_elements(p_seats) with ordinality as b (value, place)
            )
        )
    end
    from sales.shows as s
    where s.show_id = p_show_id;
$$;
