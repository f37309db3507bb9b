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

-- Disputes, in any order.
create function pg_temp.dispute(p_id text, p_type text, p_status text, p_intent text) returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', p_id,
        'type', 'charge.dispute.' || p_type,
        'created', 1800000000,
        'data', jsonb_build_object('object', jsonb_build_object(
            'id', 'du_1', 'amount', 1000, 'currency', 'eur', 'reason', 'fraudulent', 'status', p_status, 'created', 1799999999,
            'payment_intent', p_intent, 'metadata', '{}'::jsonb
        ))
    ))
$$;
select provider_ref as intent from sales.payments where show_id = :seated and status = 'succeeded' \gset
select is(pg_temp.dispute('evt_20', 'created', 'needs_response', 'pi_of_nobody'), 'ignored', 'a dispute of a charge that is not ours is left');
select is(pg_temp.dispute('evt_21', 'updated', 'under_review', :'intent'), 'under_review', 'a dispute heard of by its second event is recorded');
select is(pg_temp.dispute('evt_21', 'updated', 'under_review', :'intent'), 'repeat', 'once');
select is(pg_temp.dispute('evt_22', 'created', 'needs_response', :'intent'), 'under_review', 'and its first event, heard of later, does not turn it back');
select is(pg_temp.dispute('evt_23', 'closed', 'lost', :'intent'), 'lost', 'it ends');
select is(pg_temp.dispute('evt_24', 'updated', 'under_review', :'intent'), 'lost', 'and that stays');
select results_eq(
    'select amount_minor, currency::text, reason, status, opened_at, closed_at from sales.disputes',
    $$values (1000::bigint, 'EUR', 'fraudulent', 'lost', to_timestamp(1799999999), to_timestamp(1800000000))$$,
    'with its amount, its reason and its times'
);

-- What becomes of a refund.
create function pg_temp.refund_event(
    p_id text, p_type text, p_status text, p_show_id bigint, p_payment_id uuid, p_refund text default 're_1'
) returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', p_id,
        'type', p_type,
        'data', jsonb_build_object('object', jsonb_build_object(
            'id', p_refund, 'status', p_status, 'failure_reason', case p_status when 'failed' then 'lost_or_stolen_card' end,
            'metadata', jsonb_build_object('show_id', p_show_id::text, 'payment_id', p_payment_id::text, 'refund', 'true')
        ))
    ))
$$;
select b.booking_id as booking from sales.bookings as b where b.show_id = :seated and b.status = 'paid' \gset
select sales.refund_booking(:seated, :'booking', :alice, 'changed my mind') \g /dev/null
select p.payment_id as refund from sales.payments as p where p.show_id = :seated and p.kind = 'refund' \gset
select is(pg_temp.refund_event('evt_30', 'refund.created', 'pending', :seated, :'refund'), 'ignored', 'a refund on its way is no news');
select is(pg_temp.refund_event('evt_31', 'refund.updated', 'succeeded', :seated, :'refund'), 'succeeded', 'a refund that arrived is settled');
select is(pg_temp.refund_event('evt_32', 'charge.refund.updated', 'succeeded', :seated, :'refund'), 'succeeded', 'a repeat changes nothing');
select is(pg_temp.refund_event('evt_33', 'refund.failed', 'failed', :seated, :'refund'), 'pending', 'one that failed after all is owed again');
select is(pg_temp.refund_event('evt_34', 'refund.updated', 'succeeded', :seated, :'refund'), 'ignored', 'whatever is heard of later');
select is(sales.settle_refund(:seated, :'refund', 're_1'), 'pending', 'be it the worker''s own answer, which was on its way');
select is(pg_temp.refund_event('evt_35', 'refund.failed', 'failed', :seated, gen_random_uuid()), null, 'a refund that we do not know is left');
update sales.payments set deadline_at = deadline_at - interval '1 second' where payment_id = :'refund';
select is((select count(*) from report.stuck_payments where show_id = :seated and kind = 'refund'), 1::bigint, 'and a person is asked to look');
select is(pg_temp.refund_event('evt_36', 'refund.created', 'succeeded', :seated, :'refund', 're_2'), 'succeeded', 'another refund of it settles it');
select is((select failure_code from sales.payments where payment_id = :'refund'), null, 'and then nothing has failed');
select is(pg_temp.refund_event('evt_37', 'charge.refund.updated', 'failed', :seated, :'refund'), 'succeeded', 'nor does it when the first one''s failure is told again');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
