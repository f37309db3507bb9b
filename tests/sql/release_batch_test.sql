-- Many bookings given back in one call: each has its own verdict.
\ir support/house.sql
select * from no_plan();

create temporary table held as
select
    h.n,
    (sales.public_id_parts('bk', h.body ->> 'booking_id'))[2]::uuid as booking_id,
    h.body ->> 'booking_id' as public_id
from sales.hold_batch(
    :general,
    array[:alice, :bob, :carol, :alice]::bigint[],
    '[{"n": 1, "quantity": 2}, {"n": 2, "quantity": 2}, {"n": 3, "quantity": 2}, {"n": 4, "quantity": 1}]'
) as h;
select booking_id as a from held where n = 1 \gset
select booking_id as b from held where n = 2 \gset
select booking_id as c from held where n = 3 \gset
select booking_id as a2 from held where n = 4 \gset
select sales.begin_payment(:general, :'c', :carol, 'pm_card_visa') as paying \gset

create temporary table verdicts as
select *
from sales.release_batch(
    :general,
    array[:alice, :bob, :alice, null, :carol, :bob, :alice]::bigint[],
    array[:'a', :'a', :'a', :'b', :'c', gen_random_uuid()::text, null]::uuid[]
);
select results_eq(
    'select n, code, body::text from verdicts order by n',
    $$values
        (1, null, '{}'),
        (2, 'not_found', '{}'),
        (3, 'not_held', '{"booking_status" : "released"}'),
        (4, 'not_signed_in', '{}'),
        (5, 'not_held', '{"booking_status" : "paying"}'),
        (6, 'not_found', '{}'),
        (7, 'not_found', '{}')$$,
    'the buyer''s first is given back; another''s, a repeat, a stranger''s, one that is being paid and one that is not there are not'
);
select results_eq(
    'select b.status from held inner join sales.bookings as b using (booking_id) order by held.n',
    $$values ('released'), ('held'), ('paying'), ('held')$$,
    'and nothing else has changed'
);
select is(
    (select claimed_count from sales.buyers where show_id = :general and user_id = :alice),
    1,
    'who gave two back claims the one that is left'
);
select is((select count(*) from sales.release_batch(:general, '{}', '{}')), 0::bigint, 'nobody asks, nothing happens');

-- As the server calls it: credentials and public ids.
select count(account.open_session(s.user_id, sha256(s.token))) as ignored
from (values (:alice, 'one'::bytea), (:bob, 'two')) as s (user_id, token) \gset
select results_eq(
    format(
        'select n, sqlstate, message from api.release_booking_batch(%s, %L) order by n',
        :general,
        jsonb_build_array(
            jsonb_build_object('n', 1, 'credential', encode(sha256('two'), 'hex'), 'booking_id', (select public_id from held where n = 2)),
            jsonb_build_object('n', 2, 'credential', encode(sha256('two'), 'hex'), 'booking_id', (select public_id from held where n = 4)),
            jsonb_build_object('n', 3, 'credential', null, 'booking_id', (select public_id from held where n = 4)),
            jsonb_build_object('n', 4, 'credential', encode(sha256('one'), 'hex'), 'booking_id', 'bk_1_x'),
            jsonb_build_object('n', 5, 'credential', encode(sha256('one'), 'hex'), 'booking_id', (select public_id from held where n = 4))
        )
    ),
    $$values
        (1, null, null),
        (2, 'BX404', (select title from api.error where code = 'not_found')),
        (3, 'BX401', (select title from api.error where code = 'not_signed_in')),
        (4, 'BX404', (select title from api.error where code = 'not_found')),
        (5, null, null)$$,
    'each is answered as its own request would be'
);

-- Somebody waits: one decision for all that is given back.
create temporary table again as
select (sales.public_id_parts('bk', h.body ->> 'booking_id'))[2]::uuid as booking_id, h.n
from sales.hold_batch(:general, array[:alice, :bob]::bigint[], '[{"n": 1, "quantity": 5}, {"n": 2, "quantity": 5}]') as h;
select pg_temp.make_user('dave') as dave \gset
select waitlist.join_queue(:general, :dave, 6, null, 'offer', null) ->> 'status' as waits \gset
select is(:'waits'::text, 'waiting', 'six wait while ten are held');
select is(
    (
        select count(*)
        from sales.release_batch(:general, array[:alice, :bob]::bigint[], array(select booking_id from again order by n)) as r
        where r.code is null
    ),
    2::bigint,
    'both are given back'
);
select results_eq(
    format('select decision, reason from waitlist.decisions where show_id = %s and decision <> %L order by decision_no', :general, 'joined'),
    $$values ('offered', 'first_in_line'), ('opened', 'nobody_waits_for_them')$$,
    'six of the ten are offered at once, without gathering first, and the rest is for everybody'
);
select is((select count(*) from report.inconsistencies where show_id = :general), 0::bigint, 'nothing is inconsistent');

select * from finish();
rollback;
