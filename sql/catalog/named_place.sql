-- A city or venue that a query names: "batman london" is batman in London.

create or replace function catalog.places_named(p_keys text[])
returns table (
    name_key text,
    city_id bigint,
    venue_id bigint
)
language sql
stable
as $$
-- The cities (city_id alone) and venues (both) that have one of these folded names, an alias or a name in Chinese among them.
    select c.name_key, c.city_id, null::bigint
    from catalog.cities as c
    where c.name_key = any (p_keys)
    union all
    select c.name_zh_key, c.city_id, null
    from catalog.cities as c
    where c.name_zh_key = any (p_keys)
    union all
    select v.name_key, v.city_id, v.venue_id
    from catalog.venues as v
    where v.name_key = any (p_keys)
    union all
    select v.name_zh_key, v.city_id, v.venue_id
    from catalog.venues as v
    where v.name_zh_key = any (p_keys)
    union all
    select a.name_key, coalesce(a.city_id, v.city_id), a.venue_id
    from catalog.place_aliases as a
    left join catalog.venues as v
        on v.venue_id = a.venue_id
    where a.name_key = any (p_keys);
$$;

create or replace function catalog.named_place(
    p_q text,
    out city_id bigint,
    out venue_ids bigint[],
    out name text,
    out rest text
)
language plpgsql
stable
as $$
-- The city or venues whose name p_q begins or ends with, the longest first, and the rest of p_q (null: nothing). A city goes before
-- venues of the same name,. All null: p_q names none. What an event is called
-- in full is the event: p_q that is a title names no place.
declare
    v_words text[] := string_to_array(catalog.plain(catalog.fold(p_q)), ' ');
    v_count integer := coalesce(cardinality(v_words), 0);
    v_found record;
begin
    if v_count = 0 or v_count > 20 or exists (select from catalog.events as e where e.title_key = catalog.fold(p_q)) then
        return;
    end if;
    select
        k.name_key,
        k.first,
        k.last,
        min(p.city_id) filter (where p.venue_id is null) as city_id,
        array_agg(p.venue_id order by p.venue_id) as venue_ids
    into v_found
    from (
        select
            array_to_string(v_words[n.first:n.last], ' ') as name_key,
            n.first,
            n.last
        from (
            select 1 as first, l as last
            from generate_series(1, v_count) as l
            union
            select f, v_count
            from generate_series(1, v_count) as f
        ) as n
    ) as k
    inner join catalog.places_named(
        array(
            select array_to_string(v_words[1:l], ' ') from generate_series(1, v_count) as l
            union
            select array_to_string(v_words[f:v_count], ' ') from generate_series(1, v_count) as f
        )
    ) as p
        on p.name_key = k.name_key
    group by
        k.name_key,
        k.first,
        k.last
    order by
        length(k.name_key) desc,
        k.first
    limit 1;
    if v_found.name_key is null then
        return;
    end if;

    city_id := v_found.city_id;
    venue_ids := case when city_id is null then v_found.venue_ids end;
    name := coalesce(
        (select c.name from catalog.cities as c where c.city_id = named_place.city_id),
        (select v.name from catalog.venues as v where v.venue_id = venue_ids[1])
    );
    rest := nullif(array_to_string(v_words[1:v_found.first - 1] || v_words[v_found.last + 1:], ' '), '');
end;
$$;

create or replace function catalog.place_beginning(
    p_q text,
    out city_id bigint,
    out venue_ids bigint[],
    out name text,
    out rest text
)
language sql
stable
as $$
-- The city, else the venues, whose name begins with the words of p_q: "barbican" is the Barbican Centre. The answer is that of
-- catalog.named_place, of which nothing is left over.
    with named as (
        select
            p.city_id,
            p.venue_id
        from (select nullif(catalog.plain(catalog.fold(p_q)), '') || ' ' as key) as k
        cross join lateral (
            select c.city_id, null::bigint as venue_id
            from catalog.cities as c
            where c.name_key ~>=~ k.key
                and c.name_key ~<~ (k.key || chr(1114111))
            union all
            select v.city_id, v.venue_id
            from catalog.venues as v
            where v.name_key ~>=~ k.key
                and v.name_key ~<~ (k.key || chr(1114111))
            limit 50
        ) as p
    ),
    place as (
        select
            min(n.city_id) filter (where n.venue_id is null) as city_id,
            array_agg(n.venue_id order by n.venue_id) filter (where n.venue_id is not null) as venue_ids
        from named as n
    )
    select
        p.city_id,
        case when p.city_id is null then p.venue_ids end,
        coalesce(
            (select c.name from catalog.cities as c where c.city_id = p.city_id),
            (select v.name from catalog.venues as v where v.venue_id = p.venue_ids[1])
        ),
        null::text
    from place as p;
$$;
