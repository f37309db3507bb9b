-- A ticket opens the door once: every way a scan can end, undoing, and what an offline door is given and gives back.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.buy(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid[] language plpgsql as $$
declare
    v_booking_id uuid;
begin
    select k.id into v_booking_id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k;
    perform sales.complete_payment(p_show_id, k.id, 'pi_' || k.id)
    from sales.begin_payment(p_show_id, v_booking_id, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k;
    return array(select t.ticket_id from sales.tickets as t where t.show_id = p_show_id and t.booking_id = v_booking_id order by t.seat_no);
end
$$;
-- How a check-in ends: admitted, or the code of its refusal.
create function pg_temp.verdict(p_answer json) returns text language sql as $$
    select coalesce(p_answer ->> 'status', (select e.code from api.error as e where e.sqlstate = p_answer ->> 'refused'))
$$;
create function pg_temp.check_in(p_code text, p_gate text default 'North', p_show_id bigint default null, p_key text default null) returns text
language sql as $$
    select pg_temp.verdict(api.check_in((select max(user_id) from account.users), p_code, p_gate, p_show_id, p_key))
$$;
create function pg_temp.scans(p_ticket_id uuid) returns text language sql as $$
    select string_agg(n.outcome || coalesce('@' || n.gate, ''), ' ' order by n.scan_no) from sales.ticket_scans as n where n.ticket_id = p_ticket_id
$$;

select pg_temp.make_user('door') as door \gset
select pg_temp.buy(:seated, :alice, 4) as tickets \gset
select (:'tickets'::uuid[])[1] as one, (:'tickets'::uuid[])[2] as two, (:'tickets'::uuid[])[3] as three, (:'tickets'::uuid[])[4] as four \gset
select sales.ticket_code(:seated, :'one') as code_one, sales.ticket_code(:seated, :'two') as code_two,
    sales.ticket_code(:seated, :'three') as code_three, sales.ticket_code(:seated, :'four') as code_four \gset
select (pg_temp.buy(:general, :bob, 1))[1] as other \gset
select sales.ticket_code(:general, :'other') as code_other \gset

-- One at a time
select api.check_in(:door, :'code_one', ' North ', :seated) as answer \gset
select is(:'answer'::json ->> 'status', 'admitted', 'a valid ticket opens the door');
select is(:'answer'::json #>> '{ticket,ticket_id}', sales.public_id('tk', :seated, :'one'), 'which learns the ticket');
select is(:'answer'::json #>> '{ticket,buyer_name}', 'alice', 'and whose it is');
select is(:'answer'::json #>> '{ticket,show,event,title}', 'Alien', 'and for what');
select is(:'answer'::json ->> 'warning', 'too_early', 'and that it is three days too early');
select results_eq(
    format('select status, used_at, gate from sales.tickets where ticket_id = %L', :'one'),
    $$values ('used', now(), 'North')$$,
    'the ticket is used now, at this gate'
);
select api.check_in(:door, :'code_one', 'South') as answer \gset
select is(pg_temp.verdict(:'answer'), 'already_used', 'once only');
select is(:'answer'::jsonb #- '{members,ticket}' -> 'members', jsonb_build_object('used_at', api.rfc3339(now()), 'gate', 'North'), 'a repeat says when and where');
select is(pg_temp.check_in(e' \t' || :'code_two' || e' '), 'bad_code', 'a code with a tab in it is none');
select is(pg_temp.check_in('  ' || :'code_two' || ' '), 'admitted', 'but what a scanner adds around a code does not matter');
select is(pg_temp.check_in(:'code_other', 'North', :seated), 'wrong_show', 'a ticket of another show does not open this one''s door');
select is(
    api.check_in(:door, :'code_other', 'North', :seated) #>> '{members,ticket,show,show_id}',
    :'general',
    'and it is said which show it is for'
);
select is((select status from sales.tickets where ticket_id = :'other'), 'valid', 'there it is still good');
select is(pg_temp.check_in(:'code_other'), 'admitted', 'at a door for any show');
select is(pg_temp.check_in(overlay(:'code_three' placing case when substr(:'code_three', length(:'code_three') - 5, 1) = 'A' then 'B' else 'A' end from length(:'code_three') - 5 for 1)), 'bad_code', 'a forged code opens nothing');
select is(pg_temp.check_in('BX1'), 'bad_code', 'nor does half a code');
select is(pg_temp.check_in(sales.ticket_code(:seated, gen_random_uuid())), 'bad_code', 'nor one that we signed for a ticket we do not have');
select is(pg_temp.refusal(format('select api.check_in(%s, %L, %L)', :door, :'code_three', '  ')), 'invalid_request gate', 'a door says which it is');
select is(pg_temp.refusal(format('select api.check_in(%s, %L, %L)', :door, :'code_three', repeat('g', 51))), 'invalid_request gate', 'in at most 50 characters');

update sales.tickets set status = 'void', voided_at = now() where ticket_id = :'four';
select is(pg_temp.check_in(:'code_four'), 'void_ticket', 'a void ticket opens nothing');
update sales.tickets set status = 'valid', voided_at = null where ticket_id = :'four';
savepoint cancelled;
update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = :seated;
select is(pg_temp.check_in(:'code_four'), 'show_cancelled', 'nor does one of a cancelled show');
rollback to cancelled;
update sales.shows set starts_at = now() - interval '1 hour', ends_at = now() + interval '1 hour' where show_id = :seated;
select is(sales.door_warning(:seated, :'four'), null, 'who comes late is let in without a word');
update sales.shows set ends_at = now() - interval '1 second' where show_id = :seated;
select is(sales.door_warning(:seated, :'four'), 'over', 'but not after the end');

select is(pg_temp.check_in(:'code_three', 'North', null, 'k1'), 'admitted', 'with an idempotency key');
select is(pg_temp.check_in(:'code_three', 'North', null, 'k1'), 'admitted', 'a repeat gets the first answer');
select is(pg_temp.check_in(:'code_three', 'North', null, 'k2'), 'already_used', 'and only that');
select is(pg_temp.check_in(:'code_three', 'North', null, 'k2'), 'already_used', 'be it a refusal');
select is(pg_temp.scans(:'three'), 'admitted@North already_used@North', 'a repeat is no attempt');
select is(pg_temp.scans(:'one'), 'admitted@North already_used@South', 'all others are written down');
select is(pg_temp.scans(:'other'), 'wrong_show@North wrong_show@North admitted@North', 'with the ticket''s show');
select is_empty('select * from report.inconsistencies', 'the doors and the tickets agree');

-- Undoing
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L, %L)', :door, 'left again', :'code_four')), 'not_used', 'what was not used cannot be undone');
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L)', :door, 'left again')), 'invalid_request ticket_id', 'somebody''s it must be');
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L, %L, %L)', :door, 'left again', :'code_one', 'tk_1')), 'invalid_request ticket_id', 'and one''s');
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L, %L)', :door, ' ', :'code_one')), 'invalid_request reason', 'with a reason');
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L, %L)', :door, 'left again', 'BX1.1.x')), 'bad_code', 'of ours');
select is(pg_temp.refusal(format('select api.undo_check_in(%s, %L, null, %L)', :door, 'left again', sales.public_id('tk', :seated, gen_random_uuid()))), 'not_found', 'that exists');
select is(api.undo_check_in(:door, 'left again', :'code_one') #>> '{ticket,ticket_status}', 'valid', 'an undone ticket is valid');
select is(pg_temp.check_in(:'code_one', 'South'), 'admitted', 'and opens the door again');
select is(api.undo_check_in(:door, 'wrong seat', null, sales.public_id('tk', :seated, :'one')) ->> 'status', 'valid', 'by its id too');
select is(pg_temp.scans(:'one'), 'admitted@North already_used@South undone admitted@South undone', 'all of it is written down');
select results_eq(
    format('select user_id, reason from sales.ticket_scans where outcome = ''undone'' and ticket_id = %L order by scan_no', :'one'),
    format('values (%s::bigint, ''left again''), (%s, ''wrong seat'')', :door, :door),
    'with who did it and why'
);
select is_empty('select * from report.inconsistencies', 'and still they agree');

-- The door's list
select is(api.list_codes(:door, :seated) ->> 'key', null, 'the key is for administrators');
update account.users set role = 'admin' where user_id = :door;
select api.list_codes(:door, :seated) as list \gset
update account.users set role = 'staff' where user_id = :door;
select is(
    (
        select string_agg(i ->> 'status', ' ' order by n)
        from json_array_elements(:'list'::json -> 'items') with ordinality as l (i, n)
    ),
    'valid used used valid',
    'a door''s list has every code in the order of seats, with its state'
);
select is(:'list'::json #>> '{items,0,code}', :'code_one', 'the very code that the ticket shows');
select is(
    (
        with code as (
            select
                decode(translate(:'list'::json ->> 'key', '-_', '+/') || '=', 'base64') as key,
                decode(translate(split_part(:'code_two', '.', 3), '-_', '+/') || '==', 'base64') as bytes
        )
        select substr(public.hmac(substr(c.bytes, 1, 16), c.key, 'sha256'), 1, 12) = substr(c.bytes, 17)
        from code as c
    ),
    true,
    'by the list''s key alone a door can tell that a code is ours'
);
select is(api.list_codes(:door, :general) #>> '{items,0,used_at}', api.rfc3339(now()), 'a used one says when');
select is(api.list_codes(:door, 0)::text, null, 'a list needs a show');

-- Its scans
create function pg_temp.upload(p_gate text, variadic p_scans text[]) returns text language sql as $$
    select string_agg((v.verdict ->> 'status') || coalesce('@' || (v.verdict ->> 'gate'), ''), ' ' order by v.place)
    from json_array_elements(
        api.upload_scans(
            (select max(user_id) from account.users),
            (select show_id from sales.parse_ticket_code(p_scans[1])),
            p_gate,
            (
                select jsonb_agg(jsonb_build_object('code', p_scans[i], 'scanned_at', api.rfc3339(now() - p_scans[i + 1]::interval)))
                from generate_series(1, cardinality(p_scans), 2) as i
            )
        ) -> 'scans'
    ) with ordinality as v (verdict, place)
$$;
select pg_temp.upload('East', :'code_four', '10 min', :'code_four', '20 min', :'code_one', '5 min', :'code_two', '1 min', :'code_other', '1 min', 'nothing', '1 min') as first \gset
select is(:'first'::text, 'already_used@East admitted@East admitted@East admitted@East wrong_show bad_code', 'each scan has its own verdict: of two of a ticket the earlier counts');
select is(
    (select used_at from sales.tickets where ticket_id = :'four'),
    date_trunc('second', now() - interval '20 min'),
    'a ticket was used when it was scanned'
);
select is((select gate from sales.tickets where ticket_id = :'two'), 'East', 'an earlier scan takes the place of the admission that we knew of');
select count(*) as before from sales.ticket_scans \gset
select is(
    pg_temp.upload('East', :'code_four', '10 min', :'code_four', '20 min', :'code_one', '5 min', :'code_two', '1 min', :'code_other', '1 min', 'nothing', '1 min'),
    :'first',
    'the same upload again answers the same'
);
select is((select count(*) from sales.ticket_scans), :before::bigint, 'and changes nothing');
select is(pg_temp.upload('West', :'code_four', '15 min'), 'already_used@East', 'a later scan at another gate is told of the earlier');
select is(pg_temp.upload('West', :'code_four', '25 min'), 'admitted@West', 'and an earlier one is the admission');
select is(pg_temp.check_in(:'code_four'), 'already_used', 'whatever the order, afterwards it is used');
select undone.answer from api.undo_check_in(:door, 'left again', :'code_four') as undone (answer) \gset
select is(pg_temp.upload('West', :'code_four', '25 min'), 'admitted@West', 'what was uploaded before answers the same after it was undone');
select is((select status from sales.tickets where ticket_id = :'four'), 'valid', 'and does not undo the undoing');
select is_empty('select * from report.inconsistencies', 'after all this the doors and the tickets agree');
select results_eq(
    'select seat_count::integer, double_count::integer from (select count(*) as seat_count, count(*) filter (where admitted_count > 1) as double_count from report.double_admissions where show_id = ' || :seated || ') as d',
    'values (1, 1)',
    'who was let in by two doors is reported'
);
update sales.tickets set status = 'void', voided_at = now(), used_at = null where ticket_id = :'one';
select is(pg_temp.upload('West', :'code_one', '25 min'), 'void_ticket', 'a void ticket is told afterwards too');
update sales.tickets set status = 'used', voided_at = null, used_at = date_trunc('second', now() - interval '5 min') where ticket_id = :'one';

select is(pg_temp.refusal(format('select api.upload_scans(%s, %s, ''East'', %L)', :door, :seated, s.scans)), 'invalid_request ' || s.field, s.what)
from (
    values
        ('{}', 'scans', 'an upload is a list'),
        ((select jsonb_agg(jsonb_build_object('code', 'x', 'scanned_at', '2026-01-01T00:00:00Z')) from generate_series(1, 5001))::text, 'scans', 'of at most 5,000'),
        ('["BX1"]', 'scans[0]', 'of objects'),
        ('[{"code": "x", "scanned_at": "2026-01-01T00:00:00Z", "seat": "A-1"}]', 'scans[0]', 'with two members'),
        ('[{"scanned_at": "2026-01-01T00:00:00Z"}]', 'scans[0].code', 'a code'),
        ('[{"code": "x"}]', 'scans[0].scanned_at', 'and a time'),
        ('[{"code": "x", "scanned_at": null}]', 'scans[0].scanned_at', 'which is none of null'),
        ('[{"code": "x", "scanned_at": 5}]', 'scans[0].scanned_at', 'or a number'),
        ('[{"code": "x", "scanned_at": "now"}]', 'scans[0].scanned_at', 'or a word'),
        ('[{"code": "x", "scanned_at": "2026-02-30T00:00:00Z"}]', 'scans[0].scanned_at', 'or no day of the calendar'),
        (format('[{"code": "x", "scanned_at": "%s"}, {"code": "x", "scanned_at": "%s"}]', api.rfc3339(now()), api.rfc3339(now() + interval '2 min')), 'scans[1].scanned_at', 'a time in the future is refused'),
        (format('[{"code": "x", "scanned_at": "%s"}]', api.rfc3339(now() - interval '31 days')), 'scans[0].scanned_at', 'so is one of long ago')
) as s (scans, field, what);
select is(pg_temp.refusal(format('select api.upload_scans(%s, %s, '''', ''[]'')', :door, :seated)), 'invalid_request gate', 'an upload says its gate');
select is(pg_temp.refusal(format('select api.upload_scans(%s, 0, ''East'', ''[]'')', :door)), 'not_found', 'and its show');
select is((api.upload_scans(:door, :seated, 'East', '[]') -> 'scans')::text, '[]', 'nothing scanned is nothing done');

-- Counts
select is(api.get_admissions(:door, :seated)::jsonb, jsonb_build_object('show_id', :seated, 'sold', 4, 'admitted', 3, 'gates', '[{"gate": "East", "admitted": 2}, {"gate": "North", "admitted": 1}]'::jsonb), 'who is in is counted, by gate too');
select is(api.get_admissions(:door, 0)::text, null, 'of a show');
select results_eq(
    format('select sold_count, admitted_count, admitted_percent from report.check_in where show_id = %s', :seated),
    'values (4::bigint, 3::bigint, 75.0)',
    'the report says the same'
);
select is((select sum(admitted_count) from report.check_in_by_quarter_hour where show_id = :seated), 3::numeric, 'and by quarter of an hour and gate');
update sales.tickets set used_at = now() where ticket_id = :'one';
select results_eq(
    'select problem, show_id from report.inconsistencies',
    format('values (''used ticket without its admission'', %s::bigint)', :seated),
    'a used ticket that no door admitted is inconsistent'
);
select * from finish();
rollback;
