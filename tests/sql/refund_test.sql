\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.bought(p_show_id bigint, p_user_id bigint, p_quantity integer, p_ref text, p_captured boolean default true) returns uuid language plpgsql as $$
declare
    v_booking uuid;
    v_payment uuid;
begin
    select k.id into v_booking
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, false) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k;
    select k.id into v_payment
    from sales.begin_payment(p_show_id, v_booking, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k;
    perform sales.complete_payment(p_show_id, v_payment, p_ref);
    if p_captured then
        perform sales.settle_capture(p_show_id, v_payment);
    end if;
    return v_booking;
end
$$;
create function pg_temp.refund(p_booking_id uuid) returns sales.payments language sql as $$
    select p from sales.payments as p where p.booking_id = p_booking_id and p.kind = 'refund' order by p.created_at desc, p.payment_id limit 1
$$;

-- Whole, by the buyer.
select pg_temp.bought(:general, :alice, 3, 'pi_r1') as booking \gset
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L)', :general, :'booking', :bob, 'x'), 'BX404', null, 'another''s booking is not found');
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L)', :general, :'booking', :alice, ' '), 'BX400', null, 'a refund has a reason');
select is(sales.refund_booking(:general, :'booking', :alice, 'ill') ->> 'status', 'refunded', 'a buyer gives the booking back');
select is((select array_agg(distinct status) from sales.tickets where booking_id = :'booking'), array['void'], 'its tickets are void');
select is((select count(*) from sales.show_seats where show_id = :general and status = 'available'), 12::bigint, 'its seats are free');
select is((pg_temp.refund(:'booking')).amount_minor, 7500::bigint, 'the refund is of all that was paid');
select is((pg_temp.refund(:'booking')).status, 'pending', 'and under way');
select is((select count(*) from ops.outbox where kind = 'refund' and payload ->> 'charge_ref' = 'pi_r1'), 1::bigint, 'the worker is asked for it once');
select is((select count(*) from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund' and payload ->> 'booking_id' = :'booking'), 1::bigint, 'the buyer is told');
select is(sales.refund_booking(:general, :'booking', :alice, 'ill') ->> 'status', 'refunded', 'asked again it is refunded');
select is((select count(*) from sales.payments where booking_id = :'booking' and kind = 'refund'), 1::bigint, 'once');
select is(sales.settle_refund(:general, (pg_temp.refund(:'booking')).payment_id, 're_r1'), 'succeeded', 'the provider gave it back');
select is(sales.settle_refund(:general, (pg_temp.refund(:'booking')).payment_id, 're_other'), 'succeeded', 'said twice it changes nothing');
select is((pg_temp.refund(:'booking')).provider_ref, 're_r1', 'not even its name');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a refund');
select throws_ok(format('update sales.payments set refunded_minor = amount_minor + 1 where booking_id = %L and kind = ''charge''', :'booking'), '23514', null, 'a constraint refuses refunds beyond the charge');
select throws_ok(format('update sales.payments set refunded_minor = 1 where booking_id = %L and kind = ''refund''', :'booking'), '23514', null, 'and a refund of a refund');

-- Until the deadline, and before anybody was let in.
select pg_temp.bought(:general, :alice, 2, 'pi_r2') as booking \gset
update sales.shows set refund_cutoff_seconds = 4 * 86400 where show_id = :general;
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L)', :general, :'booking', :alice, 'late'), 'BX914', null, 'after the show''s deadline it is too late');
update sales.shows set refund_cutoff_seconds = 86400 where show_id = :general;
update sales.tickets set status = 'used', used_at = now(), gate = 'north' where booking_id = :'booking' and ticket_id = (select ticket_id from sales.tickets where booking_id = :'booking' limit 1);
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L)', :general, :'booking', :alice, 'was there'), 'BX914', null, 'and when somebody was let in');
select is((select status from sales.bookings where booking_id = :'booking'), 'paid', 'nothing has changed');
select is(sales.refund_booking(:general, :'booking', :carol, 'the projector broke', p_is_staff => true) ->> 'status', 'refunded', 'staff refunds at any time');

-- Not what is not paid.
select k.id as booking from sales.hold_seats(:general, :bob, null, 1) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L)', :general, :'booking', :bob, 'x'), 'BX915', null, 'what is only held is not refunded');

-- Partly.
select pg_temp.bought(:seated, :bob, 3, 'pi_r3') as booking \gset
select array_agg(seat order by seat_no) as seats from sales.tickets where booking_id = :'booking' \gset
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L, true, array[''Z-9''])', :seated, :'booking', :carol, 'x'), 'BX905', null, 'a seat that is not the booking''s is named');
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L, true, ''{}'')', :seated, :'booking', :carol, 'x'), 'BX400', null, 'no seats are no refund');
select is(sales.refund_booking(:seated, :'booking', :carol, 'one is ill', true, array[(:'seats'::text[])[2]]) ->> 'status', 'paid', 'a part is refunded and the rest stays paid');
select is((select count(*) from sales.tickets where booking_id = :'booking' and status = 'valid'), 2::bigint, 'two tickets are left');
select is((select status from sales.show_seats where show_id = :seated and seat = (:'seats'::text[])[2]), 'available', 'the seat is free');
select is((select difference_minor from report.ledger where booking_id = sales.public_id('bk', :seated, :'booking')), 0::bigint, 'the ledger balances');
select throws_ok(format('select sales.refund_booking(%s, %L, %s, %L, true, array[%L])', :seated, :'booking', :carol, 'again', (:'seats'::text[])[2]), 'BX905', null, 'the same seat twice is refused');
select is(sales.refund_booking(:seated, :'booking', :bob, 'the others too') ->> 'status', 'refunded', 'the rest follows');
select results_eq(
    format('select amount_minor from sales.payments where booking_id = %L and kind = ''refund'' order by cardinality(seat_nos)', :'booking'),
    format('select sum(price_minor)::bigint from sales.tickets where booking_id = %L group by seat = (%L::text[])[2] order by count(*)', :'booking', :'seats'),
    'each refund is of its seats'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after refunds of parts');

-- Before the capture.
select pg_temp.bought(:general, :carol, 1, 'pi_r4', false) as booking \gset
select sales.refund_booking(:general, :'booking', :carol, 'quick');
select is((select count(*) from ops.outbox where kind = 'refund' and payload ->> 'charge_ref' = 'pi_r4'), 0::bigint, 'what is not captured yet is not refunded yet');
select sales.settle_capture(:general, payment_id) from sales.payments where booking_id = :'booking' and kind = 'charge';
select is((select count(*) from ops.outbox where kind = 'refund' and payload ->> 'charge_ref' = 'pi_r4'), 1::bigint, 'but as soon as it is');

-- Free of charge.
update sales.show_seats set price_minor = 0 where show_id = :seated;
select k.id as booking from sales.hold_seats(:seated, :carol, null, 1) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select sales.begin_payment(:seated, :'booking', :carol);
select is(sales.refund_booking(:seated, :'booking', :carol, 'free') ->> 'status', 'refunded', 'what cost nothing is given back');
select is((pg_temp.refund(:'booking')).status, 'succeeded', 'at once');

-- A cancelled show.
select pg_temp.bought(:general, :alice, 2, 'pi_c1') as paid \gset
select k.id as held from sales.hold_seats(:general, :bob, null, 2) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as paying from sales.hold_seats(:general, :carol, null, 2) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as payment from sales.begin_payment(:general, :'paying', :carol, 'pm_card_visa') as a cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select throws_ok(format('select sales.cancel_show(%s, %s, %L)', 0, :carol, 'x'), 'BX404', null, 'a show that is not there is not cancelled');
select is(sales.cancel_show(:general, :carol, 'The roof leaks.') ->> 'status', 'cancelled', 'a show is cancelled at once');
select sales.cancel_show(:general, :carol, 'Again.');
select is((select count(*) from ops.outbox where kind = 'cancel_show' and show_id = :general), 1::bigint, 'and its bookings settled later, asked for once');
select is((select count(*) from sales.show_events where show_id = :general and kind = 'cancelled'), 1::bigint, 'the log says so once');
select is((sales.cancellation_json(:general) #>> '{bookings,pending}')::integer, 4, 'the progress shows what is to be done');
select is(code, 'not_on_sale', 'nothing more is held') from sales.hold_seats(:general, :alice, null, 1);
select sales.settle_cancelled_show(:general) from generate_series(1, 5);
select is((select status from sales.bookings where booking_id = :'paid'), 'refunded', 'who paid is refunded');
select is((select status from sales.bookings where booking_id = :'held'), 'cancelled', 'who held holds no more');
select is((select status from sales.bookings where booking_id = :'paying'), 'paying', 'who is paying is left until the provider has answered');
select is((sales.cancellation_json(:general) #>> '{bookings,pending}')::integer, 1, 'the progress shows that one');
select is(sales.complete_payment(:general, :'payment', 'pi_c2'), 'voided', 'then the money is given back');
select is((select status from sales.bookings where booking_id = :'paying'), 'cancelled', 'and the booking cancelled');
select is(sales.settle_cancelled_show(:general), 0, 'nothing is left');
select is((select count(*) from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'show_cancelled' and show_id = :general), 3::bigint, 'each of them is told');
select is((select sum(claimed_count) from sales.buyers where show_id = :general), 0::bigint, 'nobody claims a seat');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a cancelled show');

-- What was given back is no longer what a customer bought.
select coalesce(sum(seat_count), 0) as seats_before from report.top_customers \gset
select split_part(h.body ->> 'booking_id', '_', 3)::uuid as booking from sales.hold_seats(:seated, :alice, '{A-1,A-2}') as h \gset
select split_part(sales.begin_payment(:seated, :'booking', :alice, 'pm_card_visa') ->> 'payment_id', '_', 3)::uuid as payment \gset
select sales.complete_payment(:seated, :'payment', 'pi_c3') is null as ignored \gset
select is((select sum(seat_count) from report.top_customers), :seats_before + 2::numeric, 'a customer has bought two seats');
select sales.refund_booking(:seated, :'booking', :carol, 'broken', true, '{A-1}') is null as ignored \gset
select is((select sum(seat_count) from report.top_customers), :seats_before + 1::numeric, 'and one, when the other was given back');

-- The show is called off, and then the provider declines.
select sales.create_show(:event_id, :general_hall, now() + interval '4 days', '{"standard": 2500}', 'EUR') as off \gset
select split_part(h.body ->> 'booking_id', '_', 3)::uuid as booking from sales.hold_seats(:off, :bob, '{GA-1}') as h \gset
select split_part(sales.begin_payment(:off, :'booking', :bob, 'pm_card_visa') ->> 'payment_id', '_', 3)::uuid as payment \gset
select sales.cancel_show(:off, :carol, 'Fire.') is null as ignored \gset
select sales.settle_cancelled_show(:off) from generate_series(1, 3) \g /dev/null
select is(sales.fail_payment(:off, :'payment', 'card_declined'), 'failed', 'who was paying when the show was called off, in vain');
select is((select status from sales.bookings where booking_id = :'booking'), 'cancelled', 'has the seats no more');
select is(
    (select payload ->> 'reason' from ops.outbox where kind = 'mail' and show_id = :off and payload ->> 'user_id' = :'bob' and payload ->> 'mail' = 'show_cancelled'),
    'Fire.',
    'and is told why'
);

-- A show that is moved may be given back until it starts, by whoever had booked before.
select sales.create_show(:event_id, :general_hall, now() + interval '20 days', '{"standard": 2500}', 'EUR') as moved \gset
update sales.shows set refund_cutoff_seconds = 30 * 86400 where show_id = :moved;
select split_part(h.body ->> 'booking_id', '_', 3)::uuid as booking from sales.hold_seats(:moved, :bob, '{GA-1}') as h \gset
select split_part(sales.begin_payment(:moved, :'booking', :bob, 'pm_card_visa') ->> 'payment_id', '_', 3)::uuid as payment \gset
select sales.complete_payment(:moved, :'payment', 'pi_before_the_move') \g /dev/null
select split_part(h.body ->> 'booking_id', '_', 3)::uuid as paying from sales.hold_seats(:moved, :alice, '{GA-2}') as h \gset
select split_part(sales.begin_payment(:moved, :'paying', :alice, 'pm_card_visa') ->> 'payment_id', '_', 3)::uuid as late_payment \gset
select is(pg_temp.refusal(format('select sales.refund_booking(%s, %L, %s, ''x'')', :moved, :'booking', :bob)), 'too_late', 'a buyer is too late');
select is(sales.booking_json(:moved, :'booking') ->> 'refundable_until', null, 'as the booking says');
select starts_at as before from sales.shows where show_id = :moved \gset
select sales.change_show(:moved, :carol, now() + interval '10 days', null, null, null, null, null, null, null, null, null) \g /dev/null
select is((sales.booking_json(:moved, :'booking') ->> 'refundable_until')::timestamptz, date_trunc('second', now() + interval '10 days'), 'when the show is moved, the money can be had until it starts');
select is(sales.complete_payment(:moved, :'late_payment', 'pi_during_the_move'), 'paid', 'somebody was paying while it was moved');
select results_eq(
    format('select payload ->> ''starts_at_before'' from ops.outbox where show_id = %s and payload ->> ''mail'' = ''show_moved'' and payload ->> ''user_id'' = %L', :moved, :'alice'),
    format('values (%L)', api.rfc3339(:'before')),
    'and is told of the move, once'
);
select is(sales.refund_booking(:moved, :'booking', :bob, 'Too early.') ->> 'status', 'refunded', 'who does not like the new time gets the money back');
update sales.show_events set happened_at = now() - interval '1 second' where show_id = :moved and kind = 'moved';
select is(pg_temp.refusal(format('select sales.refund_booking(%s, %L, %s, ''x'')', :moved, :'paying', :alice)), 'too_late', 'who booked at the new time has the usual rules');

-- Calendars take a later file for a change of the same appointment.
select split_part(h.body ->> 'booking_id', '_', 3)::uuid as booking from sales.hold_seats(:moved, :carol, null, 2) as h \gset
select split_part(sales.begin_payment(:moved, :'booking', :carol, 'pm_card_visa') ->> 'payment_id', '_', 3)::uuid as payment \gset
select sales.complete_payment(:moved, :'payment', 'pi_calendar'), sales.settle_capture(:moved, :'payment') \g /dev/null
select sales.ticket_model(:moved, :'booking') ->> 'sequence' as sequence \gset
select sales.refund_booking(:moved, :'booking', :carol, 'One is ill.', true, array[(select seat from sales.tickets where booking_id = :'booking' limit 1)]) \g /dev/null
select is((sales.ticket_model(:moved, :'booking') ->> 'sequence')::integer, :sequence + 1, 'a seat that is given back');
select sales.refund_booking(:moved, :'booking', :carol, 'Both are.', true) \g /dev/null
select is((sales.ticket_model(:moved, :'booking') ->> 'sequence')::integer, :sequence + 2, 'and the rest');
select is((select json_array_length(ops.compose_mail(o.show_id, o.payload)::json #> '{tickets,0,tickets}') from ops.outbox as o where o.payload ->> 'mail' = 'refund' and o.payload ->> 'booking_id' = :'booking' limit 1), 0, 'the mail has the appointment, of which nothing is left');

select * from finish();
rollback;
