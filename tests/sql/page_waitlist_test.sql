-- Waiting in the browser: the form on the sold-out map, the page of who waits through its life, leaving; and giving a booking back.
\ir support/house.sql
select * from no_plan();

select pg_temp.make_user('dave') as dave \gset
create function pg_temp.states(p_user_id bigint, p_entry_id text) returns text language sql as $$
    select string_agg(m.key, ',' order by m.key)
    from json_each_text(page.waitlist(p_user_id, p_entry_id, 'en')) as m
    where m.key in ('is_waiting', 'is_offered', 'is_buying', 'is_fulfilled', 'is_over')
        and m.value = 'true'
$$;
create function pg_temp.location(p_model json, p_show_id bigint) returns text language sql as $$
    select replace(p_model ->> 'location', '/shows/' || p_show_id, 'SHOW')
$$;
create function pg_temp.settle(p_entry_id text, p_code text default null) returns text language sql as $$
    -- The provider's answer to the entry's purchase.
    select case
        when p_code is null then sales.complete_payment(p.show_id, p.payment_id, 'pi_' || p.payment_id)
        else sales.fail_payment(p.show_id, p.payment_id, p_code, null)
    end
    from sales.parse_public_id('wl', p_entry_id) as k
    inner join waitlist.entries as e on e.show_id = k.show_id and e.entry_id = k.id
    inner join sales.payments as p on p.show_id = e.show_id and p.booking_id = e.booking_id
    where p.status = 'pending'
$$;

-- The form is there when waiting is of use.
select is(page.show(:bob, :general, 'en') ->> 'join', null, 'while seats are free there is no form to wait');
select h.body ->> 'booking_id' as a from sales.hold_seats(:general, :alice, null, 10) as h \gset
select is(page.show(:bob, :general, 'en') ->> 'join', null, 'while a seat is free neither');
select isnt(page.show(:bob, :general, 'en', 'too_few', p_quantity => 3) ->> 'join', null, 'but for who asked for more than are free');
select is(page.show(:bob, :general, 'en', 'too_few', p_quantity => 2) ->> 'join', null, 'and not for who asked for as many');
select h.body ->> 'booking_id' as b from sales.hold_seats(:general, :bob, null, 2) as h \gset
select is(page.show(:dave, :general, 'en')::jsonb -> 'join', '{"methods": []}', 'when all are held there is');
select isnt(page.show(null, :general, 'en') ->> 'join', null, 'for strangers too');
select is(page.show(:dave, :general, 'en') ->> 'is_sold_out', 'false', 'which says that it is sold out');
update sales.shows set waitlist_enabled = false where show_id = :general;
select is(page.show(:dave, :general, 'en') ->> 'join', null, 'not where the house wants no queue');
select is(page.show(:dave, :general, 'en') ->> 'is_sold_out', 'true', 'then the page only says so');
select is(pg_temp.location(page.join_waitlist(:dave, :general, 2), :general), 'SHOW?refused=waitlist_closed&quantity=2', 'and so does the form');
update sales.shows set waitlist_enabled = true where show_id = :general;

-- Joining
select is(
    pg_temp.location(page.join_waitlist(null, :general, 2, 'standard', 'pm_card_visa'), :general),
    '/login?next=' || page.encode('/shows/' || :general || '?quantity=2&tier=standard'),
    'a stranger signs in first, and what may be charged is not carried along'
);
select is(pg_temp.location(page.join_waitlist(:dave, :seated, 2), :seated), 'SHOW?refused=seats_available&available=2&quantity=2', 'while seats are free they are to be held');
select is(page.show(:dave, :seated, 'en', 'seats_available', p_available => 2, p_quantity => 2) #>> '{refusal,available}', '2', 'and the page says how many');
select is(pg_temp.location(page.join_waitlist(:bob, :general, 9), :general), 'SHOW?refused=too_many_seats&quantity=9', 'ten is the most');
select throws_ok(format('select page.join_waitlist(%s, %s, 0)', :dave, :general), 'BX400', null, 'nobody waits for nothing');
select throws_ok(format('select page.join_waitlist(%s, 0, 1)', :dave), 'BX404', null, 'nor for a show that is not there');
select substr(page.join_waitlist(:dave, :general, 2) ->> 'location', 11) as dave_entry \gset
select alike(:'dave_entry'::text, 'wl\_%', 'joining leads to the place in the queue');
select is(pg_temp.location(page.join_waitlist(:dave, :general, 1), :general), 'SHOW?refused=already_waiting&quantity=1', 'one waits once');
select is(page.show(:dave, :general, 'en')::jsonb -> 'own_entry', jsonb_build_object('entry_id', :'dave_entry', 'quantity', 2), 'the show''s page knows the place');
select is(page.show(:dave, :general, 'en') ->> 'join', null, 'and has no form any more');
select is(page.show(:dave, :general, 'en') ->> 'is_sold_out', 'false', 'nor the advice to watch the map');
select substr(page.join_waitlist(:carol, :general, 1, 'standard', 'pm_card_visa') ->> 'location', 11) as carol_entry \gset

-- The place
select is(pg_temp.states(:dave, :'dave_entry'), 'is_waiting', 'who joined waits');
select is(page.waitlist(:dave, :'dave_entry', 'en') ->> 'is_next', 'true', 'as the next');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'position', '2', 'or behind');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'policy', 'strict', 'and reads by which rule seats are given');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'seats_held', '12', 'all seats are only held');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'is_buy', 'true', 'with a payment method they are bought');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'method', null, 'which has no name yet');
select waitlist.method_saved(:general, k.id, :carol, 'cus_1', 'pm_1', 'visa 4242') from sales.parse_public_id('wl', :'carol_entry') as k;
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'method', 'visa 4242', 'until the provider keeps it');
select throws_ok(format('select page.waitlist(%s, %L, ''en'')', :bob, :'dave_entry'), 'BX404', null, 'another''s place is not found');
select throws_ok(format('select page.leave_waitlist(%s, %L)', :bob, :'dave_entry'), 'BX404', null, 'nor left');
select is(page.account(:dave, 'en') #>> '{entries,0,status}', 'waiting', 'the account has it');
select is(page.account(:carol, 'en') #>> '{methods,0,label}', 'visa 4242', 'and the saved payment method');
select is(page.account(:bob, 'en') ->> 'has_entries', 'false', 'and of others nothing');

-- Its turn
select page.release_booking(:bob, :'b') \gset
select is(pg_temp.states(:dave, :'dave_entry'), 'is_offered', 'an offer is said');
select page.waitlist(:dave, :'dave_entry', 'en') ->> 'booking_id' as dave_booking \gset
select is(page.booking(:dave, :'dave_booking', 'en') ->> 'is_held', 'true', 'and leads to the booking');
select is(page.booking(:dave, :'dave_booking', 'en') #>> '{entry,entry_id}', :'dave_entry', 'which knows that it was waited for');
select is(page.booking(:alice, :'a', 'en') ->> 'entry', null, 'as others do not');
select page.release_booking(:dave, :'dave_booking') \gset
select is(pg_temp.states(:dave, :'dave_entry'), 'is_over', 'what is given back is over');
select is(page.waitlist(:dave, :'dave_entry', 'en') ->> 'end_reason', 'offer_released', 'and says why');
select is(page.leave_waitlist(:dave, :'dave_entry') ->> 'location', '/waitlist/' || :'dave_entry', 'leaving what is over is harmless');
select is(pg_temp.states(:carol, :'carol_entry'), 'is_buying', 'what is being bought says so');
select is(pg_temp.settle(:'carol_entry'), 'paid', 'the provider agrees');
select is(pg_temp.states(:carol, :'carol_entry'), 'is_fulfilled', 'and the seats are bought');
select is(page.show(:dave, :general, 'en') ->> 'join', null, 'the last one is free for everybody');

-- Declined, and left
select h.body ->> 'booking_id' as b from sales.hold_seats(:general, :bob, null, 1) as h \gset
select substr(page.join_waitlist(:dave, :general, 1, null, 'pm_card_chargeDeclined') ->> 'location', 11) as dave_entry \gset
select substr(page.join_waitlist(:carol, :general, 1) ->> 'location', 11) as carol_entry \gset
select is(page.leave_waitlist(:carol, :'carol_entry') ->> 'location', '/waitlist/' || :'carol_entry', 'one leaves and stays at the page');
select is(page.waitlist(:carol, :'carol_entry', 'en') ->> 'end_reason', 'left', 'which says so');
select page.release_booking(:bob, :'b') \gset
select is(pg_temp.settle(:'dave_entry', 'card_declined'), 'failed', 'a declined purchase');
select is(page.waitlist(:dave, :'dave_entry', 'en') ->> 'end_reason', 'payment_failed', 'is said');
select is(page.booking(:dave, page.waitlist(:dave, :'dave_entry', 'en') ->> 'booking_id', 'en') ->> 'ending', 'declined', 'on its booking too');
select is(page.waitlist(:dave, :'dave_entry', 'en') ->> 'may_join_again', 'true', 'and one may try again');
select is(json_array_length(page.account(:dave, 'en') -> 'entries'), 2, 'what ended today is still in the account');
update waitlist.entries set joined_at = joined_at - interval '3 days', expires_at = expires_at - interval '3 days', offered_at = offered_at - interval '3 days', ended_at = ended_at - interval '3 days' where show_id = :general;
select is(page.account(:dave, 'en') ->> 'has_entries', 'false', 'what ended days ago is not');

-- Saved payment methods
select is(page.show(:carol, :general, 'en', 'too_few', p_quantity => 9) #>> '{join,methods,0,payment_method}', 'pm_1', 'a saved payment method can be chosen');
select is(page.remove_payment_method(:carol, 'pm_1') ->> 'location', '/account', 'it is removed');
select is(page.remove_payment_method(:carol, 'pm_1') ->> 'location', '/account', 'twice is harmless');
select is(page.account(:carol, 'en') ->> 'methods', '[]', 'and gone');

-- Sold to the last
select page.pay(:alice, :'a', 'http://own.example', 'pm_card_visa', p_save_method => true) \gset
select is((select payload ->> 'save_method' from ops.outbox where show_id = :general and kind = 'authorize' and payload ->> 'booking_id' = :'a'), 'true', 'who pays may have the card kept');
select sales.complete_payment(:general, p.payment_id, 'pi_a') from sales.payments as p where p.show_id = :general and p.status = 'pending' \gset
update sales.show_seats set status = 'blocked' where show_id = :general and status = 'available';
select is(page.show(:dave, :general, 'en') ->> 'is_sold', 'true', 'when nothing can come free the page says so');
select is(page.show(:dave, :general, 'en') ->> 'join', null, 'and offers no queue');
select is(pg_temp.location(page.join_waitlist(:dave, :general, 1), :general), 'SHOW?refused=cannot_be_met&quantity=1', 'of which the form says the same');

-- Giving back for money
select is(page.booking(:alice, :'a', 'en')::jsonb -> 'refunds', 'null', 'what is paid was not given back');
select isnt(page.booking(:alice, :'a', 'en') ->> 'refundable_until', null, 'and can be');
select b.seats -> 0 ->> 'seat' as seat from sales.parse_public_id('bk', :'a') as k inner join sales.bookings as b on b.booking_id = k.id \gset
select sales.settle_capture(:general, p.payment_id) from sales.payments as p inner join sales.parse_public_id('bk', :'a') as k on k.id = p.booking_id \gset captured_
select api.refund_seats(:alice, :'a', 'broken seat', array[:'seat']) \gset refunded_
select is(
    page.booking(:alice, :'a', 'en')::jsonb -> 'refunds',
    jsonb_build_array(jsonb_build_object('amount', '{"value": 2500, "currency": "EUR"}'::jsonb, 'is_pending', true, 'is_failed', false, 'is_done', false, 'seat_list', :'seat')),
    'a part of it is on its way back'
);
select is((page.booking(:alice, :'a', 'en')::jsonb #>> '{seats,0,is_given_back}')::boolean, true, 'the seat is struck');
select is((page.booking(:alice, :'a', 'en')::jsonb #>> '{seats,1,is_given_back}')::boolean, false, 'the others are not');
select is(page.booking(:alice, :'a', 'en') ->> 'is_paid', 'true', 'and still the buyer''s');
update sales.shows set refund_cutoff_seconds = 10 * 86400 where show_id = :general;
select is(page.booking(:alice, :'a', 'en') ->> 'refundable_until', null, 'past the deadline it cannot be given back');
select is(page.refund_booking(:alice, :'a') ->> 'location', '/bookings/' || :'a' || '?refused=too_late', 'and the form says so');
update sales.shows set refund_cutoff_seconds = 3600 where show_id = :general;
update sales.tickets set status = 'used', used_at = now() where show_id = :general and status = 'valid' and booking_id = (select k.id from sales.parse_public_id('bk', :'a') as k);
select is(page.booking(:alice, :'a', 'en') ->> 'refundable_until', null, 'nor when somebody was let in');
update sales.tickets set status = 'valid', used_at = null where show_id = :general and status = 'used';
select is(page.refund_booking(:alice, :'a') ->> 'location', '/bookings/' || :'a', 'giving back leads to the booking');
select is(page.booking(:alice, :'a', 'en') ->> 'ending', 'refunded', 'which says so');
select is(page.refund_booking(:alice, :'a') ->> 'location', '/bookings/' || :'a', 'and again');
select throws_ok(format('select page.refund_booking(%s, %L)', :bob, :'a'), 'BX404', null, 'another''s is not given back');
select is(page.refund_booking(:dave, :'dave_booking') ->> 'location', '/bookings/' || :'dave_booking', 'what was never paid leads to the booking as it is');

-- The house gives back
select h.body ->> 'booking_id' as held from sales.hold_seats(:seated, :bob, array['A-1'], null) as h \gset
select h.body ->> 'booking_id' as paid from sales.hold_seats(:seated, :carol, array['A-2'], null) as h \gset
select page.pay(:carol, :'paid', 'http://own.example', 'pm_card_visa') \gset
select sales.complete_payment(:seated, p.payment_id, 'pi_c') from sales.payments as p where p.show_id = :seated and p.status = 'pending' \gset
select api.cancel_show(:alice, :seated, 'Fire.') \gset cancelled_
select count(sales.settle_cancelled_show(:seated)) from generate_series(1, 4) \gset settled_
select is(page.booking(:bob, :'held', 'en') ->> 'ending', 'show_cancelled', 'who held seats of a cancelled show reads so');
select is(page.booking(:carol, :'paid', 'en') ->> 'ending', 'show_refunded', 'who had paid reads of the money');
select is(page.booking(:carol, :'paid', 'en') ->> 'may_choose_again', 'false', 'and chooses no seats again');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
