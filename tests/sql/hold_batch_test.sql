-- Many requests in one call: each has its own verdict, in arrival order.
\ir support/house.sql
select * from no_plan();

create temporary table verdicts as
select *
from sales.hold_batch(
    :seated,
    array[:alice, :bob, null, :carol, :bob, :carol]::bigint[],
    '[
        {"n": 1, "seats": ["A-1", "A-2"]},
        {"n": 2, "seats": ["A-2", "A-3"]},
        {"n": 3, "seats": ["A-4"]},
        {"n": 4, "quantity": 2, "tier": "premium"},
        {"n": 5, "seats": ["A-3"]},
        {"n": 6, "seats": ["X-1"]}
    ]'
);
select results_eq(
    'select n, code from verdicts order by n',
    $$values (1, null), (2, 'seats_taken'), (3, 'not_signed_in'), (4, null), (5, null), (6, 'unknown_seat')$$,
    'who came first has the seat; what the refused one left is given to the next'
);
select is((select body ->> 'taken' from verdicts where n = 2), '["A-2"]', 'the refused one learns which seat went to a neighbour in the batch');

-- Places run out in arrival order, and what does not fit is skipped, not cut.
drop table verdicts;
create temporary table verdicts as
select *
from sales.hold_batch(
    :general,
    array[:alice, :bob, :carol, :carol]::bigint[],
    '[{"n": 1, "quantity": 9}, {"n": 2, "quantity": 4}, {"n": 3, "quantity": 3}, {"n": 4, "quantity": 1}]'
);
select results_eq(
    'select n, code from verdicts order by n',
    $$values (1, null), (2, 'seats_taken'), (3, null), (4, 'sold_out')$$,
    'nine of twelve, four do not fit, three do, then nothing is left'
);

-- One buyer's requests in one batch count together.
select sales.end_holds(:general, array_agg(booking_id), 'released') from sales.bookings where show_id = :general and status = 'held';
select results_eq(
    format(
        'select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "quantity": 6}, {"n": 2, "quantity": 5}]'') order by n',
        :general, :alice, :alice
    ),
    $$values (1, null), (2, 'too_many_seats')$$,
    'ten held seats a buyer, also within a batch'
);

-- Idempotency.
select body ->> 'booking_id' as first from sales.hold_seats(:general, :bob, null, 2, null, null, 'key-1') \gset
select is(body ->> 'booking_id', :'first', 'a repeat gets the first booking') from sales.hold_seats(:general, :bob, null, 2, null, null, 'key-1');
select is(code, 'idempotency_key_reused', 'the key for something else is refused') from sales.hold_seats(:general, :bob, null, 1, null, null, 'key-1');
select isnt(body ->> 'booking_id', :'first', 'another buyer''s key is another key') from sales.hold_seats(:general, :carol, null, 1, null, null, 'key-1');
select results_eq(
    format(
        'select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "quantity": 1, "idempotency_key": "k"}, {"n": 2, "quantity": 1, "idempotency_key": "k"}]'') order by n',
        :general, :bob, :bob
    ),
    $$values (1, null), (2, 'busy')$$,
    'the same key twice in one batch: the second is to ask again'
);
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :bob), 3, 'and was not counted');
select body as first_answer from sales.hold_seats(:general, :carol, null, 1, null, null, 'key-3') \gset
select sales.end_holds(:general, array[booking_id], 'released') from sales.bookings where show_id = :general and idempotency_key = 'key-3';
select is(code, null, 'a repeat after the hold was given back is no error')
from sales.hold_seats(:general, :carol, null, 1, null, null, 'key-3');
select is(body::jsonb, :'first_answer'::jsonb, 'it gets the first answer, word for word')
from sales.hold_seats(:general, :carol, null, 1, null, null, 'key-3');
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :carol), 1, 'and holds nothing');
select is(code, 'idempotency_key_reused', 'a key is bound to its seats')
from (select sales.hold_seats(:seated, :alice, array['B-1'], null, null, null, 'key-2')) as h,
    lateral sales.hold_seats(:seated, :alice, array['B-2'], null, null, null, 'key-2');

-- Seats that named requests want are not given twice when others are chosen for by number.
select is(
    (
        select count(*)
        from (
            select jsonb_array_elements((h.body -> 'seats')::jsonb) ->> 'seat' as seat
            from sales.hold_batch(
                :seated,
                array[:bob, :carol, :bob]::bigint[],
                '[{"n": 1, "quantity": 2, "together": false, "tier": "standard"}, {"n": 2, "quantity": 4, "tier": "standard"}, {"n": 3, "seats": ["B-5", "B-6"]}]'
            ) as h
            where h.code is null
        ) as given
        group by given.seat
        having count(*) > 1
    ),
    null,
    'no seat is given twice in a batch of all kinds'
);
-- Kinds of wishes beside each other: none takes a seat from another without need, and none goes before its turn.
select sales.end_holds(:seated, array_agg(booking_id), 'released') from sales.bookings where show_id = :seated and status = 'held';
select sales.end_holds(:general, array_agg(booking_id), 'released') from sales.bookings where show_id = :general and status = 'held';
select results_eq(
    format('select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "quantity": 2}, {"n": 2, "quantity": 1}]'') order by n', :seated, :alice, :bob),
    $$values (1, null), (2, null)$$,
    'a pair that sits together leaves another seat to a single one'
);
select sales.end_holds(:seated, array_agg(booking_id), 'released') from sales.bookings where show_id = :seated and status = 'held';
update sales.show_seats set status = 'blocked' where show_id = :seated and seat <> 'A-1';
savepoint one_seat;
select results_eq(
    format('select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "seats": ["A-1", "Z-9"]}, {"n": 2, "quantity": 1}]'') order by n', :seated, :alice, :bob),
    $$values (1, 'unknown_seat'), (2, null)$$,
    'a seat that was named in vain is there for who comes after'
);
rollback to one_seat;
select results_eq(
    format('select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "quantity": 1}, {"n": 2, "seats": ["A-1"]}]'') order by n', :seated, :alice, :bob),
    $$values (1, null), (2, 'seats_taken')$$,
    'the last seat goes to who came first, though a later one names it'
);
update sales.show_seats set tier = 'premium' where show_id = :general and seat_no > 6;
insert into sales.show_tiers (show_id, tier, price_minor) values (:general, 'premium', 3000);
select results_eq(
    format(
        'select n, code from sales.hold_batch(%s, array[%s, %s, %s], ''[{"n": 1, "quantity": 4}, {"n": 2, "quantity": 2, "tier": "premium"}, {"n": 3, "quantity": 2, "tier": "standard"}]'') order by n',
        :general, :alice, :bob, :carol
    ),
    $$values (1, null), (2, null), (3, null)$$,
    'who takes any tier leaves enough of each to those who want one'
);
select is(code, 'invalid_request', 'names in rows are refused') from sales.hold_seats(:seated, :carol, array[['A-1'], ['A-2']]);
select results_eq(
    format('select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "seats": [["A-1"], ["A-2"]]}, {"n": 2, "seats": ["B-1"]}]'') order by n', :seated, :alice, :carol),
    $$values (1, 'invalid_request'), (2, 'seats_taken')$$,
    'and undo no neighbour'
);

-- What lapses is counted down, also for those who get new seats in the same batch, and for those who ask in vain.
select sales.end_holds(:general, array_agg(booking_id), 'released') from sales.bookings where show_id = :general and status = 'held';
select sales.hold_seats(:general, :alice, null, 6), sales.hold_seats(:general, :bob, null, 4), sales.hold_seats(:general, :carol, null, 2);
select pg_temp.let_lapse(:general);
select results_eq(
    format('select n, code from sales.hold_batch(%s, array[%s, %s], ''[{"n": 1, "quantity": 9}, {"n": 2, "quantity": 4}]'') order by n', :general, :alice, :bob),
    $$values (1, null), (2, 'seats_taken')$$,
    'who holds six that lapsed may hold nine new ones'
);
select results_eq(
    format('select user_id, claimed_count from sales.buyers where show_id = %s order by user_id', :general),
    format('values (%s::bigint, 9), (%s, 0), (%s, 0)', :alice, :bob, :carol),
    'and each buyer''s count says what is held now'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
