-- The seat map's model, and the form that takes seats from it.
\ir support/house.sql
select * from no_plan();

-- "/shows/1?refused=x&keep=A-1" to {"": "/shows/1", "refused": "x", …}; a repeated field keeps its last value.
create function pg_temp.location(p_model json) returns text language sql as $$
    select replace(p_model ->> 'location', current_setting('test.show'), 'SHOW')
$$;
select set_config('test.show', '/shows/' || :seated, true) \gset

-- The map
create temporary table map as
select (page.show(null, :seated, 'en') -> 'map')::jsonb as model;
select is((select model ->> 'columns' from map), '9', 'the hall is as wide as its widest row with its gap');
select is(
    (select jsonb_path_query_array(model, '$.prices[*].tier') from map),
    '["standard", "premium"]',
    'price classes stand in the order of their prices'
);
select is(
    (select jsonb_path_query_array(model, '$.rows[*].row') from map),
    '["A", "B", "C"]',
    'rows stand in the order of the hall'
);
select is(
    (select model #> '{rows,0,seats,4}' from map),
    '{"seat": "A-5", "number": 5, "gap": 2}',
    'a gap of one seat is two halves; a free seat says no more'
);
select is((select model #> '{rows,2,price,value}' from map), '1500', 'a row has the price of its first seat');
select is((select jsonb_array_length(jsonb_path_query_array(model, '$.rows[*].seats[*].price')) from map), 0, 'which its other seats share');

update sales.show_seats set price_minor = 900 where show_id = :seated and seat = 'A-2';
select is(
    (page.show(null, :seated, 'en') -> 'map')::jsonb #> '{rows,0,seats,1}',
    '{"seat": "A-2", "tier": "standard", "price": {"value": 900, "currency": "EUR"}, "number": 2, "price_class": 0}',
    'a seat with a price of its own says so'
);
select is((page.show(null, :seated, 'en') -> 'map')::jsonb #>> '{rows,0,price_class}', '1', 'and a class of its own moves the others up');

-- Holding by the form
select is(
    pg_temp.location(page.create_hold(null, :seated, array['A-1', 'A-3'])),
    '/login?next=' || page.encode('/shows/' || :seated || '?keep=A-1&keep=A-3'),
    'a stranger signs in first, and the choice is kept'
);
select is(pg_temp.location(page.create_hold(:alice, :seated)), 'SHOW?refused=no_seats', 'nothing ticked, nothing asked');
select page.create_hold(:alice, :seated, array['A-1', 'A-3']) ->> 'location' as booking \gset
select alike(:'booking'::text, '/bookings/bk\_%', 'seats that are free lead to the booking');
select is(page.create_hold(:alice, :seated, array['A-1', 'A-3']) ->> 'location', :'booking', 'the same form again leads to the same booking');
select is(
    pg_temp.location(page.create_hold(:bob, :seated, array['A-3', 'A-4', 'B-1'])),
    'SHOW?refused=seats_taken&gone=A-3&keep=A-4&keep=B-1',
    'who was slower learns which seat is gone and keeps the others'
);
select is(
    pg_temp.location(page.create_hold(:bob, :seated, array['Z-1'])),
    'SHOW?refused=unknown_seat&keep=Z-1',
    'a seat that does not exist is refused'
);
select is(
    pg_temp.location(page.create_hold(:bob, :seated, null, 9, 'standard', true)),
    'SHOW?refused=not_together&quantity=9&tier=standard&together=true',
    'what cannot be had together is said, with what was asked'
);
select throws_ok(format('select page.create_hold(%s, 999999999, array[''A-1''])', :alice), 'BX404', null, 'a show that does not exist is not found');
select is(
    (select pg_temp.location(page.create_hold(:bob, :general, null, 9)) like '/bookings/%'),
    true,
    'places are held by number'
);
select is(
    page.create_hold(:carol, :general, null, 5) ->> 'location',
    format('/shows/%s?refused=too_few&available=3&quantity=5&together=false', :general),
    'too few are left'
);

-- What the map says then
create temporary table shown as
select page.show(:bob, :seated, 'en', 'seats_taken', array['A-3', '<b>'], array['A-4', 'A-1', 'Z-9'])::jsonb as model;
select is(
    (select model -> 'refusal' from shown),
    '{"refused": "seats_taken", "gone_list": "A-3", "available": null, "kept": true, "kept_list": "A-1, A-4"}',
    'only seats that the show has are named'
);
select is(
    (select jsonb_path_query_array(model, '$.map.rows[*].seats[*] ? (@.is_ticked == true).seat') from shown),
    '["A-4"]',
    'and only free ones are ticked'
);
select is(
    (select jsonb_path_query_array(model, '$.map.rows[*].seats[*] ? (@.is_held == true).seat') from shown),
    '["A-1", "A-3"]',
    'held seats are shown as held'
);
select is(page.show(:alice, :seated, 'en') #>> '{own_bookings,0,seat_list}', 'A-1, A-3', 'the buyer sees what is held already');
select is(page.show(:bob, :seated, 'en') ->> 'own_bookings', null, 'another does not');
select is(page.show(:bob, :seated, 'en', '<script>') ->> 'refusal', null, 'a refusal that is none is not shown');

select pg_temp.let_lapse(:seated);
select is(
    jsonb_path_query_array(page.show(null, :seated, 'en')::jsonb, '$.map.rows[*].seats[*] ? (@.is_taken == true).seat'),
    '[]',
    'a lapsed hold is free'
);

-- Shows that cannot be bought
update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = :seated;
select is(page.show(null, :seated, 'en') ->> 'state', 'cancelled', 'a cancelled show says so');
update sales.shows set status = 'on_sale', cancelled_at = null, sale_starts_at = now() + interval '1 day' where show_id = :seated;
select is(page.show(null, :seated, 'en') ->> 'state', 'soon', 'one whose sale has not begun says when');
update sales.shows set sale_starts_at = now() - interval '9 days', starts_at = now() - interval '1 minute' where show_id = :seated;
select is(page.show(null, :seated, 'en') ->> 'state', 'over', 'one that has begun is over');
update sales.shows set status = 'draft' where show_id = :seated;
select throws_ok(format('select page.show(null, %s, ''en'')', :seated), 'BX404', null, 'a draft is not found');

select * from finish();
rollback;
