-- What staff plans and looks up: halls as they were given, many shows at once, what a customer bought.
\ir support/house.sql
\ir support/refusal.sql
select no_plan();

-- Halls.
select api.create_hall(:alice, :venue_id, 'Odd', '[{"row": "A", "seats": 14, "gaps": [3, 7], "accessible": [1, 14]}, {"row": "B", "seats": 2, "tier": "premium"}]') ->> 'hall_id' as odd \gset
select is(api.get_admin_hall(:alice, :odd)::jsonb -> 'rows', '[{"row": "A", "seats": 14, "gaps": [3, 7], "accessible": [1, 14]}, {"row": "B", "seats": 2, "tier": "premium"}]', 'a hall tells its rows as they were given');
select is(api.get_admin_hall(:alice, :general_hall)::jsonb -> 'places', '12', 'or its places');
select lives_ok(format('select api.create_hall(%s, %s, ''Copy'', %L)', :alice, :venue_id, api.get_admin_hall(:alice, :seated_hall) -> 'rows'), 'so that it can be made again');
select is(
    (select array_agg(row(s.seat, s.x, s.y, s.tier, s.block_no, s.quality)::text order by s.seat_no) from catalog.seats as s inner join catalog.halls as h using (hall_id) where h.name = 'Copy'),
    (select array_agg(row(s.seat, s.x, s.y, s.tier, s.block_no, s.quality)::text order by s.seat_no) from catalog.seats as s where s.hall_id = :seated_hall),
    'the same seat by seat'
);

-- Many shows at once. A Monday that is far from any change of the clocks.
select date_trunc('week', now())::date + 21 as monday \gset
create function pg_temp.plan(p_halls bigint[], p_from date, p_to date, p_times text[], p_weekdays integer[] default null, p_dry_run boolean default false) returns json language sql as $$
    select api.create_shows((select user_id from account.users where name = 'alice'), (select max(event_id) from catalog.events where title = 'Alien'), p_halls, p_from, p_to, p_times, '{"standard": 1200, "premium": 1500}', 'EUR', p_weekdays, 'on_sale', p_dry_run)
$$;
select pg_temp.plan(array[:seated_hall, :odd], :'monday', :'monday'::date + 6, '{18:00,21:00}', '{1,3,5}', true) as plan \gset
select is((:'plan'::jsonb) - 'items', '{"dry_run": true, "created": 0, "conflicts": 0}', 'a plan makes nothing');
select is(json_array_length(:'plan'::json -> 'items'), 12, 'two halls, three days, two times');
select is(:'plan'::json #>> '{items,0,local_start}', :'monday' || 'T18:00', 'in the venue''s time');
select is((select count(*) from sales.shows where hall_id in (:seated_hall, :odd) and starts_at > now() + interval '10 days'), 0::bigint, 'no show was made');
select pg_temp.plan(array[:seated_hall, :odd], :'monday', :'monday'::date + 6, '{18:00,21:00}', '{1,3,5}') as made \gset
select is((:'made'::jsonb) - 'items', '{"dry_run": false, "created": 12, "conflicts": 0}', 'then it is made');
select is(
    (select array_agg(distinct to_char(s.starts_at at time zone 'Europe/London', 'ID HH24:MI')) from sales.shows as s where s.hall_id = :odd),
    '{1 18:00,1 21:00,3 18:00,3 21:00,5 18:00,5 21:00}', 'on these days and at these times'
);
select is((select count(*) from sales.show_seats where show_id = (:'made'::json #>> '{items,1,show_id}')::bigint), (select capacity::bigint from catalog.halls where hall_id = (:'made'::json #>> '{items,1,hall,hall_id}')::bigint), 'each with its seats');
select is(api.get_admin_show(:alice, (:'made'::json #>> '{items,0,show_id}')::bigint) ->> 'status', 'on_sale', 'and on sale');

select pg_temp.plan(array[:odd], :'monday', :'monday'::date + 1, '{18:30,20:00,23:30}', null, true) as clash \gset
select is(
    (select array_agg((i ->> 'local_start') || ' ' || coalesce(i ->> 'problem', '-') || ' ' || ((i ->> 'conflict_show_id') is not null) order by i ->> 'local_start') from json_array_elements(:'clash'::json -> 'items') as i),
    array[:'monday' || 'T18:30 hall_taken true', :'monday' || 'T20:00 hall_taken true', :'monday' || 'T23:30 - false',
        :'monday'::date + 1 || 'T18:30 - false', :'monday'::date + 1 || 'T20:00 hall_taken false', :'monday'::date + 1 || 'T23:30 - false'],
    'conflicts with shows that are there, and within the plan, are marked'
);
select is(pg_temp.refusal(format('select pg_temp.plan(array[%s], %L, %L, ''{18:30,20:00,23:30}'')', :odd, :'monday', :'monday'::date + 1)), 'hall_taken', 'and nothing is made of such a plan');
select is((select count(*) from sales.shows where hall_id = :odd), 6::bigint, 'not even what has no conflict');
select is(pg_temp.plan(array[:odd], '2027-03-28', '2027-03-28', '{01:30,03:30}', null, true) #>> '{items,0,problem}', 'no_such_time', 'a time that the clocks skip') where now() < '2027-03-27';
select is(pg_temp.refusal(format('select pg_temp.plan(%L, %L, %L, %L, %L)', halls, d1, d2, times, weekdays)), 'invalid_request ' || field, 'refused: ' || field || ' ' || n)
from (
    values
        (1, 'hall_ids', '{}', :'monday'::date, :'monday'::date, '{18:00}', null), (2, 'hall_ids', '{0}', :'monday', :'monday', '{18:00}', null),
        (3, 'from', '{' || :odd || '}', '2020-01-01', '2020-01-02', '{18:00}', null), (4, 'from', '{' || :odd || '}', 'infinity', :'monday', '{18:00}', null),
        (5, 'to', '{' || :odd || '}', :'monday', :'monday'::date - 1, '{18:00}', null), (6, 'to', '{' || :odd || '}', :'monday', :'monday'::date + 400, '{18:00}', null),
        (7, 'times', '{' || :odd || '}', :'monday', :'monday', '{24:00}', null), (8, 'times', '{' || :odd || '}', :'monday', :'monday', '{6 pm}', null), (9, 'times', '{' || :odd || '}', :'monday', :'monday', '{}', null),
        (10, 'weekdays', '{' || :odd || '}', :'monday', :'monday', '{18:00}', '{0}'), (11, 'weekdays', '{' || :odd || '}', :'monday', :'monday', '{18:00}', '{7}'),
        (12, 'to', '{' || :odd || '}', :'monday', :'monday'::date + 360, '{12:00,18:00}', null)
) as bad (n, field, halls, d1, d2, times, weekdays);

select is(pg_temp.refusal(format('select api.create_shows(%s, %s, array[%s, %s], %L, %L, ''{18:00}'', %L, %L, null, ''draft'', true)', :alice, :event_id, :odd, h, :'monday', :'monday', prices, currency)), 'invalid_request ' || field, 'a dry run refuses, too: ' || field)
from (values ('prices', :general_hall, '{"standard": 1, "premium": 2}', 'EUR'), ('prices', :odd, '{"standard": 1200}', 'EUR'), ('currency', :odd, '{"standard": 1200, "premium": 2000}', 'ZZZ')) as bad (field, h, prices, currency);

-- Orders.
update account.users set name = 'Zoë Ångström-O''Hara 100%' where user_id = :bob;
select body ->> 'booking_id' as bobs from sales.hold_seats(:seated, :bob, array['A-1'], null) \gset
select body ->> 'booking_id' as carols from sales.hold_seats(:general, :carol, null, 2) \gset
create function pg_temp.found(p_q text, p_show_id bigint default null, p_status text default null) returns text language sql as $$
    select (l ->> 'total') || coalesce(' ' || string_agg(i #>> '{buyer,email}', ' ' order by i #>> '{buyer,email}'), '')
    from api.list_orders(1, p_q, p_show_id, p_status) as l
    left join lateral json_array_elements(l -> 'items') as i on true
    group by l ->> 'total'
$$;
select is(pg_temp.found('BOB@test'), '1 bob@test.example', 'by a part of the address, in any case');
select is(pg_temp.found('ångström'), '1 bob@test.example', 'by half a name');
select is(pg_temp.found('100%'), '1 bob@test.example', 'whose signs are no patterns');
select is(pg_temp.found('1_0%'), '0', 'none of them');
select is(pg_temp.found(:'carols'), '1 carol@test.example', 'by the booking''s id');
select is(pg_temp.found('test.example', :seated), '1 bob@test.example', 'within a show');
select is(pg_temp.found(null, :general), '1 carol@test.example', 'or all of a show');
select is(pg_temp.found(:'carols', :seated), '0', 'not of another show');
select is(pg_temp.found('test.example', null, 'paid'), '0', 'by status');
select sales.complete_payment(:seated, k.id, 'pi_o1') from sales.parse_public_id('bk', :'bobs') as b cross join lateral sales.begin_payment(:seated, b.id, :bob, 'pm_card_visa') as p cross join lateral sales.parse_public_id('pay', p ->> 'payment_id') as k \gset ignored_
select is(pg_temp.found('test.example', null, 'paid'), '1 bob@test.example', 'once it is paid');
select is(pg_temp.found((select sales.ticket_code(t.show_id, t.ticket_id) from sales.tickets as t where t.show_id = :seated)), '1 bob@test.example', 'by a ticket''s code');
select is(pg_temp.found('BX1.1.nothing'), '0', 'not by an invented one');
select is(pg_temp.refusal('select api.list_orders(1, ' || bad || ')'), 'invalid_request ' || field, 'refused: ' || bad)
from (values ('null', 'q'), ('''ab''', 'q'), ('''abc'', null, ''lost''', 'status'), ('''abc'', null, null, 0', 'page'), ('''abc'', null, null, 1, 31', 'per_page')) as b (bad, field);

-- Users.
update account.users set role = 'customer' where role = 'admin';
update account.users set role = 'admin' where user_id = :alice;
select is((api.list_users(:alice, 'OTT-o') ->> 'total') || (api.list_users(:alice, 'carol@') #>> '{items,0,email}'), '0carol@test.example', 'users are found by a part of their address');
select is(api.list_users(:alice, null, 'admin') #>> '{items,0,user_id}', :'alice', 'or by their role');
select is(api.update_user(:alice, :carol, 'staff') ->> 'role', 'staff', 'a user gets a role');
select is(account.user_json(:carol) ->> 'role', 'staff', 'and has it');
select is(pg_temp.refusal(format('select api.update_user(%s, %s, %L)', :alice, u, r)), f, 'refused: ' || coalesce(f, '') || ' ' || coalesce(r, '-'))
from (values (:alice, 'staff', 'invalid_request role'), (:carol, 'owner', 'invalid_request role'), (:carol, null, 'invalid_request role'), (0, 'staff', 'not_found')) as bad (u, r, f);
select is(api.update_user(:alice, :bob, 'admin') ->> 'role', 'admin', 'with a second administrator');
select is(api.update_user(:alice, :alice, 'customer') ->> 'role', 'customer', 'the first may step down');
select is(pg_temp.refusal('select api.list_users(1, ' || bad || ')'), 'invalid_request ' || field, 'refused: ' || bad)
from (values ('null', 'q'), ('''ab''', 'q'), ('null, ''customer''', 'q'), ('''abc'', ''lost''', 'role')) as b (bad, field);

select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
