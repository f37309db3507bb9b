-- What the provider reports is compared with what was asked: foreign and second charges, wrong amounts and currencies, what was
-- captured, refunded or cancelled there by hand, and refunds that come to nothing.
\ir support/house.sql
select * from no_plan();

create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_seats text[]) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, p_seats) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.pay(p_show_id bigint, p_booking_id uuid, p_user_id bigint, p_url text default null) returns uuid language sql as $$
    select k.id
    from sales.begin_payment(p_show_id, p_booking_id, p_user_id, case when p_url is null then 'pm_card_visa' end, p_url) as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
$$;
-- The provider's object of an intent for a payment of so much: p_more is what differs.
create function pg_temp.intent(p_show_id bigint, p_payment_id uuid, p_status text, p_more jsonb default '{}') returns jsonb language sql as $$
    select jsonb_build_object(
        'id', 'pi_' || p_payment_id,
        'object', 'payment_intent',
        'status', p_status,
        'amount', p.amount_minor,
        'amount_capturable', case p_status when 'requires_capture' then p.amount_minor else 0 end,
        'amount_received', case p_status when 'succeeded' then p.amount_minor else 0 end,
        'currency', lower(p.currency),
        'metadata', jsonb_build_object('show_id', p.show_id::text, 'payment_id', p.payment_id::text)
    ) || p_more
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
$$;
create function pg_temp.event(p_intent jsonb) returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', 'evt_' || gen_random_uuid(),
        'type', 'payment_intent.' || case p_intent ->> 'status'
            when 'requires_capture' then 'amount_capturable_updated' else p_intent ->> 'status'
        end,
        'data', jsonb_build_object('object', p_intent)
    ))
$$;
create function pg_temp.refunded(p_refund text, p_intent text, p_amount bigint, p_currency text default 'eur', p_named uuid default null, p_status text default 'succeeded')
returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object(
        'id', 'evt_' || gen_random_uuid(),
        'type', 'refund.created',
        'data', jsonb_build_object('object', jsonb_build_object(
            'id', p_refund, 'object', 'refund', 'status', p_status, 'amount', p_amount, 'currency', p_currency, 'payment_intent', p_intent,
            'metadata', coalesce(
                (select jsonb_build_object('show_id', p.show_id::text, 'payment_id', p.payment_id::text) from sales.payments as p where p.payment_id = p_named),
                '{}'
            )
        ))
    ))
$$;
create function pg_temp.bought(p_show_id bigint, p_user_id bigint, p_seats text[], p_captured boolean default true) returns uuid language plpgsql as $$
declare
    v_booking uuid := pg_temp.hold(p_show_id, p_user_id, p_seats);
    v_payment uuid := pg_temp.pay(p_show_id, v_booking, p_user_id);
begin
    perform sales.hear_intent(
        p_show_id, v_payment, pg_temp.intent(p_show_id, v_payment, case when p_captured then 'succeeded' else 'requires_capture' end), 'answer'
    );
    return v_payment;
end
$$;
create function pg_temp.status(p_payment_id uuid) returns text language sql as $$
    select concat_ws(' ', p.status, b.status, (select count(*) from sales.tickets as t where t.booking_id = b.booking_id and t.status <> 'void'))
    from sales.payments as p inner join sales.bookings as b on b.booking_id = p.booking_id
    where p.payment_id = p_payment_id
$$;
create function pg_temp.reasons(p_payment_id uuid) returns text language sql as $$
    select string_agg(concat_ws(' ', s.reason, s.provider_ref, s.said_amount_minor, s.said_currency), ', ' order by s.provider_ref)
    from report.stuck_payments as s
    cross join lateral sales.parse_public_id('pay', s.payment_id) as k
    where k.id = p_payment_id
$$;
create function pg_temp.returns(p_payment_id uuid) returns text language sql as $$
    select string_agg(o.payload ->> 'provider_ref', ', ' order by o.payload ->> 'provider_ref')
    from ops.outbox as o
    where o.kind = 'return_money' and o.payload ->> 'charge_id' = p_payment_id::text
$$;
create function pg_temp.ledger(p_payment_id uuid) returns text language sql as $$
    select concat_ws(' ', l.charged_minor, l.refunded_minor, l.tickets_minor, l.unmatched_minor, l.difference_minor)
    from report.ledger as l inner join sales.payments as p on l.booking_id = sales.public_id('bk', p.show_id, p.booking_id)
    where p.payment_id = p_payment_id
$$;
create function pg_temp.mails(p_mail text) returns bigint language sql as $$
    select count(*) from ops.outbox as o where o.kind = 'mail' and o.payload ->> 'mail' = p_mail
$$;
-- The work for a payment ends.
create function pg_temp.finish(p_payment_id uuid) returns void language sql as $$
    update ops.outbox set done_at = now() where payload ->> 'payment_id' = p_payment_id::text and done_at is null
$$;

-- Somebody else's intent names our pending payment.
select pg_temp.hold(:seated, :alice, '{A-1,A-2}') as booking \gset
select pg_temp.pay(:seated, :'booking', :alice) as payment \gset
select pg_temp.intent(:seated, :'payment', 'succeeded', '{"id": "pi_foreign", "amount": 50, "amount_received": 50}') as foreign \gset
select is(pg_temp.event(:'foreign'), 'unbound', 'an intent that names a pending payment sells nothing by that');
select is(pg_temp.status(:'payment'), 'pending paying 0', 'the payment waits for its own');
select is((select payload ->> 'intent_ref' from ops.outbox where kind = 'look' and payload ->> 'charge_id' = :'payment'), 'pi_foreign', 'and the other is looked at again');
select is(sales.hear_intent(:seated, :'payment', :'foreign'), 'unbound', 'as often as need be');
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'succeeded', '{"id": "pi_whole"}')), 'unbound', 'also one of the right amount');
select is(
    sales.hear_intent(:seated, :'payment', pg_temp.intent(:seated, :'payment', 'requires_capture'), 'answer'),
    'paid',
    'the answer to our own request sells'
);
select is(sales.hear_intent(:seated, :'payment', :'foreign'), 'refused', 'then the other is known to be foreign');
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'requires_capture', '{"id": "pi_again"}')), 'refused', 'and so is a second authorization of a paid booking');
select is(pg_temp.event(:'foreign'), 'refused', 'told twice');
select is(pg_temp.returns(:'payment'), 'pi_again, pi_foreign', 'the money of each is returned, once');
select is(pg_temp.reasons(:'payment'), 'second_charge pi_again 2400 EUR, second_charge pi_foreign 50 EUR', 'a person is told of both');
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'canceled', '{"id": "pi_again"}')), 'ignored', 'what holds no money is left');
select is(pg_temp.status(:'payment'), 'authorized paid 2', 'the booking has its own');
select is((select provider_ref from sales.payments where payment_id = :'payment'), 'pi_' || :'payment', 'and its own name');
select sales.note_returned(:seated, 'pi_foreign');
select sales.note_returned(:seated, 'pi_again', 'charge_disputed');
select results_eq(
    $$select provider_ref, work_kind, last_error from report.stuck_payments order by 1$$,
    $$values ('pi_again', 'return_money', 'charge_disputed'), ('pi_foreign', null, null)$$,
    'what became of the money is told too'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after foreign charges');

-- One that the provider's page does not know, and one that names a payment which has ended and knows no intent.
select pg_temp.hold(:seated, :bob, '{A-3}') as booking \gset
select pg_temp.pay(:seated, :'booking', :bob, 'https://shop.example/') as payment \gset
select sales.open_checkout(:seated, :'payment', 'cs_1', 'https://provider.example/cs_1') is null as ignored \gset
select pg_temp.event(pg_temp.intent(:seated, :'payment', 'requires_capture', '{"id": "pi_page"}')) as heard \gset
select is(:'heard'::text, 'unbound', 'what names a payment on the provider''s page waits too');
select is((select payload ->> 'checkout_ref' from ops.outbox where kind = 'look' and payload ->> 'charge_id' = :'payment'), 'cs_1', 'the page is asked');
select is(
    sales.hear_intent(:seated, :'payment', pg_temp.intent(:seated, :'payment', 'requires_capture', '{"id": "pi_page"}'), 'stranger'),
    'refused',
    'an intent that the page does not name is foreign'
);
select pg_temp.finish(:'payment');
select sales.fail_payment(:seated, :'payment', 'checkout_expired') is null as ignored \gset
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'succeeded', '{"id": "pi_late"}')), 'refused', 'and so is one that names a payment which has failed without any');
select is(pg_temp.returns(:'payment'), 'pi_late, pi_page', 'the money of both is returned');
select is(pg_temp.status(:'payment'), 'failed held 0', 'nothing is sold');

-- Our own, but not what was asked for.
create function pg_temp.answers(p_user_id bigint, p_status text, p_more jsonb, out heard text, out payment uuid) language plpgsql as $$
begin
    payment := (
        select p.payment_id from sales.payments as p inner join sales.bookings as b on b.booking_id = p.booking_id
        where b.user_id = p_user_id and p.status = 'pending'
    );
    heard := sales.hear_intent(
        (select show_id from sales.payments where payment_id = payment),
        payment,
        (select pg_temp.intent(p.show_id, p.payment_id, p_status, p_more) from sales.payments as p where p.payment_id = payment),
        'answer'
    );
end
$$;
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select heard from pg_temp.answers(:bob, 'requires_capture', '{"amount": 50, "amount_capturable": 50}') \gset
select is(:'heard'::text, 'refused', 'an authorization of another amount sells nothing');
select is(pg_temp.status(:'payment'), 'failed held 0', 'the payment has failed, the seats are held');
select is((select failure_code from sales.payments where payment_id = :'payment'), 'wrong_amount', 'and says why');
select is(pg_temp.reasons(:'payment'), 'wrong_amount pi_' || :'payment' || ' 50 EUR', 'a person is told');
select is(pg_temp.returns(:'payment'), 'pi_' || :'payment', 'and the money released');
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select heard from pg_temp.answers(:bob, 'requires_capture', '{"currency": "usd"}') \gset
select is(:'heard'::text || ' ' || pg_temp.reasons(:'payment'), 'refused wrong_currency pi_' || :'payment' || ' 1200 USD', 'so is one in another currency');
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select heard from pg_temp.answers(:bob, 'requires_capture', '{"amount_capturable": 1199}') \gset
select is(:'heard'::text || ' ' || pg_temp.status(:'payment'), 'refused failed held 0', 'one of which less can be taken than is due');
select pg_temp.pay(:seated, :'booking', :bob) as payment \gset
select heard from pg_temp.answers(:bob, 'succeeded', '{"amount_received": 100}') \gset
select is(:'heard'::text || ' ' || pg_temp.reasons(:'payment'), 'refused captured_less pi_' || :'payment' || ' 100 EUR', 'and one of which less was taken before it was heard of');
select throws_ok(
    format('update sales.payments set status = %L, authorized_at = now(), failure_code = null, ended_at = null, said_amount_minor = 1, said_currency = %L where payment_id = %L', 'authorized', 'EUR', :'payment'),
    '23514', null, 'a constraint refuses to sell for what was not asked'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after wrong authorizations');

-- Captured by hand, in part.
select coalesce(sum(payout_minor), 0) as payout_before, coalesce(sum(refunded_minor), 0) as refunded_before from report.payouts where currency = 'EUR' \gset
select pg_temp.bought(:seated, :carol, '{B-1,B-2}', false) as payment \gset
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'succeeded', '{"amount_received": 100}')), 'succeeded', 'a part of an authorization is captured by hand');
select is((select received_minor from sales.payments where payment_id = :'payment'), 100::bigint, 'so much was received');
select is(pg_temp.ledger(:'payment'), '2400 2300 2400 2300 0', 'the ledger has what there is, and of the rest that it is missing');
select is(pg_temp.reasons(:'payment'), 'captured_less pi_' || :'payment' || ' 100 EUR', 'a person is told');
select is(pg_temp.status(:'payment'), 'succeeded paid 2', 'and decides: the tickets are valid until then');
select is((select sum(payout_minor) from report.payouts where currency = 'EUR'), :payout_before + 100::numeric, 'the payout is what was taken');
select is(sales.hear_intent(:seated, :'payment', pg_temp.intent(:seated, :'payment', 'succeeded', '{"amount_received": 100}'), 'answer'), 'succeeded', 'the worker''s own capture, which comes too late, changes nothing');
select is(pg_temp.ledger(:'payment'), '2400 2300 2400 2300 0', 'not even the ledger');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a capture of a part');
savepoint short;
update sales.payments set refunded_minor = 0 where payment_id = :'payment';
delete from sales.payments where charge_payment_id = :'payment';
select is((select count(*) from report.inconsistencies where problem = 'payment that is not what the provider says'), 1::bigint, 'a capture of less that is not booked is inconsistent');
rollback to short;
select booking_id as booking from sales.payments where payment_id = :'payment' \gset
select is(sales.refund_booking(:seated, :'booking', :carol, 'captured wrongly', true) ->> 'status', 'refunded', 'staff gives the rest back');
select is((select amount_minor from sales.payments where charge_payment_id = :'payment' and not is_by_hand), 100::bigint, 'which is all that there is');
select is(pg_temp.ledger(:'payment'), '2400 2400 0 0 0', 'then the ledger balances');
select is(sales.settle_by_hand(:seated, :'payment', :carol, 'A slip at the dashboard.') ->> 'note', 'A slip at the dashboard.', 'and settles the matter with a note');
select is(pg_temp.reasons(:'payment'), null, 'so that nothing is left to do');

-- Refunded by hand, in part and then whole.
select pg_temp.bought(:seated, :carol, '{B-3,B-4}') as payment \gset
select is(pg_temp.refunded('re_part', 'pi_' || :'payment', 500), 'succeeded', 'a part of a charge is refunded at the provider');
select is(pg_temp.refunded('re_part', 'pi_' || :'payment', 500), 'succeeded', 'told twice it is booked once');
select is(pg_temp.ledger(:'payment'), '2400 500 2400 500 0', 'on the charge');
select is(pg_temp.status(:'payment'), 'succeeded paid 2', 'the tickets stay valid');
select is(pg_temp.reasons(:'payment'), 'refunded_by_hand re_part 500 EUR', 'and a person decides what it was for');
select is(jsonb_path_query_array(sales.booking_json(:seated, booking_id)::jsonb, '$.refunds[*].seats'), '[[]]', 'the booking shows it, for no seat') from sales.payments where payment_id = :'payment';
select is(pg_temp.refunded('re_rest', 'pi_' || :'payment', 1900), 'succeeded', 'then the rest');
select is(pg_temp.status(:'payment'), 'succeeded refunded 0', 'the tickets are void when the money is gone');
select is(pg_temp.ledger(:'payment'), '2400 2400 0 0 0', 'and the ledger balances');
select is((select array_agg(distinct status) from sales.show_seats where show_id = :seated and seat = any ('{B-3,B-4}')), '{available}', 'the seats are free');
select is(pg_temp.mails('refund'), 2::bigint, 'the buyer is told');
select is(pg_temp.refunded('re_more', 'pi_' || :'payment', 10), 'refused', 'more than the charge cannot be');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after refunds by hand');

-- One made by hand instead of ours: ours is not asked for any more.
select pg_temp.bought(:seated, :carol, '{B-5}') as payment \gset
select booking_id as booking from sales.payments where payment_id = :'payment' \gset
select sales.refund_booking(:seated, :'booking', :carol, 'ill', true) is null as ignored \gset
select payment_id as refund from sales.payments where charge_payment_id = :'payment' \gset
select is(pg_temp.refunded('re_instead', 'pi_' || :'payment', 1200), 'succeeded', 'one that is made by hand while ours is under way settles it, where no more is left');
select is((select status || ' ' || provider_ref from sales.payments where payment_id = :'refund'), 'succeeded re_instead', 'under its name');
select is((select count(*) from ops.outbox where payload ->> 'payment_id' = :'refund' and done_at is null), 0::bigint, 'and the provider is not asked for another');

-- One that names ours, but is not it.
select pg_temp.bought(:seated, :carol, '{B-6,B-7}') as payment \gset
select booking_id as booking from sales.payments where payment_id = :'payment' \gset
select sales.refund_booking(:seated, :'booking', :carol, 'ill', true) is null as ignored \gset
select payment_id as refund from sales.payments where charge_payment_id = :'payment' \gset
select is(pg_temp.refunded('re_failed', 'pi_' || :'payment', 2400, p_named => :'refund', p_status => 'failed'), 'failed', 'a refund that the provider cannot make comes to an end');
select is(pg_temp.reasons(:'refund'), 'refund_failed re_failed', 'and to a person');
select is(pg_temp.mails('refund_failed'), 1::bigint, 'the buyer is told that it failed');
select is(pg_temp.ledger(:'payment'), '2400 2400 0 0 0', 'it is still owed');
select is(ops.compose_mail(:seated, payload) ->> 'mail', 'refund_failed', 'by a mail') from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund_failed';
select is(pg_temp.refunded('re_x', 'pi_elsewhere', 1, 'usd', :'refund'), 'refused', 'a refund of another intent settles nothing, whatever it names');
select is(pg_temp.refunded('re_y', 'pi_' || :'payment', 1, 'eur', :'refund'), 'refused', 'nor does one of another amount');
select is(pg_temp.refunded('re_z', 'pi_' || :'payment', 2400, 'usd', :'refund'), 'refused', 'or in another currency');
select is((select status from sales.payments where payment_id = :'refund'), 'failed', 'ours has failed as before');
select is(
    pg_temp.reasons(:'refund'),
    'refund_failed re_failed, foreign_refund re_x 1 USD, wrong_refund re_y 1 EUR, wrong_refund re_z 2400 USD',
    'and a person is told of each'
);
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after refunds of others');

-- Settled by hand.
select throws_ok(format('select sales.settle_by_hand(%s, %L, %s, %L)', :seated, :'refund', :carol, ' '), 'BX400', null, 'who settles by hand says how');
select throws_ok(format('select sales.settle_by_hand(%s, %L, %s, %L)', :seated, gen_random_uuid(), :carol, 'x'), 'BX404', null, 'and what');
select is(sales.settle_by_hand(:seated, :'refund', :carol, 'Paid in cash.') ->> 'status', 'succeeded', 'a refund that failed is settled by staff');
select is(pg_temp.reasons(:'refund'), null, 'nothing of it is left');
select results_eq(
    format('select user_id, detail ->> ''note'', detail -> ''what'' @> ''["refund_failed"]'' from sales.show_events where kind = ''payment_settled'' and detail ->> ''payment_id'' = %L', sales.public_id('pay', :seated, :'refund')),
    format('values (%s::bigint, ''Paid in cash.'', true)', :carol),
    'who did it and how is kept'
);
select throws_ok(format('select sales.settle_by_hand(%s, %L, %s, %L)', :seated, :'refund', :carol, 'x'), 'BX916', null, 'once');
select is(pg_temp.refunded('re_failed', 'pi_' || :'payment', 2400, p_named => :'refund', p_status => 'failed'), 'succeeded', 'its failure told again changes nothing');
select is(ops.compose_mail(:seated, payload), null, 'a mail that it failed is not sent any more') from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund_failed';
select is((select sum(refunded_minor) from report.payouts where currency = 'EUR'), :refunded_before + 2300 + 2400 + 1200::numeric, 'and the provider has not paid it');

-- A refund that failed is made at the provider after all, by hand and without its name.
select pg_temp.bought(:seated, :carol, '{B-8}') as payment \gset
select booking_id as booking from sales.payments where payment_id = :'payment' \gset
select sales.refund_booking(:seated, :'booking', :carol, 'ill', true) is null as ignored \gset
select payment_id as refund from sales.payments where charge_payment_id = :'payment' \gset
select is(sales.fail_refund(:seated, :'refund', null, 'charge_already_refunded'), 'failed', 'a refund that the provider refuses to make');
select is(pg_temp.refunded('re_after', 'pi_' || :'payment', 1200), 'succeeded', 'was made by hand');
select is((select status from sales.payments where payment_id = :'refund'), 'succeeded', 'which settles it');

-- An authorization that is cancelled at the provider before its capture.
select pg_temp.bought(:seated, :carol, '{C-1,C-2}', false) as payment \gset
select booking_id as booking from sales.payments where payment_id = :'payment' \gset
select sales.refund_booking(:seated, :'booking', :carol, 'one is ill', true, '{C-1}') is null as ignored \gset
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'canceled', '{"cancellation_reason": "requested_by_customer"}')), 'voided', 'an authorization is cancelled at the provider');
select is(pg_temp.status(:'payment'), 'voided refunded 0', 'the tickets are void: there is no money');
select is((select status from sales.payments where charge_payment_id = :'payment'), 'voided', 'and nothing to refund');
select is(pg_temp.ledger(:'payment'), '0 0 0 0 0', 'nothing is booked');
select is((select count(*) from report.sales_by_booking as s where s.show_id = :seated and s.amount_minor = 3000), 0::bigint, 'it is no sale');
select is(pg_temp.mails('payment_lost'), 1::bigint, 'the buyer is told');
select is(pg_temp.reasons(:'payment'), 'authorization_canceled pi_' || :'payment' || ' 3000 EUR', 'and a person');
select is((select array_agg(distinct status) from sales.show_seats where show_id = :seated and seat = any ('{C-1,C-2}')), '{available}', 'the seats are free');
select is(pg_temp.event(pg_temp.intent(:seated, :'payment', 'canceled')), 'voided', 'told twice it changes nothing');
update ops.outbox set done_at = now() where done_at is null and payload ->> 'payment_id' is not null;
update sales.payments set created_at = now() - interval '1 hour' where payment_id = :'payment';
select is(ops.reconcile(), 0, 'and it is not captured any more');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent after a lost authorization');

-- An authorization of a cancelled show, captured by hand.
select pg_temp.hold(:general, :carol, '{GA-1}') as booking \gset
select pg_temp.pay(:general, :'booking', :carol) as payment \gset
select sales.cancel_show(:general, :carol, 'Fire.') is null as ignored \gset
select is(sales.hear_intent(:general, :'payment', pg_temp.intent(:general, :'payment', 'requires_capture'), 'answer'), 'voided', 'an authorization of a cancelled show is voided');
select is(pg_temp.event(pg_temp.intent(:general, :'payment', 'succeeded')), 'refused', 'if somebody captures it there');
select is(pg_temp.returns(:'payment'), 'pi_' || :'payment', 'the money is returned');
select is(pg_temp.reasons(:'payment'), 'captured_after_void pi_' || :'payment' || ' 2500 EUR', 'and a person is told');
select is(sales.hear_intent(:general, :'payment', pg_temp.intent(:general, :'payment', 'succeeded'), 'answer'), 'refused', 'also when the void finds out');
select is(pg_temp.returns(:'payment'), 'pi_' || :'payment', 'it is returned once');
select is(pg_temp.refunded('re_back', 'pi_' || :'payment', 2500), 'ignored', 'that refund is of no sale');

-- Amounts that the provider counts otherwise.
select results_eq(
    $$values (catalog.minor_amount(120000, 'isk'), catalog.minor_amount(120050, 'UGX'), catalog.minor_amount(1200, 'jpy'))$$,
    $$values (1200::bigint, null::bigint, 1200::bigint)$$,
    'krónur and Ugandan shillings are told in hundredths'
);

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent at the end');
select * from finish();
rollback;
