\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

-- Named seats.
select is(code, null, 'free seats that are named are held')
from sales.hold_seats(:seated, :alice, array['A-3', 'A-2']);
select results_eq(
    format('select seat, status from sales.show_seats where show_id = %s and status <> ''available'' order by seat_no', :seated),
    $$values ('A-2', 'held'), ('A-3', 'held')$$,
    'and those only'
);
select is((select claimed_count from sales.buyers where show_id = :seated and user_id = :alice), 2, 'the buyer''s count says so');
select results_eq(
    format('select status, amount_minor, currency::text, expires_at - created_at, held_until - expires_at from sales.bookings where show_id = %s', :seated),
    $$values ('held', 2400::bigint, 'EUR', interval '300 s', interval '5 s')$$,
    'a hold lasts 300 s by the buyer''s clock and 305 s by the database''s'
);
select is(body ->> 'taken', '["A-3"]', 'the seats that are gone are named, and no other') from sales.hold_seats(:seated, :bob, array['A-3', 'A-4']);
select is(code, 'seats_taken', 'and the verdict is seats_taken') from sales.hold_seats(:seated, :bob, array['A-3', 'A-4']);
select is_empty(
    format('select from sales.buyers where show_id = %s and user_id = %s', :seated, :bob),
    'a refusal writes nothing, not even who was refused'
);
select is(status, 'available', 'all or nothing: the free one of them stays free') from sales.show_seats where show_id = :seated and seat = 'A-4';
select is(body ->> 'yours', '["A-3"]', 'seats that I hold myself are called mine') from sales.hold_seats(:seated, :alice, array['A-3', 'A-4']);
select is(code, 'unknown_seat', 'a seat that is not there') from sales.hold_seats(:seated, :bob, array['Z-1', 'A-4']);
select is(body ->> 'seats', '["Z-1"]', 'is named') from sales.hold_seats(:seated, :bob, array['Z-1', 'A-4']);
select is(code, 'invalid_request', 'a seat named twice is refused') from sales.hold_seats(:seated, :bob, array['A-4', 'A-4']);
select is(code, 'invalid_request', 'no seat at all is refused') from sales.hold_seats(:seated, :bob, array[]::text[]);
select is(code, 'invalid_request', 'a null seat is refused') from sales.hold_seats(:seated, :bob, array[null]::text[]);
select is(code, 'invalid_request', 'seats and a quantity together are refused') from sales.hold_seats(:seated, :bob, array['A-4'], 1);
select is(code, 'invalid_request', 'neither seats nor a quantity is refused') from sales.hold_seats(:seated, :bob);
select is(code, 'invalid_request', 'a quantity of 0 is refused') from sales.hold_seats(:seated, :bob, null, 0);
select is(code, 'invalid_request', 'a tier that the show does not have is refused') from sales.hold_seats(:seated, :bob, null, 1, 'gold');
select is(code, 'not_signed_in', 'nobody holds nothing') from sales.hold_seats(:seated, null, array['A-4']);
select is(code, 'not_found', 'a show that is not there') from sales.hold_seats(0, :bob, array['A-4']);

-- Ten at most.
select is(code, 'too_many_seats', 'eleven seats a booking are too many') from sales.hold_seats(:seated, :bob, null, 11);
select is(body ->> 'max_seats', '10', 'and the most is named') from sales.hold_seats(:seated, :bob, null, 11);
select is(code, 'too_many_seats', 'two held and nine more are too many') from sales.hold_seats(:seated, :alice, null, 9, null, false);
select throws_ok(
    format('update sales.buyers set claimed_count = 11 where show_id = %s', :seated),
    '23514', null,
    'the table itself refuses an eleventh'
);

-- By number, beside each other.
select is(code, null, 'two of a tier are held by number') from sales.hold_seats(:seated, :bob, null, 2, 'standard');
select ok(
    (
        select count(*) = 2 and max(k.seat_no) - min(k.seat_no) = 1 and count(distinct k.block_no) = 1
        from sales.show_seats as k
        inner join sales.bookings as b on b.show_id = k.show_id and b.booking_id = k.booking_id
        where k.show_id = :seated and b.user_id = :bob
    ),
    'a pair sits together'
);
select is(code, 'not_together', 'five never fit where a gap divides rows into fours') from sales.hold_seats(:seated, :carol, null, 5);
select is(code, null, 'but they do when they need not sit together') from sales.hold_seats(:seated, :carol, null, 5, null, false);
select is(
    (select count(*) from sales.bookings as b, unnest(b.seat_nos) where b.show_id = :seated and b.user_id = :carol),
    5::bigint,
    'five seats'
);
select sales.end_holds(:seated, array_agg(booking_id), 'released') from sales.bookings where show_id = :seated and status = 'held';

-- Never a single orphan when it can be helped: a block of four offers three only by leaving one.
select is(code, null, 'four together take a whole block') from sales.hold_seats(:seated, :alice, null, 4, 'premium');
select is(code, null, 'two in the other block') from sales.hold_seats(:seated, :bob, null, 2, 'premium');
select is(
    (
        select count(*)
        from sales.show_seats as s
        where s.show_id = :seated and s.tier = 'premium' and s.status = 'available'
            and not exists (
                select from sales.show_seats as n
                where n.show_id = s.show_id and n.block_no = s.block_no and n.status = 'available'
                    and abs(n.seat_no - s.seat_no) = 1
            )
    ),
    0::bigint,
    'leave a pair and no orphan'
);

select sales.end_holds(:seated, array_agg(booking_id), 'released') from sales.bookings where show_id = :seated and status = 'held';
update sales.show_seats set status = 'blocked' where show_id = :seated and seat not in ('A-1', 'A-2', 'A-3', 'A-4');
update sales.show_seats set quality = case seat when 'A-2' then 0 else 1000 end where show_id = :seated and status = 'available';
select is(body #>> '{seats,0,seat}', 'A-1', 'nor does a single seat, though another is better') from sales.hold_seats(:seated, :carol, null, 1);
select is(body #>> '{seats,0,seat}', 'A-2', 'when it cannot be helped the best is taken') from sales.hold_seats(:seated, :carol, null, 1);
update sales.show_seats set status = 'available' where show_id = :seated and status = 'blocked';

-- Without a tier, what costs less comes first.
select sales.end_holds(:seated, array_agg(booking_id), 'released') from sales.bookings where show_id = :seated and status = 'held';
savepoint prices;
update sales.show_seats set price_minor = 900 where show_id = :seated and seat in ('C-7', 'C-8');
select is(body -> 'amount' ->> 'value', '1800', 'a pair without a tier is the cheapest pair') from sales.hold_seats(:seated, :carol, null, 2);
select is(body -> 'amount' ->> 'value', '1200', 'then a single seat costs the least that there is') from sales.hold_seats(:seated, :carol, null, 1);
select is(body -> 'amount' ->> 'value', '1500', 'who names a tier pays its price') from sales.hold_seats(:seated, :carol, null, 1, 'premium');
rollback to prices;

-- Places.
select is(code, null, 'places are held by number') from sales.hold_seats(:general, :alice, null, 10);
select is(code, 'seats_taken', 'three of two that are left') from sales.hold_seats(:general, :bob, null, 3);
select is(body ->> 'available', '2', 'are refused with how many there are') from sales.hold_seats(:general, :bob, null, 3);
select is(code, null, 'two are granted') from sales.hold_seats(:general, :bob, null, 2);
select is(code, 'sold_out', 'then it is sold out') from sales.hold_seats(:general, :carol, null, 1);
select is(body ->> 'waitlist_open', 'true', 'but held places may come free: the waitlist is open') from sales.hold_seats(:general, :carol, null, 1);

-- Expiry is lazy.
select pg_temp.let_lapse(:general);
select is(code, null, 'a hold past its deadline is free to the next who asks') from sales.hold_seats(:general, :carol, null, 10);
select results_eq(
    format('select status, count(*) from sales.bookings where show_id = %s group by 1 order by 1', :general),
    $$values ('expired', 2::bigint), ('held', 1::bigint)$$,
    'and its booking is expired in the same transaction'
);
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :alice), 0, 'its buyer holds nothing any more');
select is(sales.expire_bookings(:general), 0, 'a sweep then finds nothing');

-- On sale?
update sales.shows set sale_starts_at = now() + interval '1 h' where show_id = :seated;
select is(code, 'not_on_sale', 'before the sale') from sales.hold_seats(:seated, :carol, null, 1);
select isnt(body ->> 'sale_starts_at', null, 'its beginning is named') from sales.hold_seats(:seated, :carol, null, 1);
update sales.shows set sale_starts_at = now() - interval '1 h', status = 'closed' where show_id = :seated;
select is(code, 'not_on_sale', 'after it') from sales.hold_seats(:seated, :carol, null, 1);
update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = :seated;
select is(code, 'not_on_sale', 'a show that is cancelled') from sales.hold_seats(:seated, :carol, null, 1);
update sales.shows set status = 'draft', cancelled_at = null where show_id = :seated;
select is(code, 'not_found', 'a draft is not to be seen') from sales.hold_seats(:seated, :carol, null, 1);
update sales.shows set status = 'on_sale', starts_at = now() - interval '1 h' where show_id = :seated;
select is(code, 'not_on_sale', 'a show that has begun') from sales.hold_seats(:seated, :carol, null, 1);

-- What one buyer may have: at once, and with what is paid.
select sales.create_show(:event_id, :general_hall, now() + interval '20 days', '{"standard": 2500}', 'EUR') as limited \gset
update sales.shows set max_seats = 2 where show_id = :limited;
select is(code, null, 'two at most: two') from sales.hold_seats(:limited, :carol, null, 2);
select is(code || ' ' || body::text, 'too_many_seats {"max_seats" : 2, "held" : 2}', 'and no second hold of two') from sales.hold_seats(:limited, :carol, null, 2);
update sales.shows set max_seats = 10, max_seats_per_buyer = 5 where show_id = :limited;
select is(code, null, 'five a buyer: three more are held') from sales.hold_seats(:limited, :carol, null, 3);
select is(code, 'too_many_seats', 'and not a sixth') from sales.hold_seats(:limited, :carol, null, 1);
select sales.complete_payment(:limited, k.id, 'pi_limit_' || row_number() over ()) as state
from sales.bookings as b
cross join lateral sales.begin_payment(:limited, b.booking_id, :carol, 'pm_card_visa') as a
cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
where b.show_id = :limited and b.status = 'held' \g /dev/null
select is(sales.bought_count(:limited, :carol), 5, 'what is paid');
select is((body ->> 'held') || ' ' || (body ->> 'bought') || ' ' || (body ->> 'max_seats_per_buyer') || ' ' || code, '0 5 5 too_many_seats', 'counts') from sales.hold_seats(:limited, :carol, null, 1);
select is(pg_temp.refusal(format('select waitlist.join_queue(%s, %s, 1, null, ''offer'', null, null)', :limited, :carol)) in ('too_many_seats', 'seats_available'), true, 'also on the waiting list');
select sales.refund_booking(:limited, b.booking_id, :carol, 'Too many.') from sales.bookings as b where b.show_id = :limited and cardinality(b.seat_nos) = 2 \g /dev/null
select is(code, null, 'what is given back does not') from sales.hold_seats(:limited, :carol, null, 2);
select is(code, null, 'another buyer has their own five') from sales.hold_seats(:limited, :bob, null, 5);

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
