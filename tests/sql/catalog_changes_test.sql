-- What staff changes and deletes of cities, venues, halls and events.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.detail(p_sql text) returns jsonb language plpgsql as $$
declare
    v_detail text;
begin
    execute p_sql;
    return null;
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail::jsonb;
end
$$;
select city_id from catalog.venues where venue_id = :venue_id \gset

-- lists
insert into catalog.cities (slug, name, country, timezone, latitude, longitude) select 'c' || n, 'City ' || n, 'NZ', 'UTC', 0, n from generate_series(1, 40) as n;
select api.list_admin_cities(:alice, 2, 30) as page \gset
select is((:'page'::json ->> 'total')::bigint, (select count(*) from catalog.cities), 'a list counts all');
select is(json_array_length(:'page'::json -> 'items'), least((select count(*) from catalog.cities) - 30, 30)::integer, 'and has a page of them');
select is(pg_temp.refusal(format('select api.list_admin_%s(1, p_page => 0)', what)), 'invalid_request page', 'pages of ' || what || ' count from 1') from unnest(array['cities', 'venues', 'halls', 'events', 'shows']) as what;
select is(api.list_admin_venues(:alice, :city_id) #>> '{items,0,name}', 'Odeon Testville', 'venues are listed by city');
select is(json_array_length(api.list_admin_halls(:alice, :venue_id) -> 'items'), 2, 'halls by venue');
select is(api.list_admin_events(:alice, 'film') ->> 'total', (select count(*)::text from catalog.events where kind = 'film'), 'events by kind');
select is(pg_temp.refusal('select api.list_admin_events(1, ''opera'')'), 'invalid_request kind', 'of which there are some');
select is(api.list_admin_shows(:alice, p_event_id => :event_id) ->> 'total', '2', 'shows by event');
select is(api.list_admin_shows(:alice, p_hall_id => :seated_hall) #>> '{items,0,show_id}', :'seated', 'by hall');
update sales.shows set status = 'draft' where show_id = :general;
select is(api.list_admin_shows(:alice, p_venue_id => :venue_id, p_status => 'draft') #>> '{items,0,show_id}', :'general', 'by venue and status, drafts too');

-- changes
select is(
    api.update_city(:alice, :city_id, p_name => ' Test City ', p_name_zh => '测试城', p_latitude => 51.6)::jsonb - 'city_id',
    '{"slug": "testville", "name": "Test City", "name_zh": "测试城", "country": "GB", "timezone": "Europe/London", "latitude": 51.6, "longitude": -0.1, "venue_count": 1}',
    'a city is changed in what is given'
);
select is(api.update_city(:alice, :city_id, p_name_zh => '') ->> 'name_zh', null, 'an empty text takes away what need not be there');
select is(api.update_city(:alice, :city_id, p_timezone => 'Europe/Dublin') ->> 'timezone', 'Europe/Dublin', 'its time zone, while no ticket says a time');
select is(
    api.update_venue(:alice, :venue_id, p_name => 'Odeon', p_kind => 'theatre', p_postal_code => 'T1', p_address => '2 High Street')::jsonb
        - array['venue_id', 'city_id', 'distance_km', 'city', 'country', 'timezone'],
    '{"name": "Odeon", "name_zh": null, "kind": "theatre", "address": "2 High Street", "postal_code": "T1", "latitude": 51.5, "longitude": -0.1}',
    'a venue is changed in what is given'
);
select is(api.update_hall(:alice, :seated_hall, 'Screen One') ->> 'name', 'Screen One', 'a hall has another name');
select catalog.create_hall(:venue_id, 'Empty', null, 5) as empty_hall \gset
select is(
    api.update_hall(:alice, :empty_hall, p_rows => '[{"row": "A", "seats": 3}, {"row": "B", "seats": 4}]')::jsonb - array['hall_id', 'venue_id'],
    '{"name": "Empty", "admission": "seated", "capacity": 7, "cleaning_minutes": 15, "rows": [{"row": "A", "seats": 3}, {"row": "B", "seats": 4}], "places": null}', 'or, without shows, other seats'
);
select is(count(*), 7::bigint, 'which are there') from catalog.seats where hall_id = :empty_hall;
select is(api.update_hall(:alice, :empty_hall, p_places => 9) ->> 'admission', 'general', 'or none');
select is_empty(format('select from catalog.seats where hall_id = %s', :empty_hall), 'which are gone');
select is(pg_temp.detail(format('select api.update_hall(1, %s, p_places => 9)', :seated_hall)), '{"used_by": "shows", "count": 1}', 'a hall with shows keeps its seats');
select is(
    api.update_event(:alice, :event_id, p_title => 'Aliens', p_title_zh => '异形', p_genres => '{horror}', p_rating => 'R', p_poster_url => 'https://posters.example/2.jpg')
        ->> 'title',
    'Aliens', 'an event is changed'
);
select results_eq(
    format('select title, title_zh, genres, rating, duration_minutes, kind from catalog.events where event_id = %s', :event_id),
    $$values ('Aliens', '异形', array['horror'], 'R', 117, 'film')$$,
    'in what is given'
);
select is(api.search('aliens', p_kind => 'film') #>> '{items,0,title}', 'Aliens', 'and found by its new name');
select is(api.update_event(:alice, :event_id, p_rating => '', p_poster_url => '') ->> 'poster_url', null, 'an empty address takes the poster away');

select is(pg_temp.refusal('select api.update_' || replace(replace(replace(replace(bad, 'CITY', :'city_id'), 'VENUE', :'venue_id'), 'HALL', :'empty_hall'), 'EVENT', :'event_id')), refusal, 'refused: ' || bad)
from (
    values
        ('city(1, 0)', 'not_found'), ('venue(1, 0)', 'not_found'), ('hall(1, 0)', 'not_found'), ('event(1, 0)', 'not_found'), ('city(1, CITY, p_name => '''')', 'invalid_request name'),
        ('city(1, CITY, p_country => ''gb'')', 'invalid_request country'), ('city(1, CITY, p_timezone => ''Moon/Sea'')', 'invalid_request timezone'), ('city(1, CITY, p_latitude => 91)', 'invalid_request latitude'),
        ('city(1, CITY, p_slug => ''A'')', 'invalid_request slug'), ('city(1, CITY, p_slug => ''c1'')', 'already_exists slug'), ('venue(1, VENUE, p_kind => ''barn'')', 'invalid_request kind'),
        ('venue(1, VENUE, p_address => '''')', 'invalid_request address'), ('venue(1, VENUE, p_longitude => 181)', 'invalid_request longitude'), ('hall(1, HALL, '' '')', 'invalid_request name'),
        ('hall(1, HALL, ''Floor'')', 'already_exists name'), ('hall(1, HALL, p_places => 0)', 'invalid_request places'), ('hall(1, HALL, p_rows => ''[]'')', 'invalid_request rows'),
        ('event(1, EVENT, ''opera'')', 'invalid_request kind'), ('event(1, EVENT, p_title => '''')', 'invalid_request title'), ('event(1, EVENT, p_duration_minutes => 0)', 'invalid_request duration_minutes'),
        ('event(1, EVENT, p_poster_url => ''ftp://x'')', 'invalid_request poster_url')
) as r (bad, refusal);
insert into catalog.venues (city_id, name, address, latitude, longitude) select :city_id, 'Other', 'x', 0, 0;
select is(pg_temp.refusal(format('select api.update_venue(1, %s, ''Other'')', :venue_id)), 'already_exists name', 'a venue''s name is its own in the city');

with held as (select sales.hold_seats(:seated, :alice, '{A-1}'))
select count(*) from held \g /dev/null
update sales.bookings set status = 'paid', paid_at = now() where show_id = :seated;
select is(pg_temp.detail(format('select api.update_city(1, %s, p_timezone => ''UTC'')', :city_id)), '{"used_by": "shows", "count": 1}', 'a time zone stays as tickets say it');

-- deleting
select is(pg_temp.detail(format('select api.delete_city(1, %s)', :city_id)), '{"used_by": "venues", "count": 2}', 'a city with venues is not deleted');
select is(pg_temp.detail(format('select api.delete_venue(1, %s)', :venue_id)), '{"used_by": "halls", "count": 3}', 'nor a venue with halls');
select is(pg_temp.detail(format('select api.delete_hall(1, %s)', :seated_hall)), '{"used_by": "shows", "count": 1}', 'nor a hall with shows');
select is(pg_temp.detail(format('select api.delete_event(1, %s)', :event_id)), '{"used_by": "shows", "count": 2}', 'nor an event with shows');
select is(pg_temp.refusal(format('select api.delete_%s(1, 0)', what)), 'not_found', 'what is not there is not deleted: ' || what) from unnest(array['city', 'venue', 'hall', 'event', 'show']) as what;
select api.delete_hall(1, :empty_hall) \g /dev/null
select is(api.get_admin_hall(1, :empty_hall)::text, null, 'a hall without shows goes');
select api.delete_venue(1, venue_id) from catalog.venues where name = 'Other' and city_id = :city_id \g /dev/null
select is(count(*), 1::bigint, 'a venue without halls') from catalog.venues where city_id = :city_id;
select api.delete_city(1, city_id) from catalog.cities where slug = 'c1' \g /dev/null
select is_empty('select from catalog.cities where slug = ''c1''', 'a city without venues');
insert into catalog.events (kind, title, duration_minutes) values ('talk', 'Unheard', 1) returning event_id as unheard \gset
select api.delete_event(1, :unheard) \g /dev/null
select is(api.get_admin_event(1, :unheard)::text, null, 'and an event without shows');

select * from finish();
rollback;
