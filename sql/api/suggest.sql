-- What somebody who is typing may mean: titles, people, venues and cities that begin with it.

create or replace function catalog.suggested_events(
    p_key text,
    p_city_id bigint,
    p_limit integer
)
returns table (
    event_id bigint,
    title text,
    title_zh text,
    kind text
)
language sql
stable
as $$
-- Events that play (in the city; null: anywhere) of which the title begins with p_key, of catalog.fold, then those of which a word does.
    select f.event_id, f.title, f.title_zh, f.kind
    from (
        select b.event_id, b.title, b.title_zh, b.kind, 0 as place
        from (
            select e.event_id, e.title, e.title_zh, e.kind
            from catalog.events as e
            where e.title_key ~>=~ p_key
                and e.title_key ~<~ (p_key || chr(1114111))
            order by e.title_key using operator(pg_catalog.~<~)
            limit 100
        ) as b
        union all
        select w.event_id, w.title, w.title_zh, w.kind, 1
        from (
            select e.event_id, e.title, e.title_zh, e.kind
            from catalog.events as e
            where e.words @@ catalog.words_query(p_key)
            limit 100
        ) as w
    ) as f
    inner join catalog.playing as p
        on p.event_id = f.event_id
        and p.city_id = coalesce(p_city_id, 0)
    group by
        f.event_id,
        f.title,
        f.title_zh,
        f.kind
    order by
        min(f.place),
        length(f.title),
        f.title,
        f.event_id
    limit p_limit;
$$;

create or replace function catalog.suggested_people(
    p_key text,
    p_limit integer
)
returns table (
    name text,
    title text
)
language sql
stable
as $$
-- People of whose name a word begins with p_key, of catalog.fold, each with the title of an event of theirs. Looked for in two hundred
-- events that fit.
    select u.name, min(e.title)
    from (
        select k.title, k.people
        from catalog.events as k
        where k.words @@ catalog.words_query(p_key)
        limit 200
    ) as e
    cross join lateral unnest(e.people) as u (name)
    where ' ' || catalog.fold(u.name) like '% ' || regexp_replace(p_key, '([\\%_])', '\\\1', 'g') || '%'
    group by u.name
    order by
        count(*) desc,
        u.name
    limit p_limit;
$$;

create or replace function catalog.suggested_places(
    p_key text,
    p_limit integer
)
returns table (
    city_id bigint,
    venue_id bigint
)
language sql
stable
as $$
-- Cities, then venues, of which a name or an alias begins with p_key, of catalog.plain.
    select f.city_id, f.venue_id
    from (
        (
            select c.city_id, null::bigint as venue_id
            from catalog.cities as c
            where c.name_key ~>=~ p_key
                and c.name_key ~<~ (p_key || chr(1114111))
            limit p_limit
        )
        union
        (
            select c.city_id, null
            from catalog.cities as c
            where c.name_zh_key ~>=~ p_key
                and c.name_zh_key ~<~ (p_key || chr(1114111))
            limit p_limit
        )
        union
        (
            select v.city_id, v.venue_id
            from catalog.venues as v
            where v.name_key ~>=~ p_key
                and v.name_key ~<~ (p_key || chr(1114111))
            limit p_limit
        )
        union
        (
            select v.city_id, v.venue_id
            from catalog.venues as v
            where v.name_zh_key ~>=~ p_key
                and v.name_zh_key ~<~ (p_key || chr(1114111))
            limit p_limit
        )
        union
        (
            select coalesce(a.city_id, v.city_id), a.venue_id
            from catalog.place_aliases as a
            left join catalog.venues as v
                on v.venue_id = a.venue_id
            where a.name_key ~>=~ p_key
                and a.name_key ~<~ (p_key || chr(1114111))
            limit p_limit
        )
    ) as f
    order by
        f.venue_id nulls first,
        f.city_id
    limit p_limit;
$$;

create or replace function api.suggest(
    p_q text,
    p_city_id bigint default null,
    p_lang text default null,
    p_language text default 'en'
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text := btrim(catalog.fold(p_q));
    v_language text := case when p_lang is null then p_language else account.checked_language('lang', p_lang) end;
begin
    if length(p_q) > 200 then
        perform api.raise_invalid('q', 'Search for at most 200 characters.');
    end if;
    if catalog.plain(v_key) = '' then
        return json_build_object('items', '[]'::json);
    end if;
    return (
        select json_build_object(
            'items',
            coalesce(
                json_agg(
                    json_build_object('kind', s.kind, 'id', s.id, 'title', s.title, 'subtitle', s.subtitle)
                    order by s.part, s.place
                ),
                '[]'
            )
        )
        from (
            select
                1 as part,
                row_number() over () as place,
                'event' as kind,
                to_json(e.event_id) as id,
                page.in_language(v_language, e.title, e.title_zh) as title,
                e.kind as subtitle
            from catalog.suggested_events(v_key, p_city_id, 5) as e
            union all
            select
                2,
                row_number() over (),
                case when p.venue_id is null then 'city' else 'venue' end,
                to_json(coalesce(p.venue_id, p.city_id)),
                coalesce(page.in_language(v_language, v.name, v.name_zh), page.in_language(v_language, c.name, c.name_zh)),
                case when p.venue_id is null then c.country else page.in_language(v_language, c.name, c.name_zh) end
            from catalog.suggested_places(catalog.plain(v_key), 3) as p
            inner join catalog.cities as c
                on c.city_id = p.city_id
            left join catalog.venues as v
                on v.venue_id = p.venue_id
            union all
            select
                3,
                row_number() over (),
                'person',
                to_json(u.name),
                u.name,
                u.title
            from catalog.suggested_people(v_key, 3) as u
        ) as s
    );
end;
$$;

comment on function api.suggest is 'What the beginning of a search may mean: events that play, cities and venues, people; at most eleven. kind: event, city, venue or person; id: theirs, of a person the name; subtitle: an event''s category, a city''s country, a venue''s city, a title of a person.';
select api.add_route('GET', '/api/v1/suggest', 'api.suggest', cache_seconds => 60, rate_class => 'search');
