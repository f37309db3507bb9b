-- What staff makes: cities, venues, halls, events, shows. Each POST answers what the GET beside it does.

create or replace function catalog.checked_timezone(p_timezone text)
returns text
language plpgsql
stable
as $$
-- Raises invalid_request (timezone) unless it is the name of one: asked by using it, since listing all takes long.
declare
    v_is_known boolean := p_timezone ~ '^(UTC|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+){1,2})$';
begin
    if v_is_known then
        begin
            perform now() at time zone p_timezone;
        exception
            when invalid_parameter_value then
                v_is_known := false;
        end;
    end if;
    if not v_is_known then
        perform api.raise_invalid('timezone', 'A time zone is an IANA name, such as Europe/London.');
    end if;
    return p_timezone;
end;
$$;

create or replace function catalog.check_place(
    p_latitude double precision,
    p_longitude double precision
)
returns void
language plpgsql
stable
as $$
begin
    perform api.check_range('latitude', p_latitude::numeric, -90, 90);
    perform api.check_range('longitude', p_longitude::numeric, -180, 180);
end;
$$;

create or replace function catalog.check_city(
    p_country text,
    p_slug text,
    p_latitude double precision,
    p_longitude double precision
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (country, slug, latitude, longitude); null is as good as any.
begin
    if p_country !~ '^[A-Z]{2}$' then
        perform api.raise_invalid('country', 'A country is two letters of ISO 3166, such as GB.');
    end if;
    perform catalog.check_place(p_latitude, p_longitude);
    if p_slug !~ '^[a-z0-9]+(-[a-z0-9]+)*$' or length(p_slug) > 100 then
        perform api.raise_invalid('slug', 'A slug has small letters and digits, with single hyphens between.');
    end if;
end;
$$;

create or replace function catalog.check_venue(
    p_kind text,
    p_latitude double precision,
    p_longitude double precision
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (kind, latitude, longitude); null is as good as any.
begin
    if p_kind not in ('cinema', 'theatre', 'arena', 'concert_hall', 'festival', 'stadium') then
        perform api.raise_invalid('kind', 'A venue is a cinema, theatre, arena, concert_hall, festival or stadium.');
    end if;
    perform catalog.check_place(p_latitude, p_longitude);
end;
$$;

create or replace function catalog.check_event(
    p_kind text,
    p_duration_minutes integer,
    p_released_on date,
    p_poster_url text
)
returns void
language plpgsql
stable
as $$
-- What is no text of an event. Raises invalid_request, naming the field; null is as good as any.
begin
    perform catalog.check_kind(p_kind);
    perform api.check_range('duration_minutes', p_duration_minutes, 1, 1440);
    if p_released_on not between date '1880-01-01' and date '2999-12-31' then
        perform api.raise_invalid('released_on', 'A date is YYYY-MM-DD.');
    end if;
    if p_poster_url !~ '^https?://[!#-;=?-~]+$' or length(p_poster_url) > 2000 then
        perform api.raise_invalid('poster_url', 'A poster is at an http or https address.');
    end if;
end;
$$;

create or replace function api.create_city(
    p_actor bigint,
    p_name text,
    p_country text,
    p_timezone text,
    p_latitude double precision,
    p_longitude double precision,
    p_slug text default null,
    p_name_zh text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (name, country, timezone, latitude, longitude, slug, name_zh) and already_exists.
declare
    v_name text := api.checked_text('name', p_name, 200);
    v_slug text := coalesce(
        p_slug,
        btrim(regexp_replace(lower(public.unaccent('public.unaccent', p_name)), '[^a-z0-9]+', '-', 'g'), '-')
    );
    v_city_id bigint;
begin
    perform catalog.check_city(p_country, v_slug, p_latitude, p_longitude);

    insert into catalog.cities (slug, name, name_zh, country, timezone, latitude, longitude)
    values (
        v_slug,
        v_name,
        case when p_name_zh is not null then api.checked_text('name_zh', p_name_zh, 200) end,
        p_country,
        catalog.checked_timezone(p_timezone),
        p_latitude,
        p_longitude
    )
    on conflict (slug) do nothing
    returning city_id into v_city_id;

    if v_city_id is null then
        perform api.raise('already_exists', '{"field": "slug"}', 'There is a city of that slug.');
    end if;
    perform catalog.learn(array[p_name]);
    return api.get_admin_city(p_actor, v_city_id);
end;
$$;

comment on function api.create_city is 'Make a city. Without a slug it gets one from its name.';
select api.add_route('POST', '/api/v1/admin/cities', 'api.create_city', role => 'staff', status => 201, lane => 'write');

create or replace function api.get_admin_city(
    p_actor bigint,
    p_city_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.city_json(c)
    from catalog.cities as c
    where c.city_id = p_city_id;
$$;

comment on function api.get_admin_city is 'A city.';
select api.add_route('GET', '/api/v1/admin/cities/{city_id}', 'api.get_admin_city', role => 'staff');

create or replace function api.create_venue(
    p_actor bigint,
    p_city_id bigint,
    p_name text,
    p_address text,
    p_latitude double precision,
    p_longitude double precision,
    p_kind text default 'cinema',
    p_name_zh text default null,
    p_postal_code text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (city_id, name, address, latitude, longitude, kind, name_zh, postal_code) and already_exists.
declare
    v_venue_id bigint;
begin
    if not exists (select from catalog.cities as c where c.city_id = p_city_id) then
        perform api.raise_invalid('city_id', 'There is no such city.');
    end if;
    perform catalog.check_venue(p_kind, p_latitude, p_longitude);

    insert into catalog.venues (city_id, name, name_zh, kind, address, postal_code, latitude, longitude)
    values (
        p_city_id,
        api.checked_text('name', p_name, 200),
        case when p_name_zh is not null then api.checked_text('name_zh', p_name_zh, 200) end,
        p_kind,
        api.checked_text('address', p_address, 500),
        case when p_postal_code is not null then api.checked_text('postal_code', p_postal_code, 20) end,
        p_latitude,
        p_longitude
    )
    on conflict (city_id, name) do nothing
    returning venue_id into v_venue_id;

    if v_venue_id is null then
        perform api.raise('already_exists', '{"field": "name"}', 'The city has a venue of that name.');
    end if;
    perform catalog.learn(array[p_name]);
    return api.get_admin_venue(p_actor, v_venue_id);
end;
$$;

comment on function api.create_venue is 'Make a venue in a city.';
select api.add_route('POST', '/api/v1/admin/venues', 'api.create_venue', role => 'staff', status => 201, lane => 'write');

create or replace function api.get_admin_venue(
    p_actor bigint,
    p_venue_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.venue_json(v, c)
    from catalog.venues as v
    inner join catalog.cities as c
        on c.city_id = v.city_id
    where v.venue_id = p_venue_id;
$$;

comment on function api.get_admin_venue is 'A venue.';
select api.add_route('GET', '/api/v1/admin/venues/{venue_id}', 'api.get_admin_venue', role => 'staff');

create or replace function api.create_hall(
    p_actor bigint,
    p_venue_id bigint,
    p_name text,
    p_rows jsonb default null,
    p_places integer default null,
    p_cleaning_minutes integer default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises what catalog.create_hall does, and invalid_request (cleaning_minutes).
declare
    v_hall_id bigint := catalog.create_hall(p_venue_id, p_name, p_rows, p_places);
begin
    perform catalog.set_cleaning_time(v_hall_id, p_cleaning_minutes);
    return api.get_admin_hall(p_actor, v_hall_id);
end;
$$;

comment on function api.create_hall is 'Make a hall: either with rows of seats in order from the screen, [{"row": "A", "seats": 14, "tier": "standard", "gaps": [7], "accessible": [1, 14]}], or with a number of places that are all alike. cleaning_minutes: how long it is not to be had after a show, 15 unless given.';
select api.add_route('POST', '/api/v1/admin/halls', 'api.create_hall', role => 'staff', status => 201, lane => 'write');

create or replace function api.get_admin_hall(
    p_actor bigint,
    p_hall_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select (
        catalog.admin_hall_json(h)::jsonb
        || jsonb_build_object(
            'rows', catalog.rows_json(h.hall_id),
            'places', case when h.admission = 'general' then h.capacity end
        )
    )::json
    from catalog.halls as h
    where h.hall_id = p_hall_id;
$$;

comment on function api.get_admin_hall is 'A hall with its "rows", or its "places", as they can be given to make it.';
select api.add_route('GET', '/api/v1/admin/halls/{hall_id}', 'api.get_admin_hall', role => 'staff');

create or replace function api.create_event(
    p_actor bigint,
    p_kind text,
    p_title text,
    p_duration_minutes integer,
    p_title_zh text default null,
    p_description text default '',
    p_description_zh text default null,
    p_rating text default null,
    p_genres text[] default '{}',
    p_people text[] default '{}',
    p_released_on date default null,
    p_poster_url text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request, naming the field.
declare
    v_event_id bigint;
begin
    perform catalog.check_event(p_kind, p_duration_minutes, p_released_on, p_poster_url);

    insert into catalog.events (
        kind, title, title_zh, description, description_zh, duration_minutes, rating, genres, people, released_on,
        poster_url
    )
    values (
        p_kind,
        api.checked_text('title', p_title, 300),
        case when p_title_zh is not null then api.checked_text('title_zh', p_title_zh, 300) end,
        api.checked_prose('description', p_description, 0, 20000),
        case when p_description_zh is not null then api.checked_prose('description_zh', p_description_zh, 0, 20000) end,
        p_duration_minutes,
        case when p_rating is not null then api.checked_text('rating', p_rating, 20) end,
        api.checked_texts('genres', p_genres, 20, 100),
        api.checked_texts('people', p_people, 200, 200),
        p_released_on,
        p_poster_url
    )
    returning event_id into v_event_id;

    perform catalog.learn_words(array[v_event_id]);
    return api.get_admin_event(p_actor, v_event_id);
end;
$$;

comment on function api.create_event is 'Make an event: a film, concert, play, match, talk or festival.';
select api.add_route('POST', '/api/v1/admin/events', 'api.create_event', role => 'staff', status => 201, lane => 'write');

create or replace function api.get_admin_event(
    p_actor bigint,
    p_event_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.get_event(p_event_id);
$$;

comment on function api.get_admin_event is 'An event.';
select api.add_route('GET', '/api/v1/admin/events/{event_id}', 'api.get_admin_event', role => 'staff');

create or replace function api.create_show(
    p_actor bigint,
    p_event_id bigint,
    p_hall_id bigint,
    p_starts_at timestamptz,
    p_prices jsonb,
    p_currency text,
    p_status text default 'on_sale',
    p_sale_starts_at timestamptz default null,
    p_max_seats integer default null,
    p_hold_seconds integer default null,
    p_hold_grace_seconds integer default null,
    p_waitlist_enabled boolean default null,
    p_waitlist_policy text default null,
    p_waitlist_seconds integer default null,
    p_refund_cutoff_seconds integer default null,
    p_max_seats_per_buyer integer default null,
    p_waitlist_gather_seconds integer default null,
    p_max_seats_per_address integer default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises what sales.create_show and sales.set_show_rules do.
declare
    v_show_id bigint := sales.create_show(
        p_event_id, p_hall_id, p_starts_at, p_prices, p_currency, p_status, p_sale_starts_at
    );
begin
    perform sales.set_show_rules(
        v_show_id, p_max_seats, p_hold_seconds, p_hold_grace_seconds, p_waitlist_enabled, p_waitlist_policy,
        p_waitlist_seconds, p_refund_cutoff_seconds, p_max_seats_per_buyer,
        p_waitlist_gather_seconds, p_max_seats_per_address
    );
    insert into sales.show_events (show_id, kind, user_id)
    values (v_show_id, 'created', p_actor);
    return sales.show_json(v_show_id, true);
end;
$$;

comment on function api.create_show is 'Make a show of an event in a hall, with a price in minor units for each of its tiers: {"standard": 1200}, in a currency and within the limits of the payment provider. What is not given of its rules has its usual value; max_seats_per_buyer limits what one buyer may have with what is paid, and 0 means not at all. Errors: hall_taken.';
select api.add_route('POST', '/api/v1/admin/shows', 'api.create_show', role => 'staff', status => 201, lane => 'write');

create or replace function api.get_admin_show(
    p_actor bigint,
    p_show_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select sales.show_json(p_show_id, true);
$$;

comment on function api.get_admin_show is 'A show, be it a draft.';
select api.add_route('GET', '/api/v1/admin/shows/{show_id}', 'api.get_admin_show', role => 'staff');
