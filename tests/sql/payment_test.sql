\ir support/house.sql
select * from no_plan();

create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, false) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.pay(p_show_id bigint, p_booking_id uuid, p_user_id bigint) returns uuid language sql as $$
    select k.id
    from sales.begin_payment(p_show_id, p_booking_id, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
$$;
create function pg_temp.status(p_booking_id uuid) returns text language sql as $$
    select status from sales.bookings where booking_id = p_booking_id
$$;

-- The straight way.
select pg_temp.hold(:seated, :alice, 2) as booking \gset
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''pm_card_visa'')', :seated, :'booking', :bob), 'BX404', null, 'another''s booking is not found');
select throws_ok(format('select sales.begin_payment(%s, %L, %s)', :seated, :'booking', :alice), 'BX400', null, 'neither token nor return_url is refused');
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''4242424242424242'')', :seated, :'booking', :alice), 'BX400', null, 'the number of a card is refused');
select throws_ok(format('select sales.begin_payment(%s, %L, %s, null, ''javascript:alert(1)'')', :seated, :'booking', :alice), 'BX400', null, 'a return_url is http or https');
select is(pg_temp.status(:'booking'), 'held', 'and nothing has changed');
select pg_temp.pay(:seated, :'booking', :alice) as payment \gset
select throws_ok(format('update sales.payments set payment_method = %L where payment_id = %L', '4242424242424242', :'payment'), '23514', null, 'nor does the table take it');
select is(pg_temp.status(:'booking'), 'paying', 'the intent makes it paying');
select is((select count(*) from ops.outbox where kind = 'authorize' and payload ->> 'payment_id' = :'payment'), 1::bigint, 'and promises the authorization in the same transaction');
select is((select distinct held_until from sales.show_seats where show_id = :seated and booking_id = :'booking'), 'infinity'::timestamptz, 'its seats do not lapse meanwhile');
select pg_temp.let_lapse(:seated);
select is(sales.expire_bookings(:seated), 0, 'a booking that is paying is not expired');
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''pm_card_visa'')', :seated, :'booking', :alice), 'BX913', null, 'a second payment meanwhile is refused');
select throws_ok(format('select sales.release_booking(%s, %L, %s)', :seated, :'booking', :alice), 'BX911', null, 'and so is a release');
select is(sales.complete_payment(:seated, :'payment', 'pi_test_1'), 'paid', 'the authorization makes it paid');
select is(sales.complete_payment(:seated, :'payment', 'pi_test_1'), 'paid', 'said twice it changes nothing');
select is((select count(*) from sales.tickets where booking_id = :'booking' and status = 'valid'), 2::bigint, 'a ticket a seat');
select is((select count(*) from sales.show_seats where booking_id = :'booking' and status = 'sold'), 2::bigint, 'the seats are sold');
select is((select claimed_count from sales.buyers where show_id = :seated and user_id = :alice), 0, 'what is sold is not held');
select is((select count(*) from ops.outbox where kind = 'capture' and payload ->> 'payment_id' = :'payment'), 1::bigint, 'the capture is promised once');
select is(sales.settle_capture(:seated, :'payment'), 'succeeded', 'the capture settles it');
select is(sales.settle_capture(:seated, :'payment'), 'succeeded', 'twice too');
select is(sales.fail_payment(:seated, :'payment', 'card_declined'), 'succeeded', 'a failure that comes late changes nothing');
select is(pg_temp.status(:'booking'), 'paid', 'it stays paid');
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''pm_card_visa'')', :seated, :'booking', :alice), 'BX913', null, 'paying again is refused');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a purchase');

-- A decline, then another card.
select pg_temp.hold(:seated, :bob, 1) as booking \gset
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select is(sales.fail_payment(:seated, :'payment', 'card_declined', 'pi_test_2'), 'failed', 'a decline fails the payment');
select is(pg_temp.status(:'booking'), 'held', 'and the seats stay held');
select is((select held_until from sales.show_seats where booking_id = :'booking'), (select held_until from sales.bookings where booking_id = :'booking'), 'until the hold''s own deadline');
select is(sales.booking_json(:seated, :'booking') #>> '{payment,code}', 'card_declined', 'the buyer is told why');
select is(sales.complete_payment(:seated, :'payment', 'pi_test_2'), 'voided', 'an authorization of a failed payment is given back');
select is((select count(*) from ops.outbox where kind = 'void' and payload ->> 'provider_ref' = 'pi_test_2'), 1::bigint, 'by a promise');
select is(sales.complete_payment(:seated, :'payment', 'pi_test_2'), 'voided', 'said twice it is still void');
select is((select count(*) from ops.outbox where kind = 'void' and payload ->> 'provider_ref' = 'pi_test_2'), 1::bigint, 'and is given back once');
select is((select count(*) from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'payment_returned' and payload ->> 'booking_id' = :'booking'), 1::bigint, 'of which the buyer is told');
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select throws_ok(format('select sales.complete_payment(%s, %L, null)', :seated, :'payment'), '23514', null, 'no money is authorized that has no name at the provider');
select throws_ok(format('select sales.complete_payment(%s, %L, %L)', :seated, :'payment', ''), '23514', null, 'nor an empty one');
select is(sales.complete_payment(:seated, :'payment', 'pi_test_3'), 'paid', 'another card pays');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a decline');

-- Idempotency-Key.
select pg_temp.hold(:seated, :carol, 1) as booking \gset
select is(
    sales.begin_payment(:seated, :'booking', :carol, 'pm_card_visa', null, 'once') ->> 'payment_id',
    sales.begin_payment(:seated, :'booking', :carol, 'pm_card_visa', null, 'once') ->> 'payment_id',
    'a repeat with the same key gets the first payment'
);
select sales.release_booking(:seated, :'booking', :carol) from sales.payments as p where p.booking_id = :'booking' and sales.fail_payment(:seated, p.payment_id, 'card_declined') = 'failed';
select is(pg_temp.status(:'booking'), 'released', 'a held booking is released');
select is((select count(*) from sales.show_seats where booking_id = :'booking'), 0::bigint, 'and its seats are free');
select throws_ok(format('select sales.release_booking(%s, %L, %s)', :seated, :'booking', :carol), 'BX911', null, 'twice is refused');
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''pm_card_visa'')', :seated, :'booking', :carol), 'BX912', null, 'paying for it too');

-- Too late to begin.
select pg_temp.hold(:general, :carol, 3) as booking \gset
select pg_temp.let_lapse(:general);
select throws_ok(format('select sales.begin_payment(%s, %L, %s, ''pm_card_visa'')', :general, :'booking', :carol), 'BX912', null, 'a hold past its deadline is not paid for');
select is(sales.booking_json(:general, :'booking') ->> 'status', 'expired', 'and shows as expired before any sweep');

-- The authorization comes after the hold was lost.
select sales.expire_bookings(:general);
select pg_temp.hold(:general, :carol, 3) as booking \gset
select pg_temp.pay(:general, :'booking', :carol) as payment \gset
update sales.bookings set status = 'held' where booking_id = :'booking';
select sales.end_holds(:general, array[:'booking'::uuid], 'expired');
select is(sales.complete_payment(:general, :'payment', 'pi_test_4'), 'paid', 'the same seats are taken again while they are free');
select is(pg_temp.status(:'booking'), 'paid', 'and the booking is paid');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a late success');
select pg_temp.hold(:general, :bob, 9) as booking \gset
select pg_temp.pay(:general, :'booking', :bob) as payment \gset
update sales.bookings set status = 'held' where booking_id = :'booking';
select sales.end_holds(:general, array[:'booking'::uuid], 'expired');
select pg_temp.hold(:general, :alice, 1) as thief \gset
select is(sales.complete_payment(:general, :'payment', 'pi_test_5'), 'voided', 'when one of them is gone the authorization is voided');
select is(pg_temp.status(:'booking'), 'expired', 'and nothing is sold');
select is((select count(*) from sales.show_seats where show_id = :general and booking_id = :'booking'), 0::bigint, 'not even one seat');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a void');

-- Hosted page.
select sales.end_holds(:general, array[:'thief'::uuid], 'released');
select pg_temp.hold(:general, :alice, 1) as booking \gset
select sales.begin_payment(:general, :'booking', :alice, null, 'https://shop.example/back') as answer \gset
select is(:'answer'::json ->> 'await', 'true', 'the provider''s page is awaited');
select id as payment from sales.parse_public_id('pay', :'answer'::json ->> 'payment_id') \gset
select is(api.await_checkout(:alice, :'answer'::json ->> 'payment_id')::text, null, 'not known yet');
select is(sales.open_checkout(:general, :'payment', 'cs_1', 'https://provider.example/cs_1'), 'pending', 'the worker has it');
select is(api.await_checkout(:alice, :'answer'::json ->> 'payment_id') ->> 'checkout_url', 'https://provider.example/cs_1', 'then it is answered');
select is(api.await_checkout(:bob, :'answer'::json ->> 'payment_id')::text, null, 'to its buyer only');
select lives_ok(format('select sales.close_checkout(%s, %L, %s)', :general, :'booking', :alice), 'a buyer who came back closes it');
select lives_ok(format('select sales.close_checkout(%s, %L, %s)', :general, :'booking', :alice), 'twice is harmless');
select is((select count(*) from ops.outbox where kind = 'expire_checkout' and payload ->> 'payment_id' = :'payment'), 1::bigint, 'the provider is asked once');

-- Free of charge.
update sales.show_seats set price_minor = 0 where show_id = :seated and status = 'available';
select pg_temp.hold(:seated, :carol, 2) as booking \gset
select is(sales.begin_payment(:seated, :'booking', :carol) ->> 'status', 'succeeded', 'what costs nothing is paid at once, without a provider');
select is(pg_temp.status(:'booking'), 'paid', 'and sold');
select is((select count(*) from ops.outbox where kind not in ('mail', 'live') and payload::text like '%' || :'booking' || '%'), 0::bigint, 'nothing is asked of the provider');

-- The provider knows a buyer as one customer, for ever: it keeps a key for a day only, and then would make another one.
savepoint customers;
create function pg_temp.asked(p_booking_id uuid, p_member text) returns text language sql as $$
    select o.payload ->> p_member from ops.outbox as o
    where o.kind = 'authorize' and o.payload ->> 'booking_id' = sales.public_id('bk', o.show_id, p_booking_id)
$$;
select pg_temp.hold(:general, :carol, 1) as booking \gset
select sales.begin_payment(:general, :'booking', :carol, 'pm_first', p_save_method => true) is null as ignored \gset
select is(pg_temp.asked(:'booking', 'customer'), null, 'the first method that a buyer saves makes the customer');
select account.keep_payment_method(:carol, 'cus_carol', 'pm_first', 'visa 4242');
select pg_temp.hold(:general, :carol, 1) as booking \gset
select sales.begin_payment(:general, :'booking', :carol, 'pm_second', p_save_method => true) is null as ignored \gset
select is(pg_temp.asked(:'booking', 'customer'), 'cus_carol', 'the next is saved with the same one');
select pg_temp.hold(:general, :carol, 1) as booking \gset
select sales.begin_payment(:general, :'booking', :carol, 'pm_first') is null as ignored \gset
select is(pg_temp.asked(:'booking', 'customer'), 'cus_carol', 'a saved method is charged as its customer''s, though the buyer is there');
update account.payment_methods set removed_at = now() where method_ref = 'pm_first';
select pg_temp.hold(:general, :carol, 1) as booking \gset
select payment_id from sales.charge_booking(:general, :'booking', 'pm_first', p_is_off_session => true) \gset
select is(pg_temp.asked(:'booking', 'customer'), 'cus_carol', 'and by a waitlist entry that named it before it was removed');
select pg_temp.hold(:general, :carol, 1) as booking \gset
select sales.begin_payment(:general, :'booking', :carol, 'pm_other') is null as ignored \gset
select is(pg_temp.asked(:'booking', 'customer'), null, 'a method that is not kept is nobody''s');
rollback to customers;

-- What is authorized after the show is given back.
savepoint over;
select pg_temp.hold(:general, :carol, 2) as booking \gset
select pg_temp.pay(:general, :'booking', :carol) as payment \gset
update sales.shows set starts_at = now() - interval '2 hours', ends_at = now() - interval '3 min' where show_id = :general;
select is(sales.complete_payment(:general, :'payment', 'pi_over'), 'voided', 'an authorization that is found when the show is over buys nothing');
select is((select failure_code from sales.payments where payment_id = :'payment'), 'show_over', 'and says why');
select is((select count(*) from ops.outbox where kind = 'void' and payload ->> 'provider_ref' = 'pi_over'), 1::bigint, 'the money is released');
select is((select count(*) from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'payment_returned' and payload ->> 'booking_id' = :'booking'), 1::bigint, 'the buyer is told');
select is((select ops.compose_mail(show_id, payload) ->> 'end_reason' from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'payment_returned' and payload ->> 'booking_id' = :'booking'), 'show_over', 'and why');
select is(pg_temp.status(:'booking'), 'expired', 'the booking is over too');
select is((select claimed_count from sales.buyers where show_id = :general and user_id = :carol), 0, 'and claims nothing');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after the show');
rollback to over;

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent at the end');
select * from finish();
rollback;
