-- What staff makes through the API.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

select is_empty(
    $$select r.path from api.route as r where r.path like '/api/v1/admin/%' and coalesce(r.role not in ('staff', 'admin'), true)$$,
    'all of it is for staff'
);

select api.create_city(:alice, 'Ōyster Bay', 'NZ', 'Pacific/Auckland', -41.1, 174.5, p_name_zh => '牡蛎湾') as city \gset
select is(:'city'::json ->> 'slug', 'oyster-bay', 'a city gets a slug from its name');
select (:'city'::json ->> 'city_id')::bigint as city_id \gset
select is(api.get_admin_city(:alice, :city_id)::text, :'city', 'and is there afterwards');
select is(pg_temp.refusal(format('select api.create_city(%s, ''Oyster  Bay'', ''NZ'', ''Pacific/Auckland'', 0, 0)', :alice)), 'already_exists slug', 'once');

select api.create_venue(:alice, :city_id, 'Pearl', '1 Wharf', -41.1, 174.5, 'theatre', '珍珠', '7281') as venue \gset
select (:'venue'::json ->> 'venue_id')::bigint as pearl \gset
select is((:'venue'::jsonb - array['venue_id', 'city_id']),
    '{"name": "Pearl", "name_zh": "珍珠", "kind": "theatre", "address": "1 Wharf", "postal_code": "7281", "latitude": -41.1, "longitude": 174.5, "city": "Ōyster Bay",
        "country": "NZ", "timezone": "Pacific/Auckland", "distance_km": null}'::jsonb, 'a venue is what was given');
select is(pg_temp.refusal(format('select api.create_venue(%s, %s, ''Pearl'', ''x'', 0, 0)', :alice, :city_id)), 'already_exists name', 'once in its city');

select is(
    (api.create_hall(:alice, :pearl, 'Small', '[{"row": "A", "seats": 3, "tier": "stalls"}]')::jsonb) - 'hall_id',
    jsonb_build_object('venue_id', :pearl, 'name', 'Small', 'admission', 'seated', 'capacity', 3, 'cleaning_minutes', 15,
        'rows', '[{"row": "A", "seats": 3, "tier": "stalls"}]'::jsonb, 'places', null),
    'a hall with seats'
);
select (select hall_id from catalog.halls where venue_id = :pearl) as small \gset
select is(api.create_hall(:alice, :pearl, 'Quay', p_places => 10000) ->> 'capacity', '10000', 'or with places');

select api.create_event(:alice, 'play', 'The Shellquake', 100, p_description => e'In two\nacts', p_genres => '{drama}', p_people => '{A B}', p_released_on => '2020-02-29', p_poster_url => 'https://posters.example/1.jpg') as event \gset
select (:'event'::json ->> 'event_id')::bigint as shellquake \gset
select is(:'event'::json ->> 'description', e'In two\nacts', 'an event is what was given');
select is(catalog.suggest_words('shelquake'), 'shellquake', 'and the search knows its words');

select api.create_show(:alice, :shellquake, :small, now() + interval '1 day', '{"stalls": 900}', 'NZD', 'draft', p_max_seats => 2, p_hold_seconds => 20, p_waitlist_enabled => false) as show \gset
select (:'show'::json ->> 'show_id')::bigint as show_id \gset
select is(:'show'::json ->> 'status', 'draft', 'a show may be made as a draft');
select is(array[:'show'::json ->> 'max_seats', :'show'::json ->> 'hold_seconds', :'show'::json ->> 'seats_total'], array['2', '20', '3'], 'with rules of its own');
select is(api.get_show(:show_id)::text, null, 'which the public does not see');
select is(api.get_admin_show(:alice, :show_id)::text, :'show', 'but staff does');
select results_eq(format('select kind, user_id from sales.show_events where show_id = %s', :show_id), format('values (''created'', %s::bigint)', :alice), 'who made it is remembered');

select is(pg_temp.refusal('select api.create_' || replace(replace(bad, 'me', :'alice'), 'CITY', :'city_id')), 'invalid_request ' || field, 'refused: ' || left(bad, 90))
from (
    values
        ('city(me, '''', ''NZ'', ''UTC'', 0, 0)', 'name'), ('city(me, ''X'', ''nz'', ''UTC'', 0, 0)', 'country'), ('city(me, ''X'', ''NZ'', ''Moon/Crater'', 0, 0)', 'timezone'),
        ('city(me, ''X'', ''NZ'', '''', 0, 0)', 'timezone'), ('city(me, ''X'', ''NZ'', ''EST5EDT'', 0, 0)', 'timezone'), ('city(me, ''X'', ''NZ'', ''UTC'', 91, 0)', 'latitude'),
        ('city(me, ''X'', ''NZ'', ''UTC'', 0, ''NaN'')', 'longitude'), ('city(me, ''X'', ''NZ'', ''UTC'', 0, 0, ''A b'')', 'slug'), ('city(me, ''北京'', ''CN'', ''UTC'', 0, 0)', 'slug'),
        ('venue(me, 0, ''X'', ''x'', 0, 0)', 'city_id'), ('venue(me, CITY, ''X'', ''x'', 0, 0, ''barn'')', 'kind'), ('hall(me, 0, ''X'', p_places => 1)', 'venue_id'),
        ('event(me, ''opera'', ''X'', 1)', 'kind'), ('event(me, ''film'', '''', 1)', 'title'), ('event(me, ''film'', ''X'', 0)', 'duration_minutes'), ('event(me, ''film'', ''X'', 1441)', 'duration_minutes'),
        ('event(me, ''film'', ''X'', 1, p_description => repeat(''x'', 20001))', 'description'), ('event(me, ''film'', ''X'', 1, p_genres => ''{""}'')', 'genres'),
        ('event(me, ''film'', ''X'', 1, p_people => ''{NULL}'')', 'people'), ('event(me, ''film'', ''X'', 1, p_released_on => ''infinity'')', 'released_on'),
        ('event(me, ''film'', ''X'', 1, p_poster_url => ''javascript:alert(1)'')', 'poster_url'), ('show(me, 0, 1, now(), ''{}'', ''EUR'')', 'event_id')
) as r (bad, field);

select * from finish();
rollback;
