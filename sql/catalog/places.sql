-- Where: points, distances, and the days of a place.

create or replace function catalog.check_point(
    p_latitude double precision,
    p_longitude double precision,
    p_radius_km double precision
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (latitude, longitude, radius_km): a point is whole, on the earth, and what a radius is around.
begin
    if p_latitude is null and p_longitude is not null or p_latitude not between -90 and 90 then
        perform api.raise_invalid('latitude', 'A point has a latitude from -90 to 90 and a longitude.');
    end if;
    if p_longitude is null and p_latitude is not null or p_longitude not between -180 and 180 then
        perform api.raise_invalid('longitude', 'A point has a latitude and a longitude from -180 to 180.');
    end if;
    if p_radius_km is not null and (p_latitude is null or p_radius_km not between 0.001 and 20100) then
        perform api.raise_invalid('radius_km', 'A radius is around a point, and at most 20100 km.');
    end if;
end;
$$;

create or replace function catalog.find_venues(
    p_city_id bigint,
    p_latitude double precision,
    p_longitude double precision,
    p_radius_km double precision
)
returns table (
    venue_id bigint,
    distance_km numeric
)
language sql
stable
set search_path = pg_catalog, public, pg_temp
as $$
-- The venues of a city, or within a radius of a point, or both; null: no such limit. distance_km: from the point, null
-- without one. earthdistance finds its own parts by search_path, hence public in it.
    with asked as (
        select ll_to_earth(p_latitude, p_longitude) as point
    )
    select
        v.venue_id,
        round((earth_distance(v.location, a.point) / 1000)::numeric, 2)
    from asked as a
    cross join catalog.venues as v
    where (p_city_id is null or v.city_id = p_city_id)
        and (
            p_radius_km is null
            or v.location <@ earth_box(a.point, p_radius_km * 1000)
            and earth_distance(v.location, a.point) <= p_radius_km * 1000
        );
$$;

create or replace function catalog.check_date(p_date date)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (date) for a day that no calendar of ours has, infinity among them.
begin
    if p_date not between date '1900-01-01' and date '2999-12-31' then
        perform api.raise_invalid('date', 'A date is YYYY-MM-DD.');
    end if;
end;
$$;

create or replace function catalog.is_on_day(
    p_city_id bigint,
    p_at timestamptz,
    p_day date
)
returns boolean
language sql
stable
as $$
-- Whether it is that day at that time in that city; p_day null: any day.
    select p_day is null
        or p_day = (
            select (p_at at time zone c.timezone)::date
            from catalog.cities as c
            where c.city_id = p_city_id
        );
$$;

create or replace function catalog.day_range(
    p_date date,
    p_timezone text
)
returns tstzrange
language sql
stable
parallel safe
as $$
-- What is still to come of a day, as it is counted in that time zone; p_date null: all that is to come.
    select case
        when p_date is null then tstzrange(now(), null)
        else tstzrange(
            greatest(now(), p_date::timestamp at time zone p_timezone),
            greatest(now(), (p_date + 1)::timestamp at time zone p_timezone)
        )
    end;
$$;
