-- One network address holds so many seats of a show at a time, and not the same ones again and again; whatever its accounts are.
\ir support/house.sql
\ir support/refusal.sql
select no_plan();

update sales.shows set max_seats_per_address = 5 where show_id in (:general, :seated);
select is(code, null, 'three seats are held from an address') from sales.hold_seats(:general, :alice, null, 3, p_address => '192.0.2.1');
select is(code || ' ' || (body ->> 'max_seats_per_address') || ' ' || (body ->> 'held'), 'too_many_seats 5 3', 'another account at the same address is refused the sixth')
from sales.hold_seats(:general, :bob, null, 3, p_address => '192.0.2.1');
select is(code, null, 'and gets the fifth') from sales.hold_seats(:general, :bob, null, 2, p_address => '192.0.2.1');
select is(code, null, 'another address has its own five') from sales.hold_seats(:general, :carol, null, 1, p_address => '192.0.2.2');
select is(code, null, 'without an address there is no limit') from sales.hold_seats(:general, :carol, null, 1);
select is((select count(*) from sales.bookings where show_id = :general and status = 'held'), 4::bigint, 'a refused hold is not written');
select sales.end_holds(:general, array_agg(b.booking_id), 'released') from sales.bookings as b where b.show_id = :general and b.status = 'held';
select is(code, null, 'what was released no longer counts') from sales.hold_seats(:general, :bob, null, 4, p_address => '192.0.2.1');

-- One customer of IPv6 has a whole /64.
select is(code, null, 'an IPv6 address') from sales.hold_seats(:seated, :alice, array['A-1', 'A-2', 'A-3'], null, p_address => '2001:db8:1:2::3');
select is(code, 'too_many_seats', 'counts with its neighbours') from sales.hold_seats(:seated, :bob, array['B-1', 'B-2', 'B-3'], null, p_address => '2001:db8:1:2:ffff::4');
select is(code, null, 'not with another network') from sales.hold_seats(:seated, :bob, array['B-1', 'B-2', 'B-3'], null, p_address => '2001:db8:1:3::3');
select sales.end_holds(:seated, array_agg(b.booking_id), 'released') from sales.bookings as b where b.show_id = :seated and b.status = 'held';

-- In a batch, those before count.
select results_eq(
    format(
        'select n, code from sales.hold_batch(%s, array[%s, %s, %s, %s], ''[{"n": 1, "quantity": 3, "address": "192.0.2.7"}, {"n": 2, "quantity": 3, "address": "192.0.2.7"}, {"n": 3, "quantity": 2, "address": "192.0.2.7"}, {"n": 4, "quantity": 1, "address": "192.0.2.8"}]'') order by n',
        :seated, :alice, :bob, :carol, :alice
    ),
    $$values (1, null), (2, 'too_many_seats'), (3, null), (4, null)$$,
    'three and two are five, another three are too many'
);
select is((select sum(cardinality(seat_nos)) from sales.address_holds where show_id = :seated and address = '192.0.2.7' and seat_nos <> '{}'), 5::bigint, 'and what was granted is noted');
select sales.end_holds(:seated, array_agg(b.booking_id), 'released') from sales.bookings as b where b.show_id = :seated and b.status = 'held';

-- The same seats again and again.
create function pg_temp.hold_and_release(p_show_id bigint, p_user_id bigint, p_seat text, p_address inet) returns text language plpgsql as $$
declare
    v_hold record;
begin
    select h.code, h.body into v_hold from sales.hold_seats(p_show_id, p_user_id, array[p_seat], null, p_address => p_address) as h;
    if v_hold.code is null then
        perform sales.end_holds(p_show_id, array[(sales.parse_public_id('bk', v_hold.body ->> 'booking_id')).id], 'released');
    end if;
    return v_hold.code || ' ' || coalesce((v_hold.body ->> 'retry_after')::integer between 600 and 910, false);
end;
$$;
select is(pg_temp.hold_and_release(:seated, :alice, 'C-1', '192.0.2.9'), null, 'a seat is held and released');
select is(pg_temp.hold_and_release(:seated, :bob, 'C-1', '192.0.2.9'), null, 'and again');
select is(pg_temp.hold_and_release(:seated, :carol, 'C-1', '192.0.2.9'), null, 'and again');
select is(pg_temp.hold_and_release(:seated, :alice, 'C-1', '192.0.2.9'), 'rate_limited true', 'the fourth time has to wait');
select is(pg_temp.hold_and_release(:seated, :alice, 'C-2', '192.0.2.9'), null, 'other seats do not');
select is(pg_temp.hold_and_release(:seated, :alice, 'C-1', '192.0.2.10'), null, 'nor do other addresses');
update sales.address_holds set held_until = now() - interval '10 minutes 1 second' where show_id = :seated and address = '192.0.2.9';
select is(pg_temp.hold_and_release(:seated, :alice, 'C-1', '192.0.2.9'), null, 'ten minutes after the deadlines it is forgotten');
update sales.address_holds set held_until = now() - interval '1 hour 1 second' where show_id = :seated and address = '192.0.2.9' and held_until < now();
call ops.forget_addresses();
select is((select count(*) from sales.address_holds where show_id = :seated and address = '192.0.2.9'), 1::bigint, 'and an hour after, deleted');

-- Declined cards count by address, too.
create function pg_temp.decline(p_show_id bigint, p_user_id bigint, p_address inet) returns text language plpgsql as $$
declare
    v_booking_id uuid;
    v_pay json;
begin
    select k.id into v_booking_id
    from sales.hold_seats(p_show_id, p_user_id, null, 1, p_address => p_address) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k;
    perform sales.begin_payment(p_show_id, v_booking_id, p_user_id, 'pm_card_visa');
    perform sales.fail_payment(p_show_id, p.payment_id, 'card_declined') from sales.payments as p where p.show_id = p_show_id and p.booking_id = v_booking_id and p.status = 'pending';
    perform sales.release_booking(p_show_id, v_booking_id, p_user_id);
    return null;
exception
    when sqlstate 'BX429' then
        return 'rate_limited';
end;
$$;
update sales.shows set max_seats_per_address = null where show_id = :general;
insert into sales.payments (show_id, booking_id, kind, amount_minor, currency, method, payment_method, status, deadline_at, ended_at, failure_code)
select b.show_id, b.booking_id, 'charge', b.amount_minor, b.currency, 'token', 'pm_card_visa', 'failed', now(), now(), 'card_declined'
from sales.bookings as b
inner join sales.address_holds as a using (show_id, booking_id)
cross join generate_series(1, 30)
where a.show_id = :general and a.address = '192.0.2.2';
select is(pg_temp.decline(:general, :bob, '192.0.2.2'), 'rate_limited', 'after thirty declines from an address another account there is stopped');
select is(pg_temp.decline(:general, :bob, '192.0.2.3'), null, 'one elsewhere is not');
select is(pg_temp.decline(:general, :bob, null), null, 'nor one whose address is not limited');

-- The setting.
select sales.set_show_rules(:general, null, null, null, null, null, null, null, p_max_seats_per_address => 0);
select is((select max_seats_per_address from sales.shows where show_id = :general), null, '0 means no limit');
select is(pg_temp.refusal(format('select sales.set_show_rules(%s, null, null, null, null, null, null, null, null, 604801)', :general)), 'invalid_request waitlist_gather_seconds', 'the time of gathering has its range');
select is(pg_temp.refusal(format('select sales.set_show_rules(%s, null, null, null, null, null, null, null, null, null, 100001)', :general)), 'invalid_request max_seats_per_address', 'so has the limit');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
