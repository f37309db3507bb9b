\ir support/house.sql
select * from no_plan();

-- What the provider tells of an intent of 12.00 EUR that names a payment; its answer to our own request, in the same words.
create function pg_temp.intent(p_payment_id uuid, p_status text, p_more jsonb default '{}') returns jsonb language sql as $$
    select jsonb_build_object(
        'id', 'pi_' || p_payment_id,
        'object', 'payment_intent',
        'status', p_status,
        'amount', 1200,
        'amount_capturable', case p_status when 'requires_capture' then 1200 else 0 end,
        'amount_received', case p_status when 'succeeded' then 1200 else 0 end,
        'currency', 'eur',
        'last_payment_error', null,
        'metadata', jsonb_build_object('show_id', p.show_id::text, 'payment_id', p.payment_id::text)
    ) || p_more
    from (select max(q.show_id) as show_id, p_payment_id as payment_id from sales.payments as q where q.payment_id = p_payment_id) as p
$$;
create function pg_temp.event(p_id text, p_payment_id uuid, p_status text, p_more jsonb default '{}') returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', p_id,
        'type', 'payment_intent.' || case p_status
            when 'requires_capture' then 'amount_capturable_updated'
            when 'requires_payment_method' then 'payment_failed'
            else p_status
        end,
        'data', jsonb_build_object('object', pg_temp.intent(p_payment_id, p_status, p_more))
    ))
$$;
create function pg_temp.answer(p_show_id bigint, p_payment_id uuid, p_status text, p_more jsonb default '{}') returns text language sql as $$
    select sales.hear_intent(p_show_id, p_payment_id, pg_temp.intent(p_payment_id, p_status, p_more), 'answer')
$$;
create function pg_temp.looks(p_payment_id uuid) returns bigint language sql as $$
    select count(*) from ops.outbox where kind = 'look' and payload ->> 'charge_id' = p_payment_id::text
$$;
select k.id as booking from sales.hold_seats(:seated, :alice, array['A-1']) as h, lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as payment from sales.begin_payment(:seated, :'booking', :alice, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset

select throws_ok($$select sales.receive_provider_event('{}')$$, 'BX400', null, 'what is no event is refused');
select is(sales.receive_provider_event('{"id": "evt_0", "type": "charge.updated", "data": {"object": {}}}'), 'ignored', 'an event of somebody else is recorded and left');
select is(pg_temp.event('evt_1', :'payment', 'succeeded'), 'unbound', 'an intent that is heard of before the answer to our own request sells nothing yet');
select is((select status from sales.bookings where booking_id = :'booking'), 'paying', 'the booking waits');
select is(pg_temp.looks(:'payment'), 1::bigint, 'and the intent is looked at soon');
select is(pg_temp.event('evt_1', :'payment', 'succeeded'), 'repeat', 'a repeat is recognised');
select is(pg_temp.event('evt_1b', :'payment', 'requires_payment_method'), 'ignored', 'nor does it fail by what is not known to be its own');
select is(pg_temp.answer(:seated, :'payment', 'succeeded'), 'succeeded', 'the answer says that it is ours: the capture heard of before the authorization does both');
select is(pg_temp.event('evt_2', :'payment', 'requires_capture'), 'paid', 'the authorization heard of afterwards changes nothing');
select is(pg_temp.event('evt_3', :'payment', 'requires_payment_method'), 'succeeded', 'nor does a failure');
select is((select status from sales.bookings where booking_id = :'booking'), 'paid', 'the booking is paid');
select results_eq(
    format('select said_amount_minor, said_currency::text, received_minor from sales.payments where payment_id = %L', :'payment'),
    $$values (1200::bigint, 'EUR', 1200::bigint)$$,
    'what the provider said is kept'
);
select is(sales.hear_intent(:seated, gen_random_uuid(), '{"id": "pi_x", "status": "succeeded"}'), 'unknown', 'a payment that we do not know is left');

select k.id as booking from sales.hold_seats(:seated, :bob, array['A-2']) as h, lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select is(
    pg_temp.answer(:seated, :'payment', 'requires_payment_method', '{"last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds"}}'),
    'failed',
    'a decline'
);
select is((select failure_code from sales.payments where payment_id = :'payment'), 'insufficient_funds', 'keeps the provider''s reason');

select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, null, 'https://shop.example/') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select sales.open_checkout(:seated, :'payment', 'cs_1', 'https://provider.example/cs_1') is null as ignored \gset
create function pg_temp.closed(p_id text, p_payment_id uuid, p_session text) returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', p_id,
        'type', 'checkout.session.expired',
        'data', jsonb_build_object('object', jsonb_build_object('id', p_session, 'metadata', pg_temp.intent(p_payment_id, '') -> 'metadata'))
    ))
$$;
select is(pg_temp.answer(:seated, :'payment', 'requires_payment_method'), 'ignored', 'a decline on the provider''s page is not the end');
select is(pg_temp.closed('evt_6', :'payment', 'cs_2'), 'ignored', 'nor is the end of another page');
select is(pg_temp.closed('evt_7', :'payment', 'cs_1'), 'failed', 'the end of the page is');
select is((select status from sales.bookings where booking_id = :'booking'), 'held', 'and the booking is held again');

-- The provider gave a payment up by itself.
select k.id as payment from sales.begin_payment(:seated, :'booking', :bob, 'pm_card_visa') as a, lateral sales.parse_public_id('pay', a ->> 'payment_id') as k \gset
select is(pg_temp.event('evt_8', :'payment', 'canceled', '{"cancellation_reason": "automatic"}'), 'ignored', 'what is not known to be its own cannot end it');
select is(pg_temp.answer(:seated, :'payment', 'canceled', '{"cancellation_reason": "automatic"}'), 'failed', 'a pending payment whose intent the provider has cancelled has failed');
select is((select status from sales.bookings where booking_id = :'booking'), 'held', 'and does not hang: the booking is held again');
select is((select failure_code from sales.payments where payment_id = :'payment'), 'automatic', 'with the provider''s reason');
select is(pg_temp.event('evt_8b', :'payment', 'requires_capture'), 'voided', 'an authorization after that is given back');
select is(pg_temp.event('evt_9', :'payment', 'canceled'), 'voided', 'and its cancellation is the end');

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
select is(pg_temp.dispute('evt_20', 'created', 'needs_response', 'pi_of_nobody'), 'asked', 'a dispute of a charge that we do not know is asked for again');
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
            'id', p_refund, 'object', 'refund', 'amount', 1200, 'currency', 'eur', 'status', p_status,
            'payment_intent', coalesce(
                (
                    select c.provider_ref
                    from sales.payments as r
                    inner join sales.payments as c
                        on c.show_id = r.show_id
                        and c.payment_id = r.charge_payment_id
                    where r.payment_id = p_payment_id
                ),
                'pi_of_nobody'
            ), 'failure_reason', case p_status when 'failed' then 'lost_or_stolen_card' end,
            'metadata', jsonb_build_object('show_id', p_show_id::text, 'payment_id', p_payment_id::text, 'refund', 'true')
        ))
    ))
$$;
delete from sales.disputes;
select b.booking_id as booking from sales.bookings as b where b.show_id = :seated and b.status = 'paid' \gset
select sales.refund_booking(:seated, :'booking', :alice, 'changed my mind') \g /dev/null
select p.payment_id as refund from sales.payments as p where p.show_id = :seated and p.kind = 'refund' \gset
select is(pg_temp.refund_event('evt_30', 'refund.created', 'pending', :seated, :'refund'), 'ignored', 'a refund on its way is no news');
select is(pg_temp.refund_event('evt_31', 'refund.updated', 'succeeded', :seated, :'refund'), 'succeeded', 'a refund that arrived is settled');
select is(pg_temp.refund_event('evt_32', 'charge.refund.updated', 'succeeded', :seated, :'refund'), 'succeeded', 'a repeat changes nothing');
select is(pg_temp.refund_event('evt_33', 'refund.failed', 'failed', :seated, :'refund'), 'failed', 'one that failed after all comes to its end');
select is(
    (select count(*) from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund_failed' and payload ->> 'payment_id' = :'refund'),
    1::bigint,
    'and the buyer, who was told that it was made, is told'
);
select is(pg_temp.refund_event('evt_34', 'refund.updated', 'succeeded', :seated, :'refund'), 'ignored', 'whatever is heard of later');
select is(sales.settle_refund(:seated, :'refund', 're_1'), 'failed', 'be it the worker''s own answer, which was on its way');
select is(pg_temp.refund_event('evt_35', 'refund.failed', 'failed', :seated, gen_random_uuid()), 'ignored', 'a refund that we do not know is left');
select is((select count(*) from report.stuck_payments where show_id = :seated and kind = 'refund'), 1::bigint, 'and a person is asked to look');
select is(pg_temp.refund_event('evt_36', 'refund.created', 'succeeded', :seated, :'refund', 're_2'), 'succeeded', 'another refund of it settles it');
select is((select failure_code from sales.payments where payment_id = :'refund'), null, 'and then nothing has failed');
select is(pg_temp.refund_event('evt_37', 'charge.refund.updated', 'failed', :seated, :'refund'), 'succeeded', 'nor does it when the first one''s failure is told again');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
