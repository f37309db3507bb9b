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
