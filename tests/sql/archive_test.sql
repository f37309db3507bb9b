-- Shows that are over and settled leave the selling tables, stay readable, and can be brought back.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

-- What belongs to a show is found by the foreign keys, so that no table of a later migration is forgotten.
select is_empty(
    $$
    select
        a.attrelid::regclass
    from pg_attribute as a
    inner join pg_class as c
        on c.oid = a.attrelid
        and c.relkind in ('r', 'p')
        and not c.relispartition
    inner join pg_namespace as n
        on n.oid = c.relnamespace
        and n.nspname in ('sales', 'waitlist')
    where a.attname = 'show_id'
        and a.attrelid <> 'sales.shows'::regclass
        and a.attrelid not in (select t.relation from archive.show_tables() as t)
    $$,
    'every table of what belongs to a show is archived'
);
select is_empty(
    $$
    select
        c.conname
    from archive.show_tables() as t
    inner join pg_constraint as c
        on c.contype = 'f'
        and c.conrelid = t.relation
        and c.confrelid <> c.conrelid
    inner join archive.show_tables() as k
        on k.relation = c.confrelid
    where k.depth >= t.depth
    $$,
    'what is referred to is nearer to the show'
);

-- Four bookings: used at the door, refunded in part, refunded whole, lapsed; somebody waited and left.
create function pg_temp.bought(p_show_id bigint, p_user_id bigint, p_quantity integer, p_ref text) returns uuid language plpgsql as $$
declare
    v_booking uuid;
    v_payment uuid;
begin
    select k.id into v_booking
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, false) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k;
    select k.id into v_payment
    from sales.begin_payment(p_show_id, v_booking, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k;
    perform sales.complete_payment(p_show_id, v_payment, p_ref);
    perform sales.settle_capture(p_show_id, v_payment);
    return v_booking;
end
$$;
create function pg_temp.settle_refunds(p_show_id bigint) returns void language sql as $$
    select sales.settle_refund(p.show_id, p.payment_id, 're_' || p.payment_id)
    from sales.payments as p
    where p.show_id = p_show_id and p.kind = 'refund' and p.status = 'pending'
$$;
-- What the outbox has promised is done, and the show is over.
create function pg_temp.end_show(p_show_id bigint, p_days integer) returns void language sql as $$
    update ops.outbox set done_at = now(), dead_at = null where show_id = p_show_id and done_at is null;
    update sales.shows
    set starts_at = now() - make_interval(days => p_days, hours => 2), ends_at = now() - make_interval(days => p_days)
    where show_id = p_show_id;
$$;

select pg_temp.bought(:seated, :alice, 3, 'pi_a1') as used \gset
select pg_temp.bought(:seated, :alice, 2, 'pi_a2') as parted \gset
select pg_temp.bought(:seated, :bob, 2, 'pi_a3') as refunded \gset
select k.id as lapsed from sales.hold_seats(:seated, :carol, null, 1) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
update sales.tickets set status = 'used', used_at = now(), gate = 'north'
where ticket_id = (select ticket_id from sales.tickets where booking_id = :'used' order by seat_no limit 1);
insert into sales.ticket_scans (show_id, ticket_id, scan_no, user_id, outcome, scanned_at, gate, used_at)
select t.show_id, t.ticket_id, 1, :carol, 'admitted', t.used_at, t.gate, t.used_at from sales.tickets as t where t.booking_id = :'used' and t.status = 'used';
select sales.refund_booking(:seated, :'parted', :carol, 'one is ill', true, array[(select min(seat) from sales.tickets where booking_id = :'parted')]) is not null as ok \gset
select sales.refund_booking(:seated, :'refunded', :bob, 'ill') is not null as ok \gset
select pg_temp.settle_refunds(:seated) \g /dev/null
select is_empty('select * from report.inconsistencies', 'the show is sound before');

-- Not before it is over and settled.
select is(archive.archive_show(:seated), null, 'a show to come stays');
select pg_temp.end_show(:seated, 200);
select is(archive.open_matters(:seated), array['booking'], 'a booking that is held is an open matter');
select is(archive.archive_show(:seated), null, 'and keeps the show');
select is((select count(*) from sales.tickets where show_id = :seated), 7::bigint, 'whole');
select sales.expire_bookings(:seated) is not null as ok from pg_temp.let_lapse(:seated) \gset
select pg_temp.end_show(:seated, 200);
insert into ops.outbox (show_id, kind, payload) values (:seated, 'mail', '{}');
select is(archive.open_matters(:seated), array['work'], 'so is work that is under way');
select is((select open_matters from report.archive_delayed where show_id = :seated), array['work'], 'a report says what delays a show');
select pg_temp.end_show(:seated, 200);
select is(archive.open_matters(:seated), '{}'::text[], 'then nothing is open');

-- What everybody sees of it, before …
create function pg_temp.public_id(p_booking uuid) returns text language sql as $$ select sales.public_id('bk', (select show_id from history.bookings where booking_id = p_booking), p_booking) $$;
create temp table seen (what text, body jsonb);
create function pg_temp.look(p_show_id bigint, p_alice bigint, p_carol bigint, p_used uuid) returns table (what text, body jsonb) language sql as $$
    select 'booking', api.get_booking(p_alice, pg_temp.public_id(p_used))::jsonb
    union all select 'bookings', api.list_bookings(p_alice)::jsonb
    union all select 'lapsed', api.list_bookings(p_carol)::jsonb
    union all select 'page', page.booking(p_alice, pg_temp.public_id(p_used), 'en')::jsonb
    union all select 'account', page.account(p_alice, 'en')::jsonb
    union all select 'pdf', api.get_tickets_pdf(p_alice, pg_temp.public_id(p_used))::jsonb
    union all select 'calendar', api.get_tickets_calendar(p_alice, pg_temp.public_id(p_used))::jsonb
    union all select 'qr', api.get_ticket_qr(p_alice, api.get_booking(p_alice, pg_temp.public_id(p_used)) #>> '{tickets,0,ticket_id}')::jsonb
$$;
create function pg_temp.reported() returns table (what text, body jsonb) language plpgsql as $$
declare
    v_view text;
begin
    for v_view in
        select c.relname from pg_class as c
        where c.relnamespace = 'report'::regnamespace and c.relkind = 'v' and c.relname not like 'archive%'
        order by 1
    loop
        return query execute format(
            'select %L::text, coalesce(jsonb_agg(to_jsonb(v) - ''origin'' order by (to_jsonb(v) - ''origin'')::text), ''[]'') from report.%I as v', v_view, v_view
        );
    end loop;
end
$$;
insert into seen select * from pg_temp.look(:seated, :alice, :carol, :'used') union all select * from pg_temp.reported();
create temp table rows_before as select 'bookings' as name, to_jsonb(b) as body from sales.bookings as b where b.show_id = :seated
    union all select 'payments', to_jsonb(p) from sales.payments as p where p.show_id = :seated
    union all select 'show_seats', to_jsonb(s) from sales.show_seats as s where s.show_id = :seated
    union all select 'tickets', to_jsonb(t) from sales.tickets as t where t.show_id = :seated
    union all select 'ticket_scans', to_jsonb(n) from sales.ticket_scans as n where n.show_id = :seated;

-- … and afterwards.
select cmp_ok(archive.archive_show(:seated), '>', 40::bigint, 'a show that is over and settled is archived');
select isnt((select archived_at from sales.shows where show_id = :seated), null, 'its row says so');
create function pg_temp.rows_of(p_schema text, p_show_id bigint) returns bigint language plpgsql as $$
declare
    v_table record;
    v_count bigint;
    v_sum bigint := 0;
begin
    for v_table in select t.relation, t.name from archive.show_tables() as t loop
        execute format(
            'select count(*) from %s where show_id = $1',
            case p_schema when 'archive' then 'archive.' || quote_ident(v_table.name) else v_table.relation::text end
        ) into v_count using p_show_id;
        v_sum := v_sum + v_count;
    end loop;
    return v_sum;
end
$$;
select is(pg_temp.rows_of('sales', :seated), 0::bigint, 'no selling table has a row of it');
select results_eq(
    format('select * from pg_temp.look(%s, %s, %s, %L) union all select * from pg_temp.reported() order by what', :seated, :alice, :carol, :'used'),
    'select * from seen order by what',
    'its buyers see the same, and every report says the same'
);
select is(pg_temp.refusal(format('select api.get_booking(%s, %L)', :bob, pg_temp.public_id(:'used'))), 'not_found', 'another''s archived booking is not found');
select is(pg_temp.refusal(format('select api.get_tickets_pdf(%s, %L)', :carol, pg_temp.public_id(:'lapsed'))), 'not_paid', 'one that was never paid has no tickets');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select is((select archived_count from report.archive_by_month where month = date_trunc('month', now() - interval '200 days')::date), 1::bigint, 'a report counts it');
select is(archive.archive_show(:seated), null, 'it is archived once');

-- What is asked each minute costs no more for what is archived.
create function pg_temp.plan_of(p_view text) returns text language plpgsql as $$
declare
    v_line text;
    v_plan text := '';
begin
    for v_line in execute 'explain (verbose) select * from report.' || p_view loop
        v_plan := v_plan || v_line || E'\n';
    end loop;
    return v_plan;
end
$$;
select matches(pg_temp.plan_of('ledger'), 'archive\.payments', 'the ledger reads the archive');
select doesnt_match(pg_temp.plan_of(v), 'archive\.', format('report.%s does not', v))
from unnest(array['inconsistencies', 'stuck_payments', 'dead_letters']) as v;

-- Back again.
select is(archive.bring_back(:seated), pg_temp.rows_of('sales', :seated), 'what was archived is brought back');
select is(pg_temp.rows_of('archive', :seated), 0::bigint, 'whole');
select results_eq(
    format(
        $$
        select * from (
            select 'bookings' as name, to_jsonb(b) as body from sales.bookings as b where b.show_id = %1$s
            union all select 'payments', to_jsonb(p) from sales.payments as p where p.show_id = %1$s
            union all select 'show_seats', to_jsonb(s) from sales.show_seats as s where s.show_id = %1$s
            union all select 'tickets', to_jsonb(t) from sales.tickets as t where t.show_id = %1$s
            union all select 'ticket_scans', to_jsonb(n) from sales.ticket_scans as n where n.show_id = %1$s
        ) as k order by name, body
        $$,
        :seated
    ),
    'select * from rows_before order by name, body',
    'each row as it was'
);
select is((select count(*) from archive.documents where show_id = :seated), 0::bigint, 'and no copy is left');
select results_eq(
    format('select * from pg_temp.look(%s, %s, %s, %L) union all select * from pg_temp.reported() order by what', :seated, :alice, :carol, :'used'),
    'select * from seen order by what',
    'everybody sees the same'
);
select is(archive.bring_back(:seated), null, 'what is not archived cannot be brought back');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');

-- A dispute that comes late brings its show back, which is the worker's to do.
savepoint late;
select cmp_ok(archive.archive_show(:seated), '>', 40::bigint, 'a show that was brought back can go again');
create function pg_temp.dispute(p_by_worker boolean) returns text language sql as $$
    select sales.receive_provider_event(
        '{"id": "evt_late", "type": "charge.dispute.created", "created": 1900000000, "data": {"object": {"id": "du_late", "payment_intent": "pi_a1", "amount": 1200, "currency": "eur", "status": "needs_response", "created": 1900000000}}}',
        p_by_worker
    )
$$;
select is(pg_temp.dispute(false), 'promised', 'a webhook about an archived charge is left to the worker');
select is(pg_temp.rows_of('sales', :seated), 0::bigint, 'which has the time');
select is(pg_temp.dispute((payload -> 'event' ->> 'id') = 'evt_late'), 'needs_response', 'it records the dispute') from ops.outbox where kind = 'hear_event';
select is(pg_temp.rows_of('archive', :seated), 0::bigint, 'of a show that is back');
select is(pg_temp.dispute(false), 'repeat', 'a repeat is one');
select is(archive.open_matters(:seated) @> array['dispute'], true, 'and stays until the dispute is over');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
rollback to late;

-- A column that a migration adds is archived too.
alter table sales.tickets add column remark text default 'new';
select archive.mirror_table(t.relation, t.name) from archive.show_tables() as t \g /dev/null
select has_column('archive', 'tickets', 'remark', 'the archive gains a new column');
select lives_ok(format('select archive.archive_show(%s)', :seated), 'a show is archived with it');
select is((select array_agg(distinct remark) from history.tickets where show_id = :seated), array['new'], 'and history shows it');
alter table sales.tickets add column remark_count integer not null default 7;
select archive.mirror_table(t.relation, t.name) from archive.show_tables() as t \g /dev/null
select lives_ok(format('select archive.bring_back(%s)', :seated), 'one that was archived before comes back');
select is((select array_agg(distinct remark_count) from sales.tickets where show_id = :seated), array[7], 'with what the column is by default');

select * from finish();
rollback;
