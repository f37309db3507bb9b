\ir support/house.sql
select * from no_plan();

-- Who may be listened to.
select ok(ops.watch_show(:seated), 'a show can be watched');
select ok(not ops.watch_show(0), 'one that is not there cannot');
update sales.shows set status = 'draft' where show_id = :general;
select ok(not ops.watch_show(:general), 'nor a draft');
update sales.shows set status = 'on_sale' where show_id = :general;
select is((select count(*) from ops.watched_shows where show_id in (:seated, :general)), 1::bigint, 'only that one is watched');
select is(
    (select version from ops.watched_shows where show_id = :seated),
    (api.get_seat_states(:seated) ->> 'version')::bigint,
    'from the version on that it has then'
);

-- What has changed.
select is(code, null, 'two seats are held') from sales.hold_seats(:seated, :alice, array['A-2', 'A-3']);
create temporary view moved as
select c.*
from ops.watched_changes('{}', '{}', '{}') as c;
select results_eq(
    format('select version, states from ops.watched_changes(''{}'', ''{}'', ''{}'') where show_id = %s', :seated),
    format('select (api.get_seat_states(%1$s) ->> ''version'')::bigint, api.get_seat_states(%1$s) ->> ''states''', :seated),
    'version and states are those that the API tells'
);
select is(
    (select sum(c.n) from moved as m cross join lateral unnest(m.changes) as c (n) where m.show_id = :seated),
    (select m.version from moved as m where m.show_id = :seated),
    'the version is the sum of the seats'' changes'
);
select is((select seats ->> 1 from moved where show_id = :seated), 'A-2', 'who does not know the show gets the seats'' names');
select is(
    (select version - first_version from moved where show_id = :seated),
    2::bigint,
    'and where to begin: before the hold that came after the first listener'
);
select is(
    (select count(*) from ops.watched_changes(array[:seated]::bigint[], array[(select version from moved where show_id = :seated)], '{}') where show_id = :seated),
    0::bigint,
    'who knows the version gets nothing'
);
select results_eq(
    format('select seats is null, first_changes is null from ops.watched_changes(array[%s]::bigint[], array[0]::bigint[], ''{}'') where show_id = %1$s', :seated),
    'values (true, true)',
    'who knows an older one gets no names'
);

-- Time alone changes seats.
update sales.bookings set created_at = now() - interval '1 hour', expires_at = now() - interval '6 s', held_until = now() - interval '1 s' where show_id = :seated;
update sales.show_seats set held_until = now() - interval '1 s' where show_id = :seated and status = 'held';
select is((select version - first_version from moved where show_id = :seated), 4::bigint, 'a hold that lapsed is a change of each of its seats');
select ok((select states !~ 'h' from moved where show_id = :seated), 'they are free');

-- A seat that is kept for the waitlist looks held.
update sales.show_seats set status = 'reserved', booking_id = null, held_until = null, change_count = change_count + 1 where show_id = :seated and seat = 'A-2';
select is((select substr(states, 2, 1) from moved where show_id = :seated), 'h', 'a seat kept for the waitlist is h in the channel');
select is(substr(api.get_seat_states(:seated) ->> 'states', 2, 1), 'h', 'and in the API');
select is((api.get_show(:seated) ->> 'seats_held')::integer, 1, 'and counts as held');
select ok(
    page.seat_map(:seated, null)::text ~ '"seat":"A-2"[^}]*"is_held":true,"is_taken":true',
    'and is on the map'
);
select is((select kept_count from report.occupancy where show_id = :seated), 1::bigint, 'the report counts it apart');

-- Nobody comes any more.
update ops.watched_shows set asked_at = now() - interval '359 s' where show_id = :seated;
select is((select count(*) from ops.forget_unwatched() as f where f = :seated), 0::bigint, 'for six minutes a show stays watched');
select ok(ops.watch_show(:seated), 'somebody comes');
select is((select asked_at from ops.watched_shows where show_id = :seated), now(), 'which is noted');
update ops.watched_shows set asked_at = now() - interval '361 s' where show_id = :seated;
select is((select count(*) from ops.forget_unwatched() as f where f = :seated), 1::bigint, 'then it is let go');

-- A buyer is told who listens.
select results_eq(format('select user_id, is_new from ops.watch_user(%s)', :alice), format('values (%s::bigint, true)', :alice), 'a buyer comes to listen to the channel of their own');
select is((select array_agg(user_id) from ops.listening), array[:alice]::bigint[], 'and nobody else does');
select count(ops.tell_buyer(:seated, u, '{"type": "booking"}')) as ignored from unnest(array[:alice, :bob]) as u \gset
select results_eq(
    format('select payload from ops.outbox where kind = %L and show_id = %s', 'live', :seated),
    format('select jsonb_build_object(%L, jsonb_build_array(ops.message_to(%s, %L)))', 'messages', :alice, '{"type": "booking"}'),
    'so one of two has something to hear'
);
update ops.listeners set asked_at = now() - interval '2 minutes';
select results_eq(format('select user_id, is_new from ops.watch_user(%s)', :alice), format('values (%s::bigint, false)', :alice), 'the buyer comes again');
select is((select asked_at from ops.listeners where user_id = :alice), now(), 'which is noted');
update ops.listeners set asked_at = now() - interval '8 minutes';
select is((select count(*) from ops.listening), 0::bigint, 'who does not is told no more');
select is((ops.watch_user(:alice)).is_new, true, 'and is new when they come back');
select lives_ok('select ops.await_tellers()', 'who is new waits for those who did not know of them');

-- One leads.
select ok(ops.take_lead('a test', 'first', 60), 'the first takes the lead');
select ok(not ops.take_lead('a test', 'second', 60), 'a second does not get it');
select ok(ops.take_lead('a test', 'first', 60), 'the first renews it');
update ops.leads set led_until = now() - interval '1 s' where task = 'a test';
select ok(ops.take_lead('a test', 'second', 60), 'when it is overdue the second takes over');
select ok(not ops.take_lead('a test', 'first', 60), 'and the first has lost it');
select lives_ok($$select ops.leave_lead('a test', 'first')$$, 'who has no lead leaves nothing');
select ok(not ops.take_lead('a test', 'third', 60), 'so the second has it still');
select lives_ok($$select ops.leave_lead('a test', 'second')$$, 'who leaves it');
select ok(ops.take_lead('a test', 'third', 60), 'gives it to the next');

-- Figures.
select lives_ok($$select ops.note_figures('{"test_total": 2}', '{"test_level": 5}')$$, 'figures are noted');
select lives_ok($$select ops.note_figures('{"test_total": 3}', '{"test_level": 4}')$$, 'twice');
select results_eq(
    $$select name, kind, value from ops.metrics() where name like 'test%'$$,
    $$values ('test_level', 'gauge', 4::double precision), ('test_total', 'counter', 5)$$,
    'counters are summed, of a gauge the last counts'
);
update ops.figures set noted_at = now() - interval '2 minutes' where name like 'test%';
select results_eq(
    $$select name from ops.metrics() where name like 'test%'$$,
    $$values ('test_total')$$,
    'a gauge that nobody has renewed is not told'
);

select is((ops.watch_user(:alice)).listener, :'alice' || '.0', 'the buyer''s channel has the name of the user');
insert into account.sessions (token_hash, user_id, expires_at)
values (sha256('ends'), :alice, now() + interval '1 hour'), (sha256('is over'), :alice, now() + interval '1 hour'), (sha256('stays'), :alice, now() + interval '1 hour');
delete from ops.outbox;
delete from account.sessions where token_hash = sha256('ends');
select is((ops.watch_user(:alice)).listener, :'alice' || '.1', 'and another one when a session of theirs has ended');
select results_eq(
    'select kind, payload from ops.outbox',
    format('values (''live'', ''{"messages": [{"channel": "user:%s.0", "is_end": true}]}''::jsonb)', :alice),
    'while the old one is ended'
);
delete from ops.outbox;
update ops.listeners set asked_at = now() - interval '8 minutes' where user_id = :alice;
delete from account.sessions where token_hash = sha256('is over');
select is_empty('select from ops.outbox', 'where nobody listens there is nothing to end');
select * from finish();
rollback;
