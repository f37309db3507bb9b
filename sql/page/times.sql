-- What plays when: at a venue, and at all venues of a city, by day.

create or replace function page.programme_of(
    p_show_ids bigint[],
    p_language text
)
returns table (
    venue_id bigint,
    events json
)
language sql
stable
as $$
-- A row a venue: its events by title with their shows, as templates/_programme.tpl shows them.
    select
        f.venue_id,
        json_agg(
            json_build_object(
                'event_id', e.event_id,
                'title', t.title,
                'kind', e.kind,
                'duration_minutes', e.duration_minutes,
                'rating', e.rating,
                'shows', f.shows
            )
            order by t.title collate "und-x-icu", e.event_id
        )
    from (
        select
            s.venue_id,
            s.event_id,
            json_agg(
                json_build_object(
                    'show_id', s.show_id,
                    'starts_at', page.at(s.starts_at, s.timezone),
                    'hall_name', s.hall_name,
                    'price_from', api.money(n.price_from_minor, s.currency),
                    'availability', a.availability,
                    'is_closed', a.availability in ('sold_out', 'closed')
                )
                order by s.starts_at, s.show_id
            ) as shows
        from sales.seat_counts(p_show_ids) as n
        inner join sales.shows as s
            on s.show_id = n.show_id
        cross join page.availability(sales.show_status(s.status, s.sale_starts_at, s.starts_at, n.available), n.available) as a (availability)
        group by
            s.venue_id,
            s.event_id
    ) as f
    inner join catalog.events as e
        on e.event_id = f.event_id
    cross join page.in_language(p_language, e.title, e.title_zh) as t (title)
    group by f.venue_id;
$$;

create or replace function page.venue(
    p_venue_id bigint,
    p_language text,
    p_date date default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- p_date: without one, or when nothing plays then, the first day on which something does. Days are those of the next sixty.
declare
    v_venue record;
    v_days date[];
    v_date date;
    v_show_ids bigint[];
begin
    select
        v.venue_id,
        v.kind,
        page.in_language(p_language, v.name, v.name_zh) as name,
        v.address,
        v.postal_code,
        v.latitude,
        v.longitude,
        c.slug,
        c.timezone,
        page.in_language(p_language, c.name, c.name_zh) as city_name
    into v_venue
    from catalog.venues as v
    inner join catalog.cities as c
        on c.city_id = v.city_id
    where v.venue_id = p_venue_id;
    if v_venue.venue_id is null then
        perform api.raise('not_found');
    end if;

    select array_agg(distinct (s.starts_at at time zone v_venue.timezone)::date order by (s.starts_at at time zone v_venue.timezone)::date)
    into v_days
    from sales.shows as s
    where s.venue_id = p_venue_id
        and s.starts_at > now()
        and s.starts_at < now() + interval '60 days'
        and s.status in ('on_sale', 'closed');
    v_date := case when p_date = any (v_days) then p_date else v_days[1] end;

    select array_agg(s.show_id)
    into v_show_ids
    from sales.shows as s
    where s.venue_id = p_venue_id
        and s.starts_at <@ catalog.day_range(v_date, v_venue.timezone)
        and s.starts_at > now()
        and s.status in ('on_sale', 'closed')
        and v_date is not null;

    return (
        select json_build_object(
            'venue_id', v_venue.venue_id,
            'name', v_venue.name,
            'venue_kind', v_venue.kind,
            'address', v_venue.address,
            'postal_code', v_venue.postal_code,
            'latitude', v_venue.latitude,
            'longitude', v_venue.longitude,
            'city_slug', v_venue.slug,
            'city_name', v_venue.city_name,
            'hall_count', count(*),
            'place_count', coalesce(sum(h.capacity), 0),
            'has_halls', count(*) > 0,
            'days', page.days(v_days, v_date, v_venue.timezone),
            'has_days', v_days is not null,
            'events', (select g.events from page.programme_of(v_show_ids, p_language) as g)
        )
        from catalog.halls as h
        where h.venue_id = p_venue_id
    );
end;
$$;

comment on function page.venue is 'A venue: where it is, and what plays there, by day.';
select api.add_route('GET', '/venues/{venue_id}', 'page.venue', answer => 'page', template => 'venue', cache_seconds => 2);

create or replace function page.times(
    p_slug text,
    p_language text,
    p_date date default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- All that plays in a city on a day, by venue, ten venues a page. p_date: without one, or when nothing plays then, the first day of
-- the next two weeks on which something does.
declare
    v_city record;
    v_days date[];
    v_date date;
    v_venue_ids bigint[];
    v_show_ids bigint[];
    v_list json;
begin
    perform api.check_page(p_page, 10);
    select c.city_id, c.slug, c.timezone, page.in_language(p_language, c.name, c.name_zh) as name
    into v_city
    from catalog.cities as c
    where c.slug = p_slug;
    if v_city.city_id is null then
        perform api.raise('not_found');
    end if;

    select array_agg(distinct (s.starts_at at time zone v_city.timezone)::date order by (s.starts_at at time zone v_city.timezone)::date)
    into v_days
    from sales.shows as s
    where s.city_id = v_city.city_id
        and s.starts_at > now()
        and s.starts_at < now() + interval '14 days'
        and s.status in ('on_sale', 'closed');
    v_date := case when p_date = any (v_days) then p_date else v_days[1] end;

    with playing as (
        select
            s.show_id,
            s.venue_id,
            dense_rank() over (order by v.name, v.venue_id) as place
        from sales.shows as s
        inner join catalog.venues as v
            on v.venue_id = s.venue_id
        where s.city_id = v_city.city_id
            and s.starts_at <@ catalog.day_range(v_date, v_city.timezone)
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
            and v_date is not null
    )
    select
        array_agg(p.show_id) filter (where p.place > (p_page::bigint - 1) * 10 and p.place <= p_page::bigint * 10),
        array_agg(distinct p.venue_id)
    into v_show_ids, v_venue_ids
    from playing as p;
    v_list := api.list('[]', p_page, 10, coalesce(cardinality(v_venue_ids), 0));

    return json_build_object(
        'slug', v_city.slug,
        'city_name', v_city.name,
        'days', page.days(v_days, v_date, v_city.timezone),
        'has_days', v_days is not null,
        'venues', (
            select json_agg(
                json_build_object(
                    'venue_id', v.venue_id,
                    'name', page.in_language(p_language, v.name, v.name_zh),
                    'address', v.address,
                    'postal_code', v.postal_code,
                    'city_slug', v_city.slug,
                    'events', g.events
                )
                order by v.name, v.venue_id
            )
            from page.programme_of(v_show_ids, p_language) as g
            inner join catalog.venues as v
                on v.venue_id = g.venue_id
        ),
        'pages', page.pages(v_list, '/cities/' || v_city.slug || '/times', 'date', v_date::text)
    );
end;
$$;

comment on function page.times is 'What plays in a city on a day, venue by venue.';
select api.add_route('GET', '/cities/{slug}/times', 'page.times', answer => 'page', template => 'times', cache_seconds => 5);
