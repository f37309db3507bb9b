-- Halls and shows as they are made, and what is told of one show: itself, its layout, its seats' states.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

-- Making a hall.
select catalog.create_hall(
    :venue_id, 'Shapes', '[{"row": "A", "seats": 4, "gaps": [2], "accessible": [1]}, {"row": "B", "seats": 2, "tier": "premium"}]', null
) as shapes \gset
select results_eq(
    format('select seat, x, y, block_no, tier, accessible from catalog.seats where hall_id = %s order by seat_no', :shapes),
    $$values ('A-1', 0::real, 0::real, 1, 'standard', true), ('A-2', 1, 0, 1, 'standard', false), ('A-3', 3, 0, 2, 'standard', false),
        ('A-4', 4, 0, 2, 'standard', false), ('B-1', 1.5, 1, 3, 'premium', false), ('B-2', 2.5, 1, 3, 'premium', false)$$,
    'rows are centred, a gap is an aisle of one seat, and blocks end at gaps'
);
select is(
    (select seat from catalog.seats where hall_id = :seated_hall order by quality, seat_no limit 1),
    'B-4',
    'the best seat is in the middle, two thirds of the way back'
);
select is((select array[admission, capacity::text] from catalog.halls where hall_id = :general_hall), array['general', '12'], 'a hall of places has no seats, but a capacity');
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Bad'', %L, null)', :venue_id, bad)), 'invalid_request rows', 'refused as rows: ' || left(bad, 60))
from unnest(array[
    '[]', '{}', '"A"', '[3]', '[null]', '[{"seats": 4}]', '[{"row": "A"}]', '[{"row": "A", "seats": 0}]', '[{"row": "A", "seats": -1}]',
    '[{"row": "A", "seats": 1.5}]', '[{"row": "A", "seats": 501}]', '[{"row": "A", "seats": 1e30}]', '[{"row": "A", "seats": "4"}]',
    '[{"row": "", "seats": 4}]', '[{"row": "A B", "seats": 4}]', '[{"row": "A-1", "seats": 4}]', '[{"row": "ABCDEFGHI", "seats": 4}]',
    '[{"row": 1, "seats": 4}]', '[{"row": "A", "seats": 4}, {"row": "A", "seats": 4}]', '[{"row": "A", "seats": 4, "tier": "VIP"}]',
    '[{"row": "A", "seats": 4, "tier": null}]', '[{"row": "A", "seats": 4, "gaps": 2}]', '[{"row": "A", "seats": 4, "gaps": [5]}]',
    '[{"row": "A", "seats": 4, "gaps": ["2"]}]', '[{"row": "A", "seats": 4, "accessible": [0]}]', '[{"row": "A", "seats": 4, "colour": "red"}]'
]) as bad;
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Bad'', %L, null)', :venue_id,
    (select jsonb_agg(jsonb_build_object('row', n::text, 'seats', 500)) from generate_series(1, 201) as n))), 'invalid_request rows', 'more than 100000 seats');
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Bad'', null, %s)', :venue_id, bad)), 'invalid_request places', 'refused as places: ' || bad)
from unnest(array[0, -1, 100001]) as bad;
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Bad'', null, null)', :venue_id)), 'invalid_request rows', 'neither rows nor places');
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Bad'', ''[]'', 5)', :venue_id)), 'invalid_request rows', 'rows and places');
select is(pg_temp.refusal('select catalog.create_hall(0, ''Bad'', null, 5)'), 'invalid_request venue_id', 'a venue that is not there');
select is(pg_temp.refusal(format('select catalog.create_hall(%s, '' '', null, 5)', :venue_id)), 'invalid_request name', 'no name');
select is(pg_temp.refusal(format('select catalog.create_hall(%s, ''Floor'', null, 5)', :venue_id)), 'already_exists name', 'a name that the venue has already');

-- Making a show.
select results_eq(
    format('select count(*), min(seat_no), max(seat_no), min(seat), min(price_minor), max(tier) from sales.show_seats where show_id = %s', :general),
    $$values (12::bigint, 1, 12, 'GA-1', 2500::bigint, 'standard')$$,
    'a place is a seat GA-n, all of one price'
);
select results_eq(
    format('select s.tier, s.price_minor, count(*) from sales.show_seats as s where s.show_id = %s group by 1, 2 order by 1', :seated),
    $$values ('premium', 1500::bigint, 8::bigint), ('standard', 1200, 16)$$,
    'a seat has its tier''s price'
);
select results_eq(
    format('select ends_at - starts_at, venue_id, status, hold_seconds, max_seats from sales.shows where show_id = %s', :seated),
    format('values (interval ''117 minutes'', %s::bigint, ''on_sale'', 300, 10)', :venue_id),
    'a show is as long as its event, and has the usual rules'
);
create function pg_temp.show_refusal(p_hall_id bigint, p_given jsonb, p_event_id bigint) returns text language sql as $$
    select pg_temp.refusal(format(
        'select sales.create_show(%s, %s, %L, %L, %L, %L, %L)',
        coalesce(p_given ->> 'event_id', p_event_id::text), coalesce(p_given ->> 'hall_id', p_hall_id::text), coalesce(p_given ->> 'starts_at', (now() + interval '1 day')::text),
        coalesce(p_given ->> 'prices', '{"standard": 1200, "premium": 1500}'), coalesce(p_given ->> 'currency', 'EUR'), coalesce(p_given ->> 'status', 'on_sale'),
        p_given ->> 'sale_starts_at'
    ))
$$;
select is(pg_temp.show_refusal(:seated_hall, bad, :event_id), 'invalid_request ' || (select jsonb_object_keys(bad)), 'refused: ' || bad::text)
from unnest(array[
    '{"event_id": "0"}', '{"hall_id": "0"}', '{"starts_at": "now"}', '{"starts_at": "yesterday"}', '{"starts_at": "2020-05-01T18:00:00Z"}', '{"starts_at": "infinity"}', '{"starts_at": "4000-01-01"}', '{"prices": "[]"}', '{"prices": "{}"}',
    '{"prices": "{\"standard\": 1200}"}', '{"prices": "{\"standard\": 1200, \"premium\": 1, \"gold\": 1}"}',
    '{"prices": "{\"standard\": -1, \"premium\": 1}"}', '{"prices": "{\"standard\": 1.5, \"premium\": 1}"}',
    '{"prices": "{\"standard\": \"12\", \"premium\": 1}"}', '{"prices": "{\"standard\": 100000001, \"premium\": 1}"}',
    '{"prices": "{\"standard\": null, \"premium\": 1}"}', '{"currency": "euro"}', '{"currency": "eur"}', '{"status": "cancelled"}', '{"status": "open"}',
    '{"sale_starts_at": "3000-01-01"}', '{"sale_starts_at": "-infinity"}'
]::jsonb[]) as bad;
select is(pg_temp.show_refusal(:general_hall, '{"prices": "{\"a\": 1, \"b\": 2}"}', :event_id), 'invalid_request prices', 'places that are all alike have one price');
select is(pg_temp.show_refusal(:general_hall, '{"prices": "{\"A B\": 1}"}', :event_id), 'invalid_request prices', 'of a tier with a proper name');
select is(pg_temp.show_refusal(:general_hall, '{"prices": "{\"entry\": 0}"}', :event_id), null, 'which may be nothing');

-- The rules of a show.
select sales.set_show_rules(:general, 4, 60, 1, false, 'first_fit', 600, 0);
select results_eq(
    format('select max_seats, hold_seconds, hold_grace_seconds, waitlist_enabled, waitlist_policy, waitlist_seconds, refund_cutoff_seconds from sales.shows where show_id = %s', :general),
    $$values (4, 60, 1, false, 'first_fit', 600, 0)$$,
    'rules can be set'
);
select sales.set_show_rules(:general, null, 120, null, null, null, null, null);
select results_eq(format('select max_seats, hold_seconds from sales.shows where show_id = %s', :general), 'values (4, 120)', 'one by one');
select is(pg_temp.refusal(format('select sales.set_show_rules(%s, %s)', :general, given)), 'invalid_request ' || field, 'refused as ' || field)
from (
    values
        ('11, null, null, null, null, null, null', 'max_seats'), ('0, null, null, null, null, null, null', 'max_seats'),
        ('null, 0, null, null, null, null, null', 'hold_seconds'), ('null, null, 601, null, null, null, null', 'hold_grace_seconds'),
        ('null, null, null, null, ''lottery'', null, null', 'waitlist_policy'), ('null, null, null, null, null, 0, null', 'waitlist_seconds'),
        ('null, null, null, null, null, null, -1', 'refund_cutoff_seconds')
) as r (given, field);
select sales.set_show_rules(:general, null, null, null, null, null, null, null, 12);
select is((select max_seats_per_buyer from sales.shows where show_id = :general), 12, 'a limit a buyer');
select is(pg_temp.refusal(format('select sales.set_show_rules(%s, null, null, null, null, null, null, null, 1001)', :general)), 'invalid_request max_seats_per_buyer', 'has its range');
select sales.set_show_rules(:general, 10, 300, 5, true, 'strict', 3600, 86400, 0);
select is((select max_seats_per_buyer from sales.shows where show_id = :general), null, 'and is taken away by 0');

-- A show as it is told.
select is(
    (select array_agg(key order by key) from json_object_keys(api.get_show(:seated)) as key),
    array['admission', 'ends_at', 'event', 'hall', 'hold_seconds', 'layout_url', 'max_seats', 'max_seats_per_buyer', 'sale_starts_at', 'seats_available', 'seats_held', 'seats_total', 'show_id', 'starts_at',
        'status', 'tiers', 'venue', 'waiting_room', 'waitlist_open'],
    'a show has these members'
);
select is(api.get_show(:seated) ->> 'status', 'on_sale', 'it is on sale');
select is((api.get_show(:seated) -> 'tiers')::jsonb, '[{"tier": "standard", "price": {"value": 1200, "currency": "EUR"}}, {"tier": "premium", "price": {"value": 1500, "currency": "EUR"}}]', 'tiers by price');
select is(api.get_show(:general) ->> 'seats_available', '12', 'all places are free');
select is(code, null, 'ten are held') from sales.hold_seats(:general, :alice, null, 10);
select is(api.get_show(:general) ->> 'seats_held', '10', 'and told');
select is(api.get_show(:general) ->> 'status', 'on_sale', 'two are left');
select is(code, null, 'which are held too') from sales.hold_seats(:general, :bob, null, 2);
select is(api.get_show(:general) ->> 'status', 'sold_out', 'nothing is free');
select is(api.get_show(:general) ->> 'waitlist_open', 'true', 'but may come free');
select pg_temp.let_lapse(:general);
select is(api.get_show(:general) ->> 'seats_available', '12', 'what has lapsed is free');
select is(api.get_show(:general) ->> 'waitlist_open', 'false', 'and nobody need wait');
select is(api.get_show(0)::text, null, 'a show that is not there');
select is(sales.show_status(status, sale_starts_at, starts_at, available), shown, 'a show is ' || shown)
from (
    values
        ('draft', now(), now() + interval '1 h', 1::bigint, 'draft'), ('cancelled', now(), now() - interval '1 h', 0, 'cancelled'),
        ('closed', now(), now() + interval '1 h', 1, 'closed'), ('on_sale', now(), now(), 1, 'closed'),
        ('on_sale', now() + interval '1 s', now() + interval '1 h', 0, 'scheduled'), ('on_sale', now(), now() + interval '1 h', 0, 'sold_out'),
        ('on_sale', now(), now() + interval '1 h', 1, 'on_sale')
) as s (status, sale_starts_at, starts_at, available, shown);

-- The layout.
select is(api.get_show_layout(:seated) #>> '{rows,2,row}', 'C', 'rows come in order');
select is(
    (api.get_show_layout(:seated) #> '{rows,2,seats,4}')::jsonb,
    '{"seat": "C-5", "number": 5, "x": 5, "y": 2, "tier": "premium", "price": {"value": 1500, "currency": "EUR"}, "accessible": false}',
    'a seat has its place, its tier and its price'
);
select is(
    (
        select string_agg(seat ->> 'seat', ',' order by r.place, s.place)
        from json_array_elements(api.get_show_layout(:seated) -> 'rows') with ordinality as r (value, place), json_array_elements(r.value -> 'seats') with ordinality as s (seat, place)
    ),
    (select string_agg(seat, ',' order by seat_no) from sales.show_seats where show_id = :seated),
    'the layout''s order is that of the states'
);
select is((api.get_show_layout(:general) -> 'rows')::text || (api.get_show_layout(:general) ->> 'places'), '[]12', 'places have no rows');
select is(api.get_show_layout(0)::text, null, 'no show, no layout');

-- The states.
select is(api.get_seat_states(:seated)::jsonb, jsonb_build_object('show_id', :seated, 'version', 0, 'available', 24, 'states', repeat('a', 24)), 'all is free at first');
select is(code, null, 'two are held') from sales.hold_seats(:seated, :alice, array['A-2', 'C-8']);
update sales.show_seats set status = 'blocked', change_count = change_count + 1 where show_id = :seated and seat = 'B-1';
select is(
    api.get_seat_states(:seated)::jsonb,
    jsonb_build_object('show_id', :seated, 'version', 3, 'available', 21, 'states', 'ahaaaaaabaaaaaaaaaaaaaah'),
    'a character a seat, and a version that counts changes'
);
select pg_temp.let_lapse(:seated);
select is(
    api.get_seat_states(:seated)::jsonb,
    jsonb_build_object('show_id', :seated, 'version', 5, 'available', 23, 'states', 'aaaaaaaabaaaaaaaaaaaaaaa'),
    'what lapses is free, and is a change'
);
select is(sales.expire_bookings(:seated), 1, 'when it is expired');
select is(api.get_seat_states(:seated) ->> 'version', '5', 'that is no other change');
select is(api.get_seat_states(0)::text, null, 'no show, no states');
update sales.shows set status = 'draft' where show_id = :seated;
select is(array[api.get_show(:seated), api.get_show_layout(:seated), api.get_seat_states(:seated)]::text[], array[null, null, null]::text[], 'drafts are not told of');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
