-- What hangs is asked about again, and what stays unclear is shown to a person.
\ir support/house.sql
select * from no_plan();

create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, false) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.pay(p_show_id bigint, p_user_id bigint, p_return_url text default null) returns uuid language sql as $$
    select k.id
    from sales.begin_payment(
        p_show_id, pg_temp.hold(p_show_id, p_user_id, 1), p_user_id,
        case when p_return_url is null then 'pm_card_visa' end, p_return_url
    ) as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
$$;
create function pg_temp.give_up(p_payment_id uuid) returns void language sql as $$
    update ops.outbox set dead_at = now() - interval '1 s', last_error = 'in vain'
    where payload ->> 'payment_id' = p_payment_id::text and done_at is null and dead_at is null
$$;
create function pg_temp.finish(p_payment_id uuid) returns void language sql as $$
    update ops.outbox set done_at = now()
    where payload ->> 'payment_id' = p_payment_id::text and done_at is null and dead_at is null
$$;
-- Old enough to be looked at; p_overdue: since when its deadline is past.
create function pg_temp.grow_old(p_payment_id uuid, p_overdue interval default null) returns void language sql as $$
    update sales.payments set created_at = now() - interval '31 s', deadline_at = coalesce(now() - p_overdue, deadline_at)
    where payment_id = p_payment_id
$$;
-- The kinds of open work of a payment, in order.
create function pg_temp.open_work(p_payment_id uuid) returns text language sql as $$
    select string_agg(kind, ' ' order by kind) from ops.outbox
    where payload ->> 'payment_id' = p_payment_id::text and done_at is null and dead_at is null
$$;
create function pg_temp.stuck(p_payment_id uuid) returns bigint language sql as $$
    select count(*) from report.stuck_payments as s cross join lateral sales.parse_public_id('pay', s.payment_id) as k
    where k.id = p_payment_id
$$;
-- What other tests left behind does not count here.
select ops.reconcile();

-- A charge that nobody could ask for.
select pg_temp.pay(:general, :alice) as payment \gset
update ops.outbox set created_at = now() - interval '10 minutes' where payload ->> 'payment_id' = :'payment';
select pg_temp.give_up(:'payment');
select is(ops.reconcile(), 0, 'a payment of less than half a minute is left alone');
update catalog.events set title = 'Aliens' where event_id = :event_id;
select pg_temp.grow_old(:'payment');
select is(ops.reconcile(), 1, 'later a charge whose request was given up is asked for');
select is(pg_temp.open_work(:'payment'), 'authorize', 'by the same request');
select is(
    (select count(distinct (payload, created_at)) from ops.outbox where kind = 'authorize' and payload ->> 'idempotency_key' = :'payment'),
    1::bigint,
    'with the same key and the same words, though the film is called otherwise now, so that the provider answers what it answered first'
);
select is(ops.reconcile(), 0, 'and not again while that is open');
select is((select status from sales.payments where payment_id = :'payment'), 'pending', 'nothing is guessed meanwhile');
select is((select count(*) from report.dead_letters where last_error = 'in vain' and show_id = :general), 1::bigint, 'what was given up is a dead letter');
select pg_temp.finish(:'payment');
select is(sales.complete_payment(:general, :'payment', 'pi_rc1'), 'paid', 'when the provider says that it is authorized');
select is((select count(*) from report.dead_letters where last_error = 'in vain' and show_id = :general), 0::bigint, 'and is none any more once the same was done');

-- Authorized, and its capture was lost.
select is(pg_temp.open_work(:'payment'), 'capture', 'a capture is promised');
select is(ops.reconcile(), 0, 'and not promised again');
select pg_temp.finish(:'payment');
select is(ops.reconcile(), 1, 'an authorized charge without a capture under way');
select is(pg_temp.open_work(:'payment'), 'capture', 'is captured');
select is(
    (select count(distinct payload) from ops.outbox where kind = 'capture' and payload ->> 'payment_id' = :'payment'),
    1::bigint,
    'by the same words'
);
select pg_temp.finish(:'payment');

-- A refund waits for its charge, and is asked for when its work was lost.
select (sales.refund_booking(:general, booking_id, :alice, 'ill') ->> 'status') as status from sales.payments where payment_id = :'payment' \gset
select payment_id as refund from sales.payments where charge_payment_id = :'payment' \gset
select pg_temp.grow_old(:'refund');
select ops.reconcile();
select is(pg_temp.open_work(:'refund'), null, 'money that is not taken yet is not given back');
select is(sales.settle_capture(:general, :'payment'), 'succeeded', 'it is taken');
select pg_temp.finish(:'payment');
select is(pg_temp.open_work(:'refund'), 'refund', 'then it is given back');
select pg_temp.finish(:'refund');
select is(ops.reconcile(), 1, 'a refund without work under way');
select is(pg_temp.open_work(:'refund'), 'refund', 'is asked for');
select is(
    (select count(distinct payload) from ops.outbox where kind = 'refund' and payload ->> 'payment_id' = :'refund'),
    1::bigint,
    'with the same key'
);
select pg_temp.finish(:'refund');
select is(sales.fail_refund(:general, :'refund', 're_rc0', 'lost_or_stolen_card'), 'failed', 'one that failed at the provider has come to its end');
select is(ops.reconcile(), 0, 'but not asked for again: it would be another refund');
update sales.payments set deadline_at = deadline_at - interval '1 s' where payment_id = :'refund';
select is(
    (select last_error from report.stuck_payments as s cross join lateral sales.parse_public_id('pay', s.payment_id) as k where k.id = :'refund'),
    'lost_or_stolen_card',
    'a person is asked to look, and told why'
);
select sales.settle_refund(:general, :'refund', 're_rc1');
select is(ops.reconcile(), 0, 'and what is settled is left alone');
select is(sales.fail_refund(:general, :'refund', 're_rc0', 'lost_or_stolen_card'), 'succeeded', 'whatever is told late of the one before');

-- The provider's page.
select pg_temp.pay(:general, :bob, 'https://shop.example/back') as payment \gset
select pg_temp.give_up(:'payment');
select pg_temp.grow_old(:'payment');
select is(ops.reconcile(), 1, 'a page that was not opened');
select is(pg_temp.open_work(:'payment'), 'open_checkout', 'is opened');
select sales.open_checkout(:general, :'payment', 'cs_rc', 'https://provider.example/cs_rc');
select pg_temp.finish(:'payment');
select is(ops.reconcile(), 0, 'a page that is open is left to the buyer until the hold ends');
select pg_temp.grow_old(:'payment', '1 s');
select is(ops.reconcile(), 1, 'then it is overdue');
select is(pg_temp.open_work(:'payment'), 'expire_checkout', 'and closed');
select is(ops.reconcile(), 0, 'it is asked once');
select is((select status from sales.payments where payment_id = :'payment'), 'pending', 'what became of it says the provider');
select pg_temp.finish(:'payment');
select is(sales.fail_payment(:general, :'payment', 'checkout_expired'), 'failed', 'that nobody paid');
select is(ops.reconcile(), 0, 'then it has ended');

-- What the provider has forgotten.
select pg_temp.pay(:general, :carol) as payment \gset
select pg_temp.give_up(:'payment');
select pg_temp.grow_old(:'payment', '19 h');
select is(pg_temp.stuck(:'payment'), 1::bigint, 'what is not clear past its deadline is shown to a person');
select is(ops.reconcile(), 1, 'and asked for as long as the provider keeps keys');
select pg_temp.give_up(:'payment');
update sales.payments set created_at = now() - interval '21 h', deadline_at = now() + interval '3 h' where payment_id = :'payment';
select is(ops.reconcile(), 0, 'later it is looked for only, and not at once again, however long the hold was');
update sales.payments set deadline_at = now() - interval '1 h' where payment_id = :'payment';
select is(pg_temp.stuck(:'payment'), 1::bigint, 'it is shown to the person');
savepoint sought;
update ops.outbox set created_at = now() - interval '21 h', dead_at = now() - interval '61 min' where payload ->> 'payment_id' = :'payment';
select is(ops.reconcile(), 1, 'but after an hour');
select is(
    (select max(kind) || count(*) from ops.outbox where payload ->> 'payment_id' = :'payment' and dead_at is null and created_at = now() - interval '21 h'),
    'authorize1',
    'as old as it is, by which the worker knows'
);
select is(ops.reconcile(), 0, 'once');
delete from ops.outbox where payload ->> 'payment_id' = :'payment';
select is(ops.reconcile(), 1, 'also when the words of the first time are lost');
select is(
    (select max(kind) || count(*) from ops.outbox where payload ->> 'payment_id' = :'payment' and created_at = now() - interval '21 h'),
    'authorize1',
    'and then too as old as the charge'
);
rollback to sought;
select is((select status from sales.bookings where booking_id = (select booking_id from sales.payments where payment_id = :'payment')), 'paying', 'and keeps its seats');

-- However many there are of which nobody can ask, the others are asked for.
savepoint crowd;
set local session_replication_role = replica;
insert into sales.payments (show_id, booking_id, method, return_url, amount_minor, currency, created_at, deadline_at)
select :general, gen_random_uuid(), 'hosted', 'https://shop.example/back', 2500, 'EUR', now() - interval '2 days', now() - interval '2 days'
from generate_series(1, 1001);
set local session_replication_role = origin;
select pg_temp.pay(:general, :bob) as payment \gset
select pg_temp.give_up(:'payment');
select pg_temp.grow_old(:'payment');
select is(ops.reconcile(), 1, 'a thousand that are left to a person keep nobody from being asked for');
rollback to crowd;

-- What is never given up is tried for longer than a power of two can tell.
select ops.add_work(:general, 'refund', '{"payment_id": "00000000-0000-0000-0000-000000000000"}');
update ops.outbox set attempt_count = 5000 where payload ->> 'payment_id' = '00000000-0000-0000-0000-000000000000';
select is(ops.retry_outbox(show_id, outbox_id, 'not yet'), false, 'a refund that was refused five thousand times is tried again')
from ops.outbox where payload ->> 'payment_id' = '00000000-0000-0000-0000-000000000000';
select is((select run_at <= clock_timestamp() + interval '1 minute' from ops.outbox where payload ->> 'payment_id' = '00000000-0000-0000-0000-000000000000'), true, 'within a minute');
delete from ops.outbox where payload ->> 'payment_id' = '00000000-0000-0000-0000-000000000000';

-- Money that is to be released and is not.
savepoint voided;
select pg_temp.pay(:general, :bob) as payment \gset
select sales.fail_payment(:general, :'payment', 'card_declined');
select sales.complete_payment(:general, :'payment', 'pi_rc_late');
select pg_temp.grow_old(:'payment', '59 min');
select is(pg_temp.stuck(:'payment'), 0::bigint, 'an authorization that is being released has an hour for it');
select pg_temp.grow_old(:'payment', '61 min');
select is(
    (select work_kind from report.stuck_payments as s cross join lateral sales.parse_public_id('pay', s.payment_id) as k where k.id = :'payment'),
    'void',
    'then it is shown, with the work that hangs'
);
select pg_temp.finish(:'payment');
select is(pg_temp.stuck(:'payment'), 0::bigint, 'until it is released');
rollback to voided;

-- A cancelled show whose work was lost.
select pg_temp.hold(:seated, :alice, 2) as booking \gset
select sales.cancel_show(:seated, :carol, 'Fire.');
select is(ops.reconcile(), 0, 'a cancelled show is being settled');
update ops.outbox set dead_at = now(), last_error = 'in vain' where kind = 'cancel_show' and show_id = :seated;
select is(ops.reconcile(), 1, 'and goes on when that was given up');
select is((select count(*) from ops.outbox where kind = 'cancel_show' and show_id = :seated and dead_at is null), 1::bigint, 'by the same work');
select is(ops.reconcile(), 0, 'asked for once');
update ops.outbox set done_at = now() where kind = 'cancel_show' and show_id = :seated and dead_at is null;
select is(sales.settle_cancelled_show(:seated), 1, 'it is settled');
update ops.outbox set done_at = now() where kind = 'cancel_show' and show_id = :seated and dead_at is null;
select is(ops.reconcile(), 0, 'and then left alone');
select is((select status from sales.bookings where booking_id = :'booking'), 'cancelled', 'with nobody who still holds seats');

-- The ledger.
select is(
    (select array[sum(charged_minor), sum(refunded_minor), sum(tickets_minor), sum(unsettled_minor)]::bigint[] from report.ledger where show_id = :general),
    array[2500, 2500, 0, 0]::bigint[],
    'the ledger has what was charged and given back'
);
select is((select count(*) from report.ledger where difference_minor <> 0), 0::bigint, 'and no difference');

-- What is counted each minute.
select ops.count_checks();
select results_eq(
    'select name, row_count from ops.checks order by name',
    'select * from (select ''dead_letters'', count(*) from report.dead_letters union all select ''inconsistencies'', count(*) from report.inconsistencies
        union all select ''stuck_payments'', count(*) from report.stuck_payments) as k (name, row_count) order by name',
    'what should not be is counted'
);
select ok((select bool_and(checked_at between now() and clock_timestamp()) from ops.checks), 'with the time');
select results_eq(
    $$select name, value from ops.metrics() where name in ('inconsistencies_rows', 'stuck_payments_rows', 'dead_letters_rows') order by name$$,
    $$select name || '_rows', row_count::double precision from ops.checks order by name$$,
    '/metrics shows the counts'
);
select results_eq(
    $$select name, value from ops.metrics() where name like '%\_checked\_at\_seconds' order by name$$,
    $$select name || '_checked_at_seconds', extract(epoch from checked_at)::double precision from ops.checks order by name$$,
    'and when they were taken'
);
update sales.buyers set claimed_count = claimed_count + 1 where show_id = :general and user_id = :carol;
select ops.count_checks();
select is((select row_count from ops.checks where name = 'inconsistencies'), 1::bigint, 'an inconsistency is counted');
update ops.checks set row_count = 7, seconds = 60, checked_at = clock_timestamp() - interval '18 minutes';
select ops.count_checks();
select is((select row_count from ops.checks where name = 'inconsistencies'), 7::bigint, 'where that takes a minute it is not done again for nineteen');
select isnt((select row_count from ops.checks where name = 'dead_letters'), 7::bigint, 'the rest is, which is quick');
update ops.checks set checked_at = clock_timestamp() - interval '20 minutes' where name = 'inconsistencies';
select ops.count_checks();
select is((select array[row_count, (seconds < 60)::integer] from ops.checks where name = 'inconsistencies'), array[1, 1]::bigint[], 'then it is, and how long it took is noted');
update sales.buyers set claimed_count = claimed_count - 1 where show_id = :general and user_id = :carol;
select ops.count_checks();
select is((select row_count from ops.checks where name = 'inconsistencies'), 0::bigint, 'and none once it is gone');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent at the end');
select * from finish();
rollback;
