\ir support/house.sql
select * from no_plan();

select pg_temp.make_user('dave') as dave, pg_temp.make_user('erin') as erin, pg_temp.make_user('frank') as frank, pg_temp.make_user('grace') as grace \gset
create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, false) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.join(p_show_id bigint, p_user_id bigint, p_quantity integer, p_tier text default null, p_mode text default 'offer', p_method text default null) returns uuid language sql as $$
    select k.id
    from waitlist.join_queue(p_show_id, p_user_id, p_quantity, p_tier, p_mode, p_method) as e
    cross join lateral sales.parse_public_id('wl', e ->> 'entry_id') as k
$$;
create function pg_temp.entry(p_entry_id uuid) returns text language sql as $$
    select status || coalesce(' ' || end_reason, '') from waitlist.entries where entry_id = p_entry_id
$$;
create function pg_temp.offer(p_entry_id uuid) returns uuid language sql as $$
    select booking_id from waitlist.entries where entry_id = p_entry_id
$$;
create function pg_temp.seats(p_show_id bigint, p_status text) returns bigint language sql as $$
    select count(*) from sales.show_seats where show_id = p_show_id and status = p_status
$$;

-- Joining.
select throws_ok(format('select waitlist.join_queue(%s, %s, 2, null, ''offer'')', :general, :dave), 'BX941', null, 'while seats are free there is nothing to wait for');
select pg_temp.hold(:general, :alice, 5) as a, pg_temp.hold(:general, :bob, 4) as b, pg_temp.hold(:general, :carol, 3) as c \gset
select throws_ok(format('select waitlist.join_queue(%s, %s, 2, null, ''offer'')', 0, :dave), 'BX404', null, 'a show that is not there has no queue');
select throws_ok(format('select waitlist.join_queue(%s, %s, 0, null, ''offer'')', :general, :dave), 'BX400', null, 'nobody waits for nothing');
select throws_ok(format('select waitlist.join_queue(%s, %s, 11, null, ''offer'')', :general, :dave), 'BX904', null, 'nor for more than ten');
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, null, ''steal'')', :general, :dave), 'BX400', null, 'the mode is offer or buy');
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, ''royal'', ''offer'')', :general, :dave), 'BX400', null, 'the tier is one of the show');
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, null, ''offer'', ''pm_card_visa'')', :general, :dave), 'BX400', null, 'an offer needs no payment method');
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, null, ''buy'')', :general, :dave), 'BX945', null, 'a purchase needs one');
select throws_ok(format('select waitlist.join_queue(%s, %s, 8, null, ''offer'')', :general, :bob), 'BX904', null, 'what is held and waited for is ten at most');
select pg_temp.join(:general, :dave, 2) as dave_entry \gset
select is(pg_temp.entry(:'dave_entry'), 'waiting', 'one joins');
select is((waitlist.entry_json(:general, :'dave_entry') ->> 'position')::integer, 1, 'as the first');
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, null, ''offer'')', :general, :dave), 'BX943', null, 'one waits once');
select pg_temp.join(:general, :erin, 1) as erin_entry \gset
select is((waitlist.entry_json(:general, :'erin_entry') ->> 'position')::integer, 2, 'the next is behind');
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :dave), 2, 'what one waits for is claimed');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent while people wait');
update sales.shows set waitlist_enabled = false where show_id = :general;
select throws_ok(format('select waitlist.join_queue(%s, %s, 1, null, ''offer'')', :general, :frank), 'BX944', null, 'a show may have no waitlist');
update sales.shows set waitlist_enabled = true where show_id = :general;

-- Strict: seats gather for the head, and nobody passes.
select sales.release_booking(:general, :'c', :carol);
select is(pg_temp.entry(:'dave_entry'), 'offered', 'freed seats go to the head in the transaction that frees them');
select is(pg_temp.entry(:'erin_entry'), 'offered', 'and on to the next');
select is(pg_temp.seats(:general, 'available'), 0::bigint, 'no passer-by has a chance');
select is((select status from sales.bookings where booking_id = pg_temp.offer(:'dave_entry')), 'held', 'an offer is a hold');
select is((select count(*) from ops.outbox where show_id = :general and kind = 'mail' and payload ->> 'mail' = 'waitlist_offer'), 2::bigint, 'of which both are told');
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :dave), 2, 'an offer changes no count');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after offers');
select pg_temp.join(:general, :carol, 5) as carol_entry \gset
select pg_temp.join(:general, :frank, 1) as frank_entry \gset
select sales.release_booking(:general, :'b', :bob);
select is(pg_temp.entry(:'carol_entry'), 'waiting', 'who wants more than is free still waits');
select is(pg_temp.entry(:'frank_entry'), 'waiting', 'and who is behind waits too');
select is(pg_temp.seats(:general, 'reserved'), 4::bigint, 'while the seats gather');
select is(code, 'sold_out', 'to a passer-by it is sold out') from sales.hold_seats(:general, :bob, null, 1);
select is(code, 'seats_taken', 'and a gathered seat is taken')
from sales.hold_seats(:general, :bob, (select array[seat] from sales.show_seats where show_id = :general and status = 'reserved' limit 1), null);
select throws_ok(format('select waitlist.join_queue(%s, %s, 3, null, ''offer'')', :general, 0), '23503', null, 'nobody waits who is nobody');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent while seats gather');

-- An offer lapses: its seats go on in the same transaction.
update sales.bookings set created_at = now() - interval '400 s', expires_at = now() - interval '6 s', held_until = now() - interval '1 s' where booking_id = pg_temp.offer(:'erin_entry');
update sales.show_seats set held_until = now() - interval '1 s' where booking_id = pg_temp.offer(:'erin_entry');
select is(sales.expire_bookings(:general), 1, 'an offer lapses');
select is(pg_temp.entry(:'erin_entry'), 'expired offer_lapsed', 'which ends its entry');
select is(pg_temp.entry(:'carol_entry'), 'offered', 'and completes what the head waits for');
select is(pg_temp.entry(:'frank_entry'), 'waiting', 'not what is behind');
select is((select count(*) from ops.outbox where show_id = :general and kind = 'mail' and payload ->> 'mail' = 'waitlist_ended' and payload ->> 'reason' = 'offer_lapsed'), 1::bigint, 'the buyer is told');

-- An offer is paid like any other.
select k.id as payment from sales.begin_payment(:general, pg_temp.offer(:'carol_entry'), :carol, 'pm_card_visa') as p cross join lateral sales.parse_public_id('pay', p ->> 'payment_id') as k \gset
select is(sales.complete_payment(:general, :'payment', 'pi_w1'), 'paid', 'an offer is bought');
select is(pg_temp.entry(:'carol_entry'), 'fulfilled bought', 'which fulfils its entry');

-- Leaving.
select throws_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'frank_entry', :erin), 'BX404', null, 'another''s entry is not found');
select lives_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'frank_entry', :frank), 'one leaves the queue');
select is(pg_temp.entry(:'frank_entry'), 'cancelled left', 'and has left');
select throws_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'frank_entry', :frank), 'BX946', null, 'once');
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :frank), 0, 'and claims nothing more');
select pg_temp.join(:general, :frank, 2) as frank_entry \gset
select lives_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'dave_entry', :dave), 'an offer is left too');
select is(pg_temp.entry(:'frank_entry'), 'offered', 'and goes to the next at once');
select sales.release_booking(:general, pg_temp.offer(:'frank_entry'), :frank);
select is(pg_temp.entry(:'frank_entry'), 'cancelled offer_released', 'giving the offered booking back is leaving');
select is(pg_temp.seats(:general, 'available'), 2::bigint, 'when nobody waits, freed seats are for everybody');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent when the queue is empty');

-- Free seats that are too few gather from the moment of joining.
select pg_temp.join(:general, :erin, 3) as erin_entry \gset
select is(pg_temp.seats(:general, 'reserved'), 2::bigint, 'two free seats gather for whoever wants three');
select lives_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'erin_entry', :erin), 'who leaves');
select is(pg_temp.seats(:general, 'available'), 2::bigint, 'gives them back to everybody');

-- Seats gather for a limited time.
select pg_temp.join(:general, :erin, 3) as erin_entry, pg_temp.join(:general, :frank, 1) as frank_entry \gset
select is(pg_temp.seats(:general, 'reserved'), 2::bigint, 'two seats gather for a group of three, and the single buyer behind waits');
update waitlist.queues set gathering_since = now() - interval '299 s' where show_id = :general;
select waitlist.sweep_queue(:general);
select is(pg_temp.seats(:general, 'reserved') || ' ' || pg_temp.entry(:'frank_entry'), '2 waiting', 'for five minutes');
update waitlist.queues set gathering_since = now() - interval '300 s' where show_id = :general;
select waitlist.sweep_queue(:general);
select is(pg_temp.entry(:'frank_entry'), 'offered', 'then whoever fits is served');
select is(pg_temp.entry(:'erin_entry'), 'waiting', 'the group keeps its position');
select is(pg_temp.seats(:general, 'available'), 1::bigint, 'and the rest is for everybody');
select is((select reason from waitlist.decisions where show_id = :general and decision = 'opened' order by decision_no desc limit 1), 'gathered_long_enough', 'which the log tells');
select change_count as change_count from sales.show_seats where show_id = :general and status = 'available' \gset
select waitlist.sweep_queue(:general);
select is(change_count, :change_count, 'the next sweep leaves the open seat alone') from sales.show_seats where show_id = :general and status = 'available';
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after the gathering time');
select sales.release_booking(:general, pg_temp.offer(:'frank_entry'), :frank);
select is(pg_temp.seats(:general, 'available'), 2::bigint, 'what comes free then no longer gathers for that group');
select lives_ok(format('select waitlist.leave_queue(%s, %L, %s)', :general, :'erin_entry', :erin), 'the group leaves');
select is(pg_temp.seats(:general, 'available'), 2::bigint, 'and two seats are free as before');

-- first_fit.
update sales.shows set waitlist_policy = 'first_fit' where show_id = :general;
select pg_temp.join(:general, :erin, 4) as erin_entry, pg_temp.join(:general, :frank, 1) as frank_entry \gset
select is(pg_temp.entry(:'erin_entry'), 'waiting', 'first_fit: who wants too many waits');
select is(pg_temp.entry(:'frank_entry'), 'offered', 'and the next who fits is served');
select is((select reason from waitlist.decisions where show_id = :general and decision = 'skipped' order by decision_no desc limit 1), 'wants_more', 'the skip is noted with its reason');
update sales.shows set waitlist_policy = 'strict' where show_id = :general;

-- What can never be met is ended by the sale that makes it so. Ten are sold or given out, of Alice's five three could still come.
select sales.begin_payment(:general, :'a', :alice, 'pm_card_visa') ->> 'payment_id' as p \gset
select is(pg_temp.entry(:'erin_entry'), 'waiting', 'while a payment is under way there is hope');
select is(sales.complete_payment(:general, (select id from sales.parse_public_id('pay', :'p')), 'pi_w2'), 'paid', 'then they are sold');
select is(pg_temp.entry(:'erin_entry'), 'failed cannot_be_met', 'and who wants four of two is told');
select throws_ok(format('select waitlist.join_queue(%s, %s, 4, null, ''offer'')', :general, :erin), 'BX942', null, 'and cannot join for it again');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after an end');

-- A refund's seats go to the waitlist first.
select pg_temp.hold(:general, :bob, 1) as bob_hold \gset
select pg_temp.join(:general, :erin, 2) as erin_entry \gset
select sales.refund_booking(:general, :'a', :alice, 'ill');
select is(pg_temp.entry(:'erin_entry'), 'offered', 'what is refunded goes to the waitlist first');
select is(pg_temp.seats(:general, 'available'), 3::bigint, 'the rest to everybody');

-- Buying.
select pg_temp.hold(:general, :dave, 3) as dave_hold \gset
insert into account.provider_customers (user_id, customer_ref) values (:alice, 'cus_alice');
select pg_temp.join(:general, :carol, 1, null, 'buy', 'pm_card_visa') as carol_entry, pg_temp.join(:general, :alice, 1, null, 'buy', 'pm_card_chargeDeclined') as alice_entry, pg_temp.join(:general, :grace, 1) \gset
select is((select count(*) from ops.outbox where kind = 'save_method' and payload ->> 'entry_id' = :'carol_entry'), 1::bigint, 'the provider is asked to keep the payment method');
select is((select array_agg(payload ->> 'customer' order by payload ->> 'customer') from ops.outbox where kind = 'save_method' and show_id = :general), array['cus_alice', null], 'with its customer, if the buyer has one');
select waitlist.method_saved(:general, :'carol_entry', :carol, 'cus_1', 'pm_saved_1', 'visa 4242');
select is((select payment_method from waitlist.entries where entry_id = :'carol_entry'), 'pm_saved_1', 'and then that one is charged');
select is(account.payment_methods_json(:carol) -> 0 ->> 'label', 'visa 4242', 'the buyer sees it');
select sales.release_booking(:general, :'dave_hold', :dave);
select is((select status from sales.bookings where booking_id = pg_temp.offer(:'carol_entry')), 'paying', 'a turn to buy begins the charge at once');
select is((select payload ->> 'off_session' from ops.outbox where kind = 'authorize' and payload ->> 'booking_id' = sales.public_id('bk', :general, pg_temp.offer(:'carol_entry'))), 'true', 'off session');
select is((select payload ->> 'customer' from ops.outbox where kind = 'authorize' and payload ->> 'booking_id' = sales.public_id('bk', :general, pg_temp.offer(:'carol_entry'))), 'cus_1', 'as the provider''s customer');
select is(sales.complete_payment(:general, (select payment_id from sales.payments where booking_id = pg_temp.offer(:'carol_entry')), 'pi_w3'), 'paid', 'it is bought');
select is(pg_temp.entry(:'carol_entry'), 'fulfilled bought', 'and the entry fulfilled');
select is((select count(*) from ops.outbox where show_id = :general and kind = 'mail' and payload ->> 'mail' = 'waitlist_bought'), 1::bigint, 'of which the buyer is told');
select pg_temp.join(:general, :dave, 1) as dave_entry \gset
select is(pg_temp.entry(:'dave_entry'), 'waiting', 'somebody waits behind');
select is(sales.fail_payment(:general, (select payment_id from sales.payments where booking_id = pg_temp.offer(:'alice_entry')), 'card_declined', 'pi_w4'), 'failed', 'a declined purchase');
select is(pg_temp.entry(:'alice_entry'), 'failed payment_failed', 'ends its entry');
select is(pg_temp.entry(:'dave_entry'), 'offered', 'and passes the seats on at once');
select pg_temp.join(:general, :alice, 1, null, 'buy', 'pm_card_chargeDeclined') as alice_entry \gset
select waitlist.method_refused(:general, :'alice_entry', 'card_declined');
select is(pg_temp.entry(:'alice_entry'), 'failed payment_failed', 'a method that is refused ends the entry before its turn');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after purchases');

-- Its time over, and the sweep.
select pg_temp.join(:general, :alice, 1) as alice_entry \gset
update waitlist.entries set joined_at = now() - interval '2 h', expires_at = now() - interval '1 s' where entry_id = :'alice_entry';
select is(waitlist.sweep_queue(:general), 1, 'the sweep finds an entry whose time is over');
select is(pg_temp.entry(:'alice_entry'), 'expired time_over', 'and ends it');
select pg_temp.join(:general, :alice, 1) as alice_entry \gset
update waitlist.entries set joined_at = now() - interval '2 h', expires_at = now() - interval '1 s' where entry_id = :'alice_entry';
select sales.release_booking(:general, :'bob_hold', :bob);
select is(pg_temp.entry(:'alice_entry'), 'expired time_over', 'one whose turn comes too late is passed over');
select is(pg_temp.seats(:general, 'reserved'), 0::bigint, 'and nothing stays reserved');

-- Tiers and neighbours, in a seated show.
select sales.hold_batch(:seated, array[:alice, :bob, :carol], '[{"n": 1, "seats": ["A-1", "A-2", "A-3", "A-4", "A-5", "A-6", "A-7", "A-8"]}, {"n": 2, "seats": ["B-1", "B-2", "B-3", "B-4", "B-5", "B-6", "B-7", "B-8"]}, {"n": 3, "seats": ["C-1", "C-2", "C-3", "C-4", "C-5", "C-6", "C-7", "C-8"]}]');
select pg_temp.join(:seated, :dave, 2, 'premium') as dave_entry, pg_temp.join(:seated, :erin, 2) as erin_entry, pg_temp.join(:seated, :frank, 1, 'standard') as frank_entry \gset
select booking_id as b_hold from sales.bookings where show_id = :seated and user_id = :bob \gset
select sales.release_booking(:seated, :'b_hold', :bob);
select is(pg_temp.entry(:'dave_entry'), 'waiting', 'standard seats are nothing for who waits for premium ones');
select is(pg_temp.entry(:'erin_entry'), 'offered', 'but for who takes any');
select is(pg_temp.entry(:'frank_entry'), 'offered', 'and for who waits for standard ones');
select is((select seat_nos[2] - seat_nos[1] from sales.bookings where booking_id = pg_temp.offer(:'erin_entry')), 1, 'a group gets neighbours when there are');
select is(pg_temp.seats(:seated, 'available'), 5::bigint, 'what nobody who waits can use is for everybody');
select is((select count(*) from report.inconsistencies), 0::bigint, 'nothing is inconsistent with tiers');

-- Unblocked seats go to the waitlist first.
update sales.show_seats set status = 'blocked' where show_id = :seated and status = 'available';
select pg_temp.join(:seated, :bob, 3, 'standard') as bob_entry \gset
select is(sales.open_seats(:seated, (select array_agg(seat_no) from sales.show_seats where show_id = :seated and status = 'blocked')), 5, 'five seats are unblocked');
select is(pg_temp.entry(:'bob_entry'), 'offered', 'the waitlist gets what it wants of them');
select is(pg_temp.seats(:seated, 'available'), 2::bigint, 'and everybody the rest');

-- A head of entries whose time is over, longer than the seats that are freed.
select sales.create_show(:event_id, :general_hall, now() + interval '4 days', '{"standard": 2500}', 'EUR') as long \gset
select pg_temp.hold(:long, :alice, 10) as long_a, pg_temp.hold(:long, :bob, 2) as long_b \gset
create temporary table pg_temp.line as
select n, pg_temp.join(:long, u.user_id, q.quantity) as entry_id
from unnest(array[1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 2, 1]) with ordinality as q (quantity, n)
cross join lateral pg_temp.make_user('line' || q.n) as u (user_id);
update waitlist.entries
set joined_at = now() - interval '2 h', expires_at = now() - interval '1 s'
where entry_id in (select entry_id from pg_temp.line where n <= 9);
select sales.release_booking(:long, :'long_b', :bob);
select is(
    (select string_agg(pg_temp.entry(entry_id), ', ' order by n) from pg_temp.line),
    repeat('expired time_over, ', 9) || 'offered, waiting, waiting',
    'however many come too late, the seats are for the first behind them, and gather for the next'
);
select is(
    (select string_agg(decision || ' ' || coalesce(reason, ''), ', ' order by decision_no desc) from (select * from waitlist.decisions where show_id = :long order by decision_no desc limit 2) as d),
    'gathered wants_more, offered first_in_line',
    'which is what the log says'
);
select is((select head_position from waitlist.queues where show_id = :long), 11::bigint, 'the queue begins with who is waited for');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent then');

-- The log.
select ok((select bool_and(n = decision_no) from (select decision_no, row_number() over (order by decision_no) as n from waitlist.decisions where show_id = :general) as d), 'decisions are numbered without a gap');
select is((select count(*) from waitlist.decisions where show_id = :general and decision = 'offered'), (select count(*) from waitlist.entries where show_id = :general and offered_at is not null), 'each offer is noted');
select is((select count(*) from waitlist.decisions where show_id = :general and decision = 'ended'), (select count(*) from waitlist.entries where show_id = :general and ended_at is not null), 'each end too');
select is((select count(*) from waitlist.decisions where show_id = :general and decision = 'gathered'), 3::bigint, 'and what gathered');

-- A cancelled show ends its queue.
select sales.cancel_show(:seated, :carol, 'Fire.');
select sales.settle_cancelled_show(:seated) from generate_series(1, 6);
select is(pg_temp.entry(:'dave_entry'), 'failed show_cancelled', 'a cancelled show ends its queue');
select is((select count(*) from sales.bookings where show_id = :seated and status in ('held', 'paying', 'paid')), 0::bigint, 'and its offers');
select is_empty(
    format($$
        select payload ->> 'user_id' from ops.outbox
        where show_id = %s and kind = 'mail' and (payload ->> 'mail' = 'show_cancelled' or payload ->> 'reason' = 'show_cancelled')
        group by payload ->> 'user_id' having count(*) > 1
    $$, :seated),
    'of which nobody is told twice'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent at the end');

select * from finish();
rollback;
