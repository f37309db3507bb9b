-- What the parts of the catalogue look like on the outside, wherever they appear.

create or replace function catalog.event_json(p_event catalog.events)
returns json
language sql
stable
as $$
-- An event in brief; GET /api/v1/events/{event_id} has all of it.
    select json_build_object(
        'event_id', p_event.event_id,
        'kind', p_event.kind,
        'title', p_event.title,
        'title_zh', p_event.title_zh,
        'duration_minutes', p_event.duration_minutes,
        'rating', p_event.rating,
        'poster_url', p_event.poster_url
    );
$$;

create or replace function catalog.venue_json(
    p_venue catalog.venues,
    p_city catalog.cities,
    p_distance_km numeric default null
)
returns json
language sql
stable
as $$
-- p_distance_km: from the point that was asked about; null when there was none.
    select json_build_object(
        'venue_id', p_venue.venue_id,
        'name', p_venue.name,
        'name_zh', p_venue.name_zh,
        'kind', p_venue.kind,
        'address', p_venue.address,
        'postal_code', p_venue.postal_code,
        'latitude', p_venue.latitude,
        'longitude', p_venue.longitude,
        'city_id', p_city.city_id,
        'city', p_city.name,
        'country', p_city.country,
        'timezone', p_city.timezone,
        'distance_km', p_distance_km
    );
$$;

create or replace function catalog.listed_event_json(
    p_event catalog.events,
    p_next_show_at timestamptz
)
returns json
language sql
stable
as $$
    select json_build_object(
        'event_id', p_event.event_id,
        'kind', p_event.kind,
        'title', p_event.title,
        'title_zh', p_event.title_zh,
        'duration_minutes', p_event.duration_minutes,
        'rating', p_event.rating,
        'poster_url', p_event.poster_url,
        'next_show_at', api.rfc3339(p_next_show_at)
    );
$$;

create or replace function catalog.listed_show_json(
    p_show sales.shows,
    p_hall catalog.halls,
    p_available bigint,
    p_price_from_minor bigint
)
returns json
language sql
stable
as $$
-- A show where several are listed. p_available and p_price_from_minor: of sales.seat_counts.
    select json_build_object(
        'show_id', p_show.show_id,
        'hall', json_build_object('hall_id', p_hall.hall_id, 'name', p_hall.name),
        'starts_at', api.rfc3339(p_show.starts_at),
        'ends_at', api.rfc3339(p_show.ends_at),
        'admission', p_show.admission,
        'price_from', api.money(p_price_from_minor, p_show.currency),
        'seats_available', p_available,
        'status', sales.show_status(p_show.status, p_show.sale_starts_at, p_show.starts_at, p_available)
    );
$$;

create or replace function catalog.kinds()
returns text[]
language sql
immutable
as $$
-- What an event can be.
    select array['film', 'concert', 'play', 'match', 'talk', 'festival'];
$$;

create or replace function catalog.check_kind(p_kind text)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (kind); null is any.
begin
    if p_kind <> all (catalog.kinds()) then
        perform api.raise_invalid('kind', 'A kind is film, concert, play, match, talk or festival.');
    end if;
end;
$$;

create or replace function catalog.found_event_json(
    p_event catalog.events,
    p_next_show_at timestamptz,
    p_distance_km numeric,
    p_show_ids bigint[]
)
returns json
language sql
stable
as $$
-- A listed event with its next shows and where each is, as search answers it. distance_km: to the nearest of its venues.
    select json_build_object(
        'event_id', p_event.event_id,
        'kind', p_event.kind,
        'title', p_event.title,
        'title_zh', p_event.title_zh,
        'duration_minutes', p_event.duration_minutes,
        'rating', p_event.rating,
        'poster_url', p_event.poster_url,
        'next_show_at', api.rfc3339(p_next_show_at),
        'distance_km', p_distance_km,
        'shows', (
            select json_agg(
                json_build_object(
                    'show_id', s.show_id,
                    'starts_at', api.rfc3339(s.starts_at),
                    'venue_id', v.venue_id,
                    'venue', v.name,
                    'city', c.name,
                    'timezone', c.timezone
                )
                order by s.starts_at, s.show_id
            )
            from sales.shows as s
            inner join catalog.venues as v
                on v.venue_id = s.venue_id
            inner join catalog.cities as c
                on c.city_id = s.city_id
            where s.show_id = any (p_show_ids)
        )
    );
$$;

create or replace function sales.layout_url(
    p_show_id bigint,
    p_layout_version integer
)
returns text
language sql
immutable
parallel safe
as $$
-- Where the seat map's layout is, in its present version: a client may keep what is there for ever.
    select format('/api/v1/shows/%s/layout?version=%s', p_show_id, p_layout_version);
$$;

create or replace function sales.tiers_json(
    p_tiers jsonb,
    p_currency text
)
returns json
language sql
stable
as $$
-- The tiers of sales.seat_counts as a show tells them: "price" is the lowest that can be bought now, "price_to" the highest where
-- seats have prices of their own.
    select json_agg(
        case
            when t.value -> 'highest' = t.value -> 'lowest'
                then json_build_object('tier', t.value -> 'tier', 'price', api.money((t.value ->> 'lowest')::bigint, p_currency))
            else json_build_object(
                'tier', t.value -> 'tier',
                'price', api.money((t.value ->> 'lowest')::bigint, p_currency),
                'price_to', api.money((t.value ->> 'highest')::bigint, p_currency)
            )
        end
        order by t.place
    )
    from jsonb_array_elements(p_tiers) with ordinality as t (value, place);
$$;

create or replace function sales.show_json(
    p_show_id bigint,
    p_with_drafts boolean
)
returns json
language plpgsql
stable
as $$
-- A show as GET /api/v1/shows/{show_id} answers it, or null.
declare
    v_show json;
begin
    select json_build_object(
        'show_id', s.show_id,
        'event', catalog.event_json(e),
        'venue', catalog.venue_json(v, c),
        'hall', json_build_object('hall_id', h.hall_id, 'name', h.name),
        'starts_at', api.rfc3339(s.starts_at),
        'ends_at', api.rfc3339(s.ends_at),
        'admission', s.admission,
        'status', sales.show_status(s.status, s.sale_starts_at, s.starts_at, n.available),
        'sale_starts_at', api.rfc3339(s.sale_starts_at),
        'tiers', sales.tiers_json(n.tiers, s.currency),
        'seats_total', n.total,
        'seats_available', n.available,
        'seats_held', n.held,
        'max_seats', s.max_seats,
        'max_seats_per_buyer', s.max_seats_per_buyer,
        'hold_seconds', s.hold_seconds,
        'waitlist_open', s.waitlist_enabled and n.held > 0
            and sales.show_status(s.status, s.sale_starts_at, s.starts_at, n.available) = 'sold_out',
        'waiting_room', s.has_waiting_room,
        'layout_url', sales.layout_url(s.show_id, s.layout_version)
    )
    into v_show
    from sales.shows as s
    inner join catalog.events as e
        on e.event_id = s.event_id
    inner join catalog.halls as h
        on h.hall_id = s.hall_id
    inner join catalog.venues as v
        on v.venue_id = s.venue_id
    inner join catalog.cities as c
        on c.city_id = s.city_id
    cross join lateral sales.seat_counts(array[s.show_id]) as n
    where s.show_id = p_show_id
        and (p_with_drafts or s.status <> 'draft');
    return v_show;
end;
$$;

create or replace function catalog.city_json(p_city catalog.cities)
returns json
language sql
stable
as $$
    select json_build_object(
        'city_id', p_city.city_id,
        'slug', p_city.slug,
        'name', p_city.name,
        'name_zh', p_city.name_zh,
        'country', p_city.country,
        'timezone', p_city.timezone,
        'latitude', p_city.latitude,
        'longitude', p_city.longitude,
        'venue_count', (select count(*) from catalog.venues as v where v.city_id = p_city.city_id)
    );
$$;

create or replace function catalog.hall_json(p_hall catalog.halls)
returns json
language sql
stable
as $$
    select json_build_object(
        'hall_id', p_hall.hall_id,
        'venue_id', p_hall.venue_id,
        'name', p_hall.name,
        'admission', p_hall.admission,
        'capacity', p_hall.capacity
    );
$$;

create or replace function catalog.admin_hall_json(p_hall catalog.halls)
returns json
language sql
stable
as $$
-- A hall as staff sees it.
    select (catalog.hall_json(p_hall)::jsonb || jsonb_build_object('cleaning_minutes', p_hall.cleaning_minutes))::json;
$$;

create or replace function catalog.rows_json(p_hall_id bigint)
returns json
language sql
stable
as $$
-- The rows of a hall as catalog.create_hall takes them, from the front; null: it has places. What a row does not have is left out:
-- its tier when that is standard, gaps, accessible seats.
    select json_agg(
        json_strip_nulls(
            json_build_object(
                'row', r.row_label,
                'seats', r.seat_count,
                'tier', nullif(r.tier, 'standard'),
                'gaps', r.gaps,
                'accessible', r.accessible
            )
        )
        order by r.first_no
    )
    from (
        select
            s.row_label,
            count(*) as seat_count,
            min(s.tier) as tier,
            min(s.seat_no) as first_no,
            json_agg(s.number order by s.number) filter (where s.next_block_no <> s.block_no) as gaps,
            json_agg(s.number order by s.number) filter (where s.accessible) as accessible
        from (
            select
                x.row_label,
                x.tier,
                x.seat_no,
                x.number,
                x.accessible,
                x.block_no,
                lead(x.block_no) over (partition by x.row_label order by x.number) as next_block_no
            from catalog.seats as x
            where x.hall_id = p_hall_id
        ) as s
        group by s.row_label
    ) as r;
$$;
