-- Finding: cities, venues, events, their shows, search. Everything is asked of cities of the test's own, in the Pacific, so
-- that it does not matter what else there is.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

-- Two cities on either side of the date line; three venues; events in Latin, accented and Chinese letters.
insert into catalog.cities (slug, name, name_zh, country, timezone, latitude, longitude)
values
    ('easttown', 'Easttown', '东镇', 'KI', 'Pacific/Kiritimati', 1.87, -157.4),
    ('westtown', 'Westtown', null, 'UM', 'Pacific/Midway', 28.2, -177.4);
select
    (select city_id from catalog.cities where slug = 'easttown') as east,
    (select city_id from catalog.cities where slug = 'westtown') as west \gset
insert into catalog.venues (city_id, name, address, postal_code, latitude, longitude)
values
    (:east, 'Reef Cinema', '1 Reef Road', 'QX1 2AB', 1.87, -157.40),
    (:east, 'Lagoon Cinema', '2 Lagoon Road', 'QX2 2AB', 1.87, -157.49),
    (:west, 'Albatross Hall', '3 Runway', null, 28.2, -177.4);
insert into catalog.events (kind, title, title_zh, duration_minutes, genres, people)
values
    ('film', 'Zyxwomir''s Café', null, 90, '{comedy}', '{Quillfeather Jones}'),
    ('film', 'The Quibblesnark', '奇异的礁石', 120, '{drama}', '{}'),
    ('concert', 'Nocturnes for Zyxwomir', null, 60, '{classical}', '{}');
select
    (select event_id from catalog.events where title like 'Zyxwomir%') as cafe,
    (select event_id from catalog.events where title like '%Quibblesnark') as snark,
    (select event_id from catalog.events where title like 'Nocturnes%') as nocturnes \gset
select catalog.learn_words(array[:cafe, :snark, :nocturnes]);

create function pg_temp.play(p_event_id bigint, p_venue text, p_starts_at timestamptz) returns bigint language sql as $$
    with hall as (
        insert into catalog.halls (venue_id, name, admission, capacity)
        select v.venue_id, gen_random_uuid()::text, 'general', 5 from catalog.venues as v where v.name = p_venue
        returning hall_id
    )
    select hall_id from hall
$$;
select pg_temp.play(:cafe, 'Reef Cinema', now()) as reef, pg_temp.play(:cafe, 'Lagoon Cinema', now()) as lagoon, pg_temp.play(:cafe, 'Albatross Hall', now()) as albatross \gset
\set price '\'{"entry": 1000}\''
-- Noon of the day after tomorrow by each city's own clock.
select
    ((now() at time zone 'Pacific/Kiritimati')::date + 2) as east_day,
    ((now() at time zone 'Pacific/Midway')::date + 2) as west_day \gset
select sales.create_show(:cafe, :reef, (:'east_day'::date + time '00:30') at time zone 'Pacific/Kiritimati', :price, 'USD') as early \gset
select sales.create_show(:cafe, :reef, (:'east_day'::date + time '23:30') at time zone 'Pacific/Kiritimati', :price, 'USD') as late \gset
select sales.create_show(:cafe, :lagoon, (:'east_day'::date + 1 + time '12:00') at time zone 'Pacific/Kiritimati', :price, 'USD') as next_day \gset
select sales.create_show(:snark, :lagoon, (:'east_day'::date + time '12:00') at time zone 'Pacific/Kiritimati', :price, 'USD') as snark_show \gset
select sales.create_show(:nocturnes, :albatross, (:'west_day'::date + time '23:59') at time zone 'Pacific/Midway', :price, 'USD') as west_show \gset
select sales.create_show(:snark, :reef, now() + interval '8 days', :price, 'USD') as over_show \gset
update sales.shows set starts_at = now() - interval '1 hour', ends_at = now() + interval '1 hour' where show_id = :over_show;
select sales.create_show(:snark, :reef, now() + interval '9 days', :price, 'USD', 'draft') as draft_show \gset
select sales.create_show(:snark, :reef, now() + interval '10 days', :price, 'USD') as cancelled_show \gset
update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = :cancelled_show;

create function pg_temp.titles(p_list json) returns text language sql as $$
    select coalesce(string_agg(item ->> 'title', ' | ' order by place), '')
    from json_array_elements(p_list -> 'items') with ordinality as i (item, place)
$$;

-- Cities and venues.
select ok((select count(*) = 1 from json_array_elements(api.list_cities(p_per_page => 30) -> 'items') as c where c ->> 'name' = 'Easttown' and c ->> 'venue_count' = '2'), 'a city tells how many venues it has');
select is(api.list_venues(:east) #>> '{items,0,name}', 'Lagoon Cinema', 'the venues of a city come by name');
select is(api.list_venues(null, 1.87, -157.4, 50) #>> '{items,0,name}', 'Reef Cinema', 'around a point the nearest comes first');
select is((api.list_venues(null, 1.87, -157.4, 50) #>> '{items,1,distance_km}')::numeric, 10.01, 'and its distance is that on the globe');
select is(api.list_venues(null, 1.87, -157.4, 10) ->> 'total', '1', 'what is outside of the radius is not there');
select is(api.list_venues(:west, 1.87, -157.4) #>> '{items,0,name}', 'Albatross Hall', 'without a radius all are, however far');
select is(api.list_venues(:east, p_page => 2, p_per_page => 1) #>> '{items,0,name}', 'Reef Cinema', 'lists have pages');
select is((api.list_venues(:east, p_page => 9) -> 'items')::text || (api.list_venues(:east, p_page => 9) ->> 'total'), '[]2', 'a page past the end is empty, with the total');
select is(api.get_venue((api.list_venues(:west) #>> '{items,0,venue_id}')::bigint) #>> '{halls,0,capacity}', '5', 'a venue has its halls');
select is(api.get_venue(0)::text, null, 'a venue that is not there');

-- A day without a city is that of each show's own place: Kiritimati is a day ahead of Midway.
create function pg_temp.ours(p_list json) returns text language sql as $$
    select string_agg(item ->> 'title', ' | ' order by place)
    from json_array_elements(p_list -> 'items') with ordinality as i (item, place)
    where item ->> 'title' ~ 'Zyxwomir|Quibblesnark'
$$;
select is(pg_temp.ours(api.search(p_date => :'east_day')), 'Zyxwomir''s Café | The Quibblesnark', 'a day is counted where the show is');
select is(pg_temp.ours(api.search(p_date => :'west_day', p_sort => 'date,desc')), 'Nocturnes for Zyxwomir', 'also at the other end of the world, where it lasts longest');
select is(pg_temp.titles(api.search(p_q => 'zyxwomir', p_date => :'east_day')), 'Zyxwomir''s Café', 'with words');
select is(json_array_length(api.search(p_q => 'zyxwomir', p_date => :'east_day') #> '{items,0,shows}'), 2, 'of which only the shows of the day are told');
select is(pg_temp.titles(api.search(p_date => :'east_day', p_city_id => :west)), '', 'and a city');
select is(pg_temp.titles(api.search(p_date => '2001-01-01')), '', 'of a day that is over there is nothing');
select is(page.search('en', 'zyxwomir', p_date => :'west_day') #>> '{events,0,title}', 'Nocturnes for Zyxwomir', 'and so it is on the page');

-- Events of a city and a day.
select is(pg_temp.titles(api.list_events(:east)), 'Zyxwomir''s Café | The Quibblesnark', 'what has most shows comes first');
select is(pg_temp.titles(api.list_events(:west, p_kind => 'concert')), 'Nocturnes for Zyxwomir', 'of a kind');
select is(pg_temp.titles(api.list_events(:west, p_kind => 'film')), '', 'or none');
select is((api.list_events(:east) #>> '{items,0,next_show_at}')::timestamptz, (select starts_at from sales.shows where show_id = :early), 'with the next show''s time');
select is(pg_temp.titles(api.list_events(:east, p_date => :'east_day'::date + 1)), 'Zyxwomir''s Café', 'a date is a day of the city');
select is(pg_temp.titles(api.list_events(:west, p_date => :'west_day')), 'Nocturnes for Zyxwomir', 'up to its last minute');
select is(pg_temp.titles(api.list_events(:west, p_date => :'west_day'::date + 1)), '', 'and no longer');
select is(api.list_events(0) ->> 'total', '0', 'nothing plays in a city that is not there');

-- One event.
select is(api.get_event(:cafe) ->> 'people', '["Quillfeather Jones"]', 'an event with all of it');
select is(api.get_event(:cafe) #>> '{cities,0,slug}', 'easttown', 'and where it plays');
select is(api.get_event(0)::text, null, 'an event that is not there');

-- Its shows.
select api.list_event_shows(:cafe, :east) as shows \gset
select is(:'shows'::json #>> '{items,0,venue,name}' || (:'shows'::json #>> '{items,1,venue,name}'), 'Lagoon CinemaReef Cinema', 'shows by venue');
select is(
    (select string_agg(s ->> 'show_id', ',') from json_array_elements(:'shows'::json #> '{items,1,shows}') as s),
    :early || ',' || :late,
    'in order of time'
);
select is(
    (:'shows'::jsonb #> '{items,0,shows,0}') - array['starts_at', 'ends_at', 'hall'],
    jsonb_build_object('show_id', :next_day, 'admission', 'general', 'price_from', '{"value": 1000, "currency": "USD"}'::jsonb, 'seats_available', 5, 'status', 'on_sale'),
    'with the least price and how many are free'
);
select is(code, null, 'five places are held') from sales.hold_seats(:next_day, :alice, null, 5);
select is(api.list_event_shows(:cafe, :east) #>> '{items,0,shows,0,status}', 'sold_out', 'then it is sold out');
select pg_temp.let_lapse(:next_day);
select is(api.list_event_shows(:cafe, :east) #>> '{items,0,shows,0,seats_available}', '5', 'until they lapse');
select is(api.list_event_shows(:cafe, p_date => :'east_day'::date + 1) #>> '{items,0,shows,0,show_id}', :'next_day', 'of a day at the venue');
select is(api.list_event_shows(:cafe, null, null, 1.87, -157.4, 50) #>> '{items,0,venue,name}', 'Reef Cinema', 'around a point the nearest venue first');
select is(api.list_event_shows(:snark) #>> '{items,0,shows,0,show_id}', :'snark_show', 'neither over nor draft nor cancelled');
select is(api.list_event_shows(:snark) ->> 'total', '1', 'just the one');
select is(api.list_event_shows(0)::text, null, 'shows of an event that is not there');

-- Search.
select is(pg_temp.titles(api.search('zyxwomir', p_sort => 'name')), 'Nocturnes for Zyxwomir | Zyxwomir''s Café', 'a word finds titles');
select is(pg_temp.titles(api.search('ZYXWOMIR cafe')), 'Zyxwomir''s Café', 'all words must fit, whatever their case and accents');
select is(pg_temp.titles(api.search('quillf')), 'Zyxwomir''s Café', 'people are found, and the last word may be unfinished');
select is(pg_temp.titles(api.search('异的礁')), 'The Quibblesnark', 'a part of a title without spaces is found');
select is(pg_temp.titles(api.search('quiblesnark')), 'The Quibblesnark', 'a near miss is found when nothing else is');
select is(api.search('quiblesnark', p_spellcheck => true) ->> 'suggestion', 'quibblesnark', 'and what was meant is suggested');
select is(api.search('quibblesn', p_spellcheck => true) ->> 'suggestion', null, 'an unfinished word is not misspelt');
select is(pg_temp.titles(api.search('100%_zy\')), '', 'signs of patterns are just signs');
select is(api.search('!!! &|:* ()') ->> 'total', '0', 'so are those of queries');
select is(pg_temp.titles(api.search('zyxwomir', p_kind => 'concert')), 'Nocturnes for Zyxwomir', 'of a kind');
select is(pg_temp.titles(api.search('zyxwomir', p_city => 'easttown')), 'Zyxwomir''s Café', 'in a city by its name');
select is(pg_temp.titles(api.search(p_city => '东镇', p_sort => 'name')), 'The Quibblesnark | Zyxwomir''s Café', 'in either language');
select is(pg_temp.titles(api.search(p_city_id => :west)), 'Nocturnes for Zyxwomir', 'or by its id');
select is(pg_temp.titles(api.search(p_postal_code => 'qx2', p_sort => 'name')), 'The Quibblesnark | Zyxwomir''s Café', 'by the beginning of a postal code');
select is(pg_temp.titles(api.search(p_lat_long => '1.87,-157.49', p_radius_km => 1, p_sort => 'name,desc')), 'Zyxwomir''s Café | The Quibblesnark', 'around a point');
select is(
    pg_temp.titles(api.search(p_city_id => :east, p_start_datetime => (select starts_at - interval '1 s' from sales.shows where show_id = :next_day))),
    'Zyxwomir''s Café', 'from a time on'
);
select is(
    pg_temp.titles(api.search(p_city_id => :east, p_end_datetime => (select starts_at from sales.shows where show_id = :early))),
    'Zyxwomir''s Café', 'until a time'
);
select is(pg_temp.titles(api.search(p_city_id => :east, p_sort => 'date,desc')), 'The Quibblesnark | Zyxwomir''s Café', 'sorted by the next show''s time, latest first');
select is(pg_temp.titles(api.search(p_lat_long => '1.87,-157.49', p_radius_km => 50, p_sort => 'distance,name,desc')), 'Zyxwomir''s Café | The Quibblesnark', 'equals by the next key');
select is(pg_temp.titles(api.search('zyxwomir', p_sort => 'name,date,asc', p_page => 2, p_per_page => 1)), 'Zyxwomir''s Café', 'page by page');
select is(api.search('zyxwomir', p_city_id => :east) #>> '{items,0,shows,0,show_id}', :'early', 'each with its next shows');

-- What is refused.
select is(pg_temp.refusal('select api.' || bad), 'invalid_request ' || field, 'refused: ' || bad)
from (
    values
        ('list_cities(p_page => 0)', 'page'), ('list_cities(p_page => -1)', 'page'), ('list_cities(p_per_page => 0)', 'per_page'), ('list_cities(p_per_page => 31)', 'per_page'),
        ('list_events(p_kind => ''opera'')', 'kind'), ('list_events(p_date => ''infinity'')', 'date'), ('list_events(p_date => ''5000-01-01'')', 'date'),
        ('list_venues(p_latitude => 1)', 'longitude'), ('list_venues(p_longitude => 1)', 'latitude'), ('list_venues(p_latitude => 91, p_longitude => 0)', 'latitude'),
        ('list_venues(p_latitude => ''NaN'', p_longitude => 0)', 'latitude'), ('list_venues(p_latitude => 0, p_longitude => 181)', 'longitude'),
        ('list_venues(p_radius_km => 5)', 'radius_km'), ('list_venues(p_latitude => 0, p_longitude => 0, p_radius_km => 0)', 'radius_km'),
        ('list_venues(p_latitude => 0, p_longitude => 0, p_radius_km => ''Infinity'')', 'radius_km'),
        ('list_event_shows(1, p_latitude => 1)', 'longitude'), ('list_event_shows(1, p_per_page => 31)', 'per_page'),
        ('search(p_sort => ''price'')', 'sort'), ('search(p_sort => '','')', 'sort'), ('search(p_sort => ''asc'')', 'sort'), ('search(p_sort => ''name,up'')', 'sort'),
        ('search(p_sort => ''name,name'')', 'sort'), ('search(p_sort => ''name,asc,desc'')', 'sort'), ('search(p_sort => ''name,'')', 'sort'), ('search(p_sort => ''distance'')', 'sort'),
        ('search(p_per_page => 31)', 'per_page'), ('search(p_page => 0)', 'page'), ('search(p_kind => '''')', 'kind'),
        ('search(p_lat_long => ''51.5'')', 'lat_long'), ('search(p_lat_long => ''51.5,x'')', 'lat_long'), ('search(p_lat_long => ''91,0'')', 'lat_long'),
        ('search(p_lat_long => ''51.5,-0.12,3'')', 'lat_long'), ('search(p_radius_km => 5)', 'radius_km'), ('search(p_lat_long => ''0,0'', p_radius_km => -1)', 'radius_km'),
        ('search(p_postal_code => ''%'')', 'postal_code'), ('search(p_postal_code => ''ABCDEFGHIJKLM'')', 'postal_code'),
        ('search(p_end_datetime => ''2001-01-01'')', 'end_datetime'), ('search(p_start_datetime => ''2900-01-02'', p_end_datetime => ''2900-01-01'')', 'end_datetime'),
        ('search(p_q => repeat(''x'', 201))', 'q')
) as r (bad, field);

select * from finish();
rollback;
