-- Disputes: what the bank takes back, as the provider tells of it in part, too early or never, and what that means for refunds, the door,
-- the ledger and the payout; and the provider's own list of events, by which lost webhooks are heard.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.bought(p_show_id bigint, p_user_id bigint, p_quantity integer, p_ref text) returns uuid language plpgsql as $$
declare
    v_booking uuid := (select k.id from sales.hold_seats(p_show_id, p_user_id, null, p_quantity) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k);
    v_payment uuid := (select k.id from sales.begin_payment(p_show_id, v_booking, p_user_id, 'pm_card_visa') as a cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k);
begin
    perform sales.complete_payment(p_show_id, v_payment, p_ref);
    perform sales.settle_capture(p_show_id, v_payment);
    return v_booking;
end
$$;
create function pg_temp.dispute(p_id text, p_intent text, p_status text, p_more jsonb default '{}') returns jsonb language sql as $$
    select jsonb_strip_nulls(jsonb_build_object(
        'id', p_id, 'amount', 2400, 'currency', 'eur', 'reason', 'fraudulent', 'status', p_status,
        'created', extract(epoch from now())::bigint, 'payment_intent', p_intent
    ) || p_more)
$$;
create function pg_temp.event(p_type text, p_object jsonb) returns text language sql as $$
    select sales.receive_provider_event(jsonb_build_object('id', gen_random_uuid(), 'type', p_type, 'created', extract(epoch from now())::bigint, 'data', jsonb_build_object('object', p_object)))
$$;
create function pg_temp.reasons(p_booking_id uuid) returns text[] language sql as $$
    select array_agg(r.reason order by r.reason) from report.stuck_payments as r where r.booking_id = (select sales.public_id('bk', b.show_id, b.booking_id) from sales.bookings as b where b.booking_id = p_booking_id)
$$;
select coalesce(sum(payout_minor), 0) as payout_before from report.payouts where currency = 'EUR' \gset

-- Opened, and lost.
select pg_temp.bought(:seated, :alice, 2, 'pi_lost') as booking \gset
select sales.ticket_code(show_id, ticket_id) as code, ticket_id as ticket from sales.tickets where booking_id = :'booking' limit 1 \gset
update sales.shows set starts_at = now() + interval '1 hour', ends_at = now() + interval '3 hours' where show_id = :seated;
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_1', 'pi_lost', 'needs_response')), 'needs_response', 'a bank takes its money back');
select is(sales.dispute_of_booking(:seated, :'booking'), 'needs_response', 'so long the booking is disputed');
select is(sales.door_warning(:seated, :'ticket'), 'disputed', 'the door is warned');
select is(jsonb_path_query_array(api.list_codes(:carol, :seated)::jsonb, '$.items[*].is_disputed'), '[true, true]', 'and so is one without network');
select is(pg_temp.refusal(format('select sales.refund_booking(%s, %L, %s, %L, true)', :seated, :'booking', :carol, 'ill')), 'disputed', 'staff cannot promise a refund that the provider refuses');
select is(pg_temp.refusal(format('select sales.refund_booking(%s, %L, %s, %L)', :seated, :'booking', :alice, 'ill')), 'disputed', 'nor can the buyer ask for one');
select is(page.refund_booking(:alice, sales.public_id('bk', :seated, :'booking')) ->> 'location', '/bookings/' || sales.public_id('bk', :seated, :'booking') || '?refused=disputed', 'whose page says why');
select is(count(*), 0::bigint, 'nobody is told of one') from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund' and payload ->> 'booking_id' = :'booking';
select is(pg_temp.reasons(:'booking'), null, 'an open dispute needs the shop''s answer at the provider, not here');
select is(pg_temp.event('charge.dispute.closed', pg_temp.dispute('du_1', 'pi_lost', 'lost')), 'lost', 'it is lost');
select is(pg_temp.reasons(:'booking'), array['dispute_lost'], 'a person is told');
select is((select array[lost_minor, difference_minor] from report.ledger where booking_id = sales.public_id('bk', :seated, :'booking')), array[2400, 0]::bigint[], 'the ledger has the loss');
select is((select sum(payout_minor) from report.payouts where currency = 'EUR'), :payout_before + 0::numeric, 'what was taken and lost is nothing to be paid out');
select is((select sum(lost_minor) from report.payouts where currency = 'EUR'), 2400::numeric, 'and is told as lost');
select is(sales.settle_by_hand(:seated, p.payment_id, :carol, 'Written off.') ->> 'note', 'Written off.', 'the office settles it') from sales.payments as p where p.booking_id = :'booking';
select is(pg_temp.reasons(:'booking'), null, 'then it is done');

-- Won, and an inquiry.
select pg_temp.bought(:seated, :bob, 1, 'pi_won') as booking \gset
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_2', 'pi_won', 'warning_needs_response')), 'warning_needs_response', 'an inquiry takes nothing');
select is(sales.dispute_of_booking(:seated, :'booking'), null, 'so the booking can be refunded');
select is(pg_temp.event('charge.dispute.updated', pg_temp.dispute('du_2', 'pi_won', 'under_review')), 'under_review', 'it becomes a dispute');
select is(pg_temp.event('charge.dispute.closed', pg_temp.dispute('du_2', 'pi_won', 'won')), 'won', 'which is won');
select is((select bool_or(is_disputed) from sales.tickets where booking_id = :'booking'), false, 'and the door knows');
select is(sales.refund_booking(:seated, :'booking', :carol, 'Ill.', true) ->> 'status', 'refunded', 'then it can be refunded');
select is(sales.settle_refund(show_id, payment_id, 're_won'), 'succeeded', 'and is') from sales.payments where booking_id = :'booking' and kind = 'refund';
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_3', 'pi_won', 'lost', '{"amount": 1200}')), 'lost', 'another dispute of it is lost');
select is(pg_temp.reasons(:'booking'), array['returned_twice'], 'the money is gone twice, and a person is told');

-- Of the charge, no more is gone than was taken; and the other way round.
select pg_temp.bought(:general, :bob, 2, 'pi_parts') as booking \gset
select sales.refund_booking(:general, :'booking', :carol, 'One was ill.', true, array[(select min(seat) from sales.tickets where booking_id = :'booking')]) \g /dev/null
select sales.settle_refund(show_id, payment_id, 're_parts') from sales.payments where booking_id = :'booking' and kind = 'refund' \g /dev/null
select p.amount_minor - p.refunded_minor as rest from sales.payments as p where p.booking_id = :'booking' and p.kind = 'charge' \gset
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_p', 'pi_parts', 'lost', jsonb_build_object('amount', :rest))), 'lost', 'the rest of a charge is lost');
select is(pg_temp.reasons(:'booking'), array['dispute_lost'], 'that is a loss, and nothing twice');
select pg_temp.bought(:general, :bob, 1, 'pi_again') as booking \gset
select sales.refund_booking(:general, :'booking', :carol, 'Ill.', true) \g /dev/null
select payment_id as refund from sales.payments where booking_id = :'booking' and kind = 'refund' \gset
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_a', 'pi_again', 'lost', '{"amount": 1200}')), 'lost', 'lost, while a refund is under way');
select is(pg_temp.reasons(:'booking'), array['dispute_lost'], 'is lost once');
select is(sales.settle_refund(:general, :'refund', 're_again'), 'succeeded', 'when the refund comes through all the same');
select is(pg_temp.reasons(:'booking'), array['dispute_lost', 'returned_twice'], 'it is returned twice');

-- A show is cancelled: what is disputed waits for the bank.
select sales.create_show(:event_id, :general_hall, now() + interval '90 days', '{"standard": 1200}', 'EUR') as off \gset
select pg_temp.bought(:off, :bob, 1, 'pi_off_won') as won, pg_temp.bought(:off, :carol, 1, 'pi_off_lost') as lost \gset
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_w', 'pi_off_won', 'needs_response', '{"amount": 1200}')), 'needs_response', 'one is disputed');
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_l', 'pi_off_lost', 'needs_response', '{"amount": 1200}')), 'needs_response', 'and another');
select sales.cancel_show(:off, :carol, 'Rain.') \g /dev/null
select is(sales.settle_cancelled_show(:off), 2, 'their bookings are settled');
create function pg_temp.asked(p_booking_id uuid) returns bigint language sql as $$
    select count(*) from ops.outbox as o inner join sales.payments as p on p.payment_id::text = o.payload ->> 'payment_id' where o.kind = 'refund' and p.booking_id = p_booking_id
$$;
create function pg_temp.refund_of(p_booking_id uuid) returns text language sql as $$
    select concat_ws(' ', p.status, p.failure_code) from sales.payments as p where p.booking_id = p_booking_id and p.kind = 'refund'
$$;
update sales.payments set created_at = created_at - interval '2 hours', deadline_at = now() - interval '1 hour' where show_id = :off and kind = 'refund';
select ops.reconcile() \g /dev/null
select is(array[pg_temp.asked(:'won'), pg_temp.asked(:'lost')], array[0, 0]::bigint[], 'the provider is not asked for what it refuses');
select is(pg_temp.refund_of(:'won'), 'pending', 'the refund waits');
select is(pg_temp.reasons(:'won'), null, 'for the bank, not for a person');
select is(sales.fail_refund(show_id, payment_id, null, 'charge_disputed'), 'pending', 'one that the provider refused waits, too') from sales.payments where booking_id = :'lost' and kind = 'refund';
select is(pg_temp.event('charge.dispute.closed', pg_temp.dispute('du_w', 'pi_off_won', 'won', '{"amount": 1200}')), 'won', 'the bank decides for us');
select is(pg_temp.asked(:'won'), 1::bigint, 'so the buyer gets the money');
select is(pg_temp.event('charge.dispute.closed', pg_temp.dispute('du_l', 'pi_off_lost', 'lost', '{"amount": 1200}')), 'lost', 'and for the buyer');
select is(pg_temp.refund_of(:'lost'), 'failed charge_disputed', 'who has the money from it');
select is(pg_temp.reasons(:'lost'), array['dispute_lost', 'refund_failed'], 'a person is told');
select is(count(*), 0::bigint, 'but the buyer is not told that anything failed') from ops.outbox where kind = 'mail' and payload ->> 'mail' = 'refund_failed' and payload ->> 'booking_id' = :'lost';
select is(sales.settle_by_hand(show_id, payment_id, :carol, 'The bank has returned it.') ->> 'status', 'succeeded', 'the office settles it') from sales.payments where booking_id = :'lost';
select is(sales.fail_refund(show_id, payment_id, null, 'charge_disputed'), 'succeeded', 'what is settled stays so') from sales.payments where booking_id = :'lost' and kind = 'refund';
select is((select array[charged_minor, lost_minor, unsettled_minor, difference_minor] from report.ledger where booking_id = sales.public_id('bk', :off, :'lost')), array[1200, 1200, 0, 0]::bigint[], 'and the ledger adds up');

select pg_temp.bought(:general, :bob, 1, 'pi_prevented') \g /dev/null
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_v', 'pi_prevented', 'prevented', '{"amount": 1200}')), 'prevented', 'a dispute that is settled before it counts');
select is((select closed_at is not null from sales.disputes where dispute_ref = 'du_v'), true, 'is over');

-- Told in part, or before the charge is known.
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_4', 'pi_won', 'needs_response', '{"amount": null}')), 'asked', 'without an amount the provider is asked');
select is(pg_temp.event('charge.dispute.updated', pg_temp.dispute('du_4', 'pi_won', 'needs_response', '{"amount": null}')), 'asked', 'and asked once');
select results_eq(
    $$select payload, run_at <= now() from ops.outbox where kind = 'ask_dispute'$$,
    $$values ('{"dispute_ref": "du_4", "asked_count": 1}'::jsonb, true)$$,
    'at once'
);
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_5', 'pi_won', 'needs_response', '{"reason": null}')), 'needs_response', 'a dispute without a reason is one');
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_6', 'pi_later', 'needs_response')), 'asked', 'one whose charge is not known');
select is((select run_at from ops.outbox where kind = 'ask_dispute' and payload ->> 'dispute_ref' = 'du_6'), now() + interval '1 minute', 'is asked for a minute later');
select pg_temp.bought(:general, :carol, 1, 'pi_later') as booking \gset
select is(sales.hear_dispute(pg_temp.dispute('du_6', 'pi_later', 'needs_response'), p_asked_count => 1), 'needs_response', 'and known by then');
select is(sales.hear_dispute('{"id": "du_10"}', p_asked_count => 3), 'asked', 'what the provider itself tells in part');
select is((select run_at from ops.outbox where kind = 'ask_dispute' and payload ->> 'dispute_ref' = 'du_10'), now() + interval '8 minutes', 'is asked for ever more rarely');
select is(sales.hear_dispute(pg_temp.dispute('du_7', 'pi_nobody', 'needs_response'), p_asked_count => 12), 'ignored', 'another''s is left after a day');
select is(sales.hear_dispute(pg_temp.dispute('du_7', 'pi_nobody', 'needs_response', '{"created": 1700000000}')), 'ignored', 'an old one at once');
select is(pg_temp.event('charge.dispute.created', '{}'), 'ignored', 'what says nothing is nothing');

-- Krónur are told in hundredths.
select sales.create_show(:event_id, :general_hall, now() + interval '60 days', '{"standard": 1200}', 'ISK') as iceland \gset
select pg_temp.bought(:iceland, :carol, 1, 'pi_isk') \g /dev/null
select is(pg_temp.event('charge.dispute.created', pg_temp.dispute('du_8', 'pi_isk', 'needs_response', '{"amount": 120000, "currency": "isk"}')), 'needs_response', 'a dispute in krónur');
select is((select amount_minor || ' ' || currency from report.disputes where dispute_ref = 'du_8'), '1200 ISK', 'is told in krónur');

-- The provider's list of events.
delete from ops.outbox;
update ops.read_events set asked_at = '-infinity';
select is(ops.promise_reading_events(), true, 'a worker has the list read');
select is(ops.promise_reading_events(), false, 'and another does not');
select is(count(*), 1::bigint, 'so it is read once') from ops.outbox where kind = 'read_events';
select is((select payload ? 'since' and payload -> 'types' @> '["refund.failed", "charge.dispute.closed", "payment_intent.succeeded"]' from ops.outbox where kind = 'read_events'), true, 'who is told from when on, and what');
select is(pg_temp.event('charge.dispute.updated', '{"id": "du_9"}'), 'asked', 'a webhook that came');
select is(
    ops.promise_events(jsonb_build_array(
        jsonb_build_object('id', 'evt_lost', 'type', 'charge.dispute.closed', 'created', 1800000000, 'data', jsonb_build_object('object', pg_temp.dispute('du_6', 'pi_later', 'lost'))),
        (select jsonb_build_object('id', event_id) from ops.provider_events order by received_at desc limit 1)
    )),
    1, 'of the list what no webhook brought is heard'
);
select is(sales.receive_provider_event(payload -> 'event'), 'lost', 'as if its webhook had come') from ops.outbox where kind = 'hear_event';
select ops.note_events_read(1800000000);
select is((select read_until from ops.read_events), to_timestamp(1799999995), 'it is read on from there, and a little before');
select ops.note_events_read(null);
select is((select read_until from ops.read_events), to_timestamp(1799999995), 'if nothing is new, from the same place');
update ops.outbox set done_at = now() where kind = 'read_events';
update ops.read_events set asked_at = now() - interval '19 seconds';
select is(ops.promise_reading_events(), false, 'again after twenty seconds');
select k.id as waiting from sales.hold_seats(:general, :alice, null, 1) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select sales.begin_payment(:general, :'waiting', :alice, null, 'https://own.example/') \g /dev/null
select is(ops.promise_reading_events(), true, 'or after three, while somebody is on the provider''s page');

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
