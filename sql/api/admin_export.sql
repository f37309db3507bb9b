-- The catalogue and the reports as files, for spreadsheets and programs.

create or replace view catalog.export_cities as
select c.city_id, c.slug, c.name, c.name_zh, c.country, c.timezone, c.latitude, c.longitude
from catalog.cities as c
order by c.city_id;

comment on view catalog.export_cities is 'The cities, as they are exported.';

create or replace view catalog.export_venues as
select v.venue_id, v.city_id, c.slug as city_slug, v.name, v.name_zh, v.kind, v.address, v.postal_code, v.latitude, v.longitude
from catalog.venues as v
inner join catalog.cities as c
    on c.city_id = v.city_id
order by v.venue_id;

comment on view catalog.export_venues is 'The venues, as they are exported.';

create or replace view catalog.export_halls as
select h.hall_id, h.venue_id, v.name as venue_name, h.name, h.admission, h.capacity
from catalog.halls as h
inner join catalog.venues as v
    on v.venue_id = h.venue_id
order by h.hall_id;

comment on view catalog.export_halls is 'The halls, as they are exported; the seats of one are in GET /api/v1/admin/halls/{hall_id}.';

create or replace view catalog.export_events as
select
    e.event_id, e.kind, e.title, e.title_zh, e.description, e.description_zh, e.duration_minutes, e.rating,
    array_to_string(e.genres, '; ') as genres, array_to_string(e.people, '; ') as people, e.released_on, e.poster_url
from catalog.events as e
order by e.event_id;

comment on view catalog.export_events is 'The films and events, as they are exported; several genres or people stand in one field, with a semicolon between.';

create or replace view catalog.export_shows as
select
    s.show_id, s.event_id, e.title, s.venue_id, v.name as venue_name, s.hall_id, s.hall_name, api.rfc3339(s.starts_at) as starts_at,
    api.rfc3339(s.ends_at) as ends_at, s.timezone, s.admission, s.currency, s.status
from sales.shows as s
inner join catalog.events as e
    on e.event_id = s.event_id
inner join catalog.venues as v
    on v.venue_id = s.venue_id
where s.ends_at > now()
order by
    s.starts_at,
    s.show_id;

comment on view catalog.export_shows is 'The shows that are not over, as they are exported. Times are in UTC; timezone is the venue''s.';

create or replace function api.exported_relation(p_what text)
returns regclass
language sql
stable
as $$
-- What an export of this name reads: a view of the catalogue, or a report; null: there is none.
    select c.oid::regclass
    from pg_catalog.pg_class as c
    where c.relkind = 'v'
        and (
            (c.relnamespace = 'report'::regnamespace and c.relname = p_what)
            or (c.relnamespace = 'catalog'::regnamespace and c.relname = 'export_' || p_what)
        )
    order by c.relnamespace = 'catalog'::regnamespace desc
    limit 1;
$$;

create or replace function api.csv_field(p_text text)
returns text
language sql
immutable
parallel safe
as $$
-- A field of RFC 4180. What a spreadsheet would take for a formula gets an apostrophe in front; a number stays one.
    select case when f.field ~ '[",\n\r]' then '"' || replace(f.field, '"', '""') || '"' else f.field end
    from (
        select case when p_text ~ '^[-=+@\t\r]' and p_text !~ '^-?[0-9]+(\.[0-9]+)?$' then chr(39) || p_text else coalesce(p_text, '') end as field
    ) as f;
$$;

create or replace function api.columns_of(p_relation regclass)
returns text[]
language sql
stable
as $$
    select array_agg(a.attname::text order by a.attnum)
    from pg_catalog.pg_attribute as a
    where a.attrelid = p_relation
        and a.attnum > 0
        and not a.attisdropped;
$$;

create or replace function api.rows_of(
    p_relation regclass,
    p_limit bigint
)
returns setof json
language plpgsql
stable
as $$
-- Its rows, a report's by the first column; p_limit null: all.
begin
    return query execute format(
        'select to_json(r) from (select * from %s %s limit %s) as r',
        p_relation,
        case when p_relation::text like 'report.%' then 'order by 1' else '' end,
        coalesce(p_limit::text, 'all')
    );
end;
$$;

create or replace function api.export_text(
    p_relation regclass,
    p_format text
)
returns text
language plpgsql
stable
as $$
-- All rows in the format csv (with a header; lines end with CR LF), json (an array) or jsonl (an object a line).
declare
    v_columns text[] := api.columns_of(p_relation);
begin
    return case p_format
        when 'csv' then (
            select (select string_agg(api.csv_field(c), ',') from unnest(v_columns) as c)
                || e'\r\n' || coalesce(string_agg(l.line || e'\r\n', '' order by l.place), '')
            from (
                select
                    r.place,
                    (select string_agg(api.csv_field(f.value), ',' order by f.place) from json_each_text(r.exported) with ordinality as f (name, value, place)) as line
                from api.rows_of(p_relation, null) with ordinality as r (exported, place)
            ) as l
        )
        when 'json' then (
            select '[' || coalesce(string_agg(r.exported::text, e',\n' order by r.place), '') || e']\n'
            from api.rows_of(p_relation, null) with ordinality as r (exported, place)
        )
        else (
            select coalesce(string_agg(r.exported::text || e'\n', '' order by r.place), '')
            from api.rows_of(p_relation, null) with ordinality as r (exported, place)
        )
    end;
end;
$$;

create or replace function api.export_file(
    p_what text,
    p_format text
)
returns json
language plpgsql
stable
as $$
-- The answer `file`; null: there is nothing of that name. Raises invalid_request (format).
declare
    v_relation regclass := api.exported_relation(p_what);
begin
    if p_format not in ('csv', 'json', 'jsonl') then
        perform api.raise_invalid('format', 'A format is csv, json or jsonl.');
    elsif v_relation is null then
        return null;
    end if;
    return json_build_object(
        'content_type', case p_format
            when 'csv' then 'text/csv; charset=utf-8'
            when 'json' then 'application/json'
            else 'application/x-ndjson'
        end,
        'filename', p_what || '.' || p_format,
        'body', encode(convert_to(api.export_text(v_relation, p_format), 'UTF8'), 'base64')
    );
end;
$$;

create or replace function api.export(
    p_actor bigint,
    p_what text,
    p_format text default 'csv'
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.export_file(p_what, p_format);
$$;

comment on function api.export is 'All "cities", "venues", "halls", "events" or coming "shows", or a report by its name, as a file: "format" is csv (safe against formulas), json or jsonl.';
select api.add_route('GET', '/api/v1/admin/export/{what}', 'api.export', role => 'admin', answer => 'file', lane => 'search');
