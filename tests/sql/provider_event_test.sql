\ir support/house.sql
select * from no_plan();

create function pg_temp.event(p_id text, p_type text, p_payment_id uuid, p_show_id bigint, p_more jsonb default '{}') returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', p_id,
        'type', p_type,
        'data', jsonb_build_object('object', jsonb_build_object(
            'id', 'pi_' || p_payment_id,
            'metadata', jsonb_build_object('show_id', p_show_id::text, 'payment_id', p_payment_id::text)
        ) || p_more)
    ))
$$;
select k.id as booking from sales.hold_seats(:seated, :alice, array['A-1']) as h, lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as payment from sales.begin_payment(:seated, :'booking', :alice, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset

select throws_ok($$select sales.receive_provider_event('{}')$$, 'BX400', null, 'what is no event is refused');
select is(sales.receive_provider_event('{"id": "evt_0", "type": "charge.updated", "data": {"object": {}}}'), 'ignored', 'an event of somebody else is recorded and left');
select is(pg_temp.event('evt_1', 'payment_intent.succeeded', :'payment', :seated), 'succeeded', 'the capture heard of before the authorization does both');
select is(pg_temp.event('evt_1', 'payment_intent.succeeded', :'payment', :seated), 'repeat', 'a repeat is recognised');
select is(pg_temp.event('evt_2', 'payment_intent.amount_capturable_updated', :'payment', :seated), 'paid', 'the authorization heard of afterwards changes nothing');
select is(pg_temp.event('evt_3', 'payment_intent.payment_failed', :'payment', :seated), 'succeeded', 'nor does a failure');
select is((select status from sales.bookings where booking_id = :'booking'), 'paid', 'the booking is paid');
select is(pg_temp.event('evt_4', 'payment_intent.succeeded', gen_random_uuid(), :seated), null, 'a payment that we do not know is left');

select k.id as booking from sales.hold_seats(:seated, :bob, array['A-2']) as h, lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select is(
    pg_temp.event('evt_5', 'payment_intent.payment_failed', :'payment', :seated, '{"last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}}'),
    'failed',
    'a decline by webhook'
);
select is((select failure_code from sales.payments where payment_id = :'payment'), 'insufficient_funds', 'keeps the provider''s reason');

select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, null, 'https://shop.example/') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select is(pg_temp.event('evt_6', 'payment_intent.payment_failed', :'payment', :seated), 'ignored', 'a decline on the provider''s page is not the end');
select is(pg_temp.event('evt_7', 'checkout.session.expired', :'payment', :seated), 'failed', 'the end of the page is');
select is((select status from sales.bookings where booking_id = :'booking'), 'held', 'and the booking is held again');

-- The provider gave a payment up by itself.
select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select is(pg_temp.event('evt_8', 'payment_intent.canceled', :'payment', :seated, '{"cancellation_reason": "automatic"}'), 'failed', 'a pending payment that the provider cancels has failed');
select is((select status from sales.bookings where booking_id = :'booking'), 'held', 'and does not hang: the booking is held again');
select is((select failure_code from sales.payments where payment_id = :'payment'), 'automatic', 'with the provider''s reason');
select is(sales.complete_payment(:seated, :'payment', 'pi_other'), 'voided', 'an authorization after that is given back');
select is(pg_temp.event('evt_9', 'payment_intent.canceled', :'payment', :seated), 'voided', 'and its cancellation is the end');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
