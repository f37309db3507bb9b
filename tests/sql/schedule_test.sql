-- When shows may be: one at a time in a hall, to come, and on sale at the second that was announced.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.make(p_starts_at timestamptz, p_status text default 'on_sale') returns text language sql as $$
    select format(
        'select sales.create_show(%s, %s, %L, ''{"standard": 1200, "premium": 1500}'', ''EUR'', %L)',
        current_setting('test.event'), current_setting('test.hall'), p_starts_at, p_status
    )
$$;
create function pg_temp.move(p_show_id bigint, p_starts_at timestamptz) returns text language sql as $$
    select format('select sales.change_show(%s, null, %L, null, null, null, null, null, null, null, null, null)', p_show_id, p_starts_at)
$$;
create function pg_temp.detail(p_sql text) returns jsonb language plpgsql as $$
declare
    v_detail text;
begin
    execute p_sql;
    return null;
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail::jsonb;
end
$$;
select set_config('test.event', :'event_id', true), set_config('test.hall', :'seated_hall', true) \g /dev/null
select starts_at as start, ends_at as ending from sales.shows where show_id = :seated \gset

-- One show at a time: Alien is 117 minutes long, and the hall is cleaned for 15.
select is(pg_temp.refusal(pg_temp.make(at)), 'hall_taken', 'taken: ' || why)
from (
    values
        (:'start'::timestamptz, 'the same time'), (:'start'::timestamptz + interval '1 hour', 'in the midst'), (:'start'::timestamptz - interval '1 hour', 'before its end'),
        (:'ending'::timestamptz, 'while the hall is cleaned'), (:'ending'::timestamptz + interval '14 minutes', 'still so'),
        (:'start'::timestamptz - interval '131 minutes', 'too near to clean it before')
) as t (at, why);
select is(pg_temp.detail(pg_temp.make(:'start')), jsonb_build_object('show_id', :seated), 'the other show is named');
select is(pg_temp.refusal(pg_temp.make(:'start', 'draft')), 'hall_taken', 'a draft needs the hall, too');
select throws_ok(
    format('update sales.shows set hall_id = %s where show_id = %s', :seated_hall, :general), '23P01', null, 'no other way leads to two shows in a hall'
);
select pg_temp.make(:'ending'::timestamptz + interval '15 minutes') as make \gset
:make as later \gset
select pg_temp.make(:'start'::timestamptz - interval '132 minutes') as make \gset
:make as earlier \gset
select isnt(:later, :earlier, 'when it is clean the next may begin');
select is(pg_temp.refusal(pg_temp.make(:'start'::timestamptz + interval '20 hours', 'draft')), null, 'a draft may be made');
select is(pg_temp.refusal(pg_temp.make(:'start'::timestamptz + interval '21 hours')), 'hall_taken', 'and then has the hall');

-- Moving.
select is(pg_temp.refusal(pg_temp.move(:seated, :'start'::timestamptz + interval '1 minute')), 'hall_taken', 'a show is not moved into another');
select is(pg_temp.detail(pg_temp.move(:seated, :'start'::timestamptz + interval '1 minute')), jsonb_build_object('show_id', :later), 'which is named');
select is(pg_temp.refusal(pg_temp.move(:later, :'ending'::timestamptz + interval '16 minutes')), null, 'its own time is no hindrance');
select is(pg_temp.refusal(pg_temp.move(:seated, :'start'::timestamptz + interval '1 minute')), null, 'and what it leaves is free');
select sales.cancel_show(:seated, :carol, 'Fire.') \g /dev/null
select is(pg_temp.refusal(pg_temp.make(:'start')), null, 'a cancelled show leaves its hall');

-- Cleaning.
select is(api.update_hall(:carol, :seated_hall, p_cleaning_minutes => 45) ->> 'cleaning_minutes', '45', 'a hall may take longer');
select is(pg_temp.refusal(format('select api.update_hall(%s, %s, p_cleaning_minutes => %s)', :carol, :seated_hall, bad)), 'invalid_request cleaning_minutes', bad || ' minutes are refused')
from unnest(array[-1, 1441]) as bad;
select pg_temp.make(:'start'::timestamptz + interval '10 days') as make \gset
:make as long \gset
select is(pg_temp.refusal(pg_temp.make(:'ending'::timestamptz + interval '10 days 44 minutes')), 'hall_taken', 'which counts from then on');
select is(pg_temp.refusal(pg_temp.make(:'ending'::timestamptz + interval '10 days 45 minutes')), null, 'and not longer');
select is(api.create_hall(:carol, :venue_id, 'Quick', p_places => 5, p_cleaning_minutes => 0) ->> 'cleaning_minutes', '0', 'or need no time at all');

-- What was in one hall before it could be taken is sold on, and is checked when it is moved.
update sales.shows set is_double_booked = true, starts_at = :'start'::timestamptz + interval '10 days', ends_at = :'ending'::timestamptz + interval '10 days' where show_id = :earlier;
select is(pg_temp.refusal(format('select sales.set_show_rules(%s, 4, null, null, null, null, null, null)', :earlier)), null, 'a show that was there before keeps its time');
select is(pg_temp.refusal(pg_temp.move(:earlier, :'start'::timestamptz + interval '10 days 1 minute')), 'hall_taken', 'but gets no other that is taken');
select is(pg_temp.refusal(pg_temp.move(:earlier, :'start'::timestamptz + interval '12 days')), null, 'only a free one');
select is(is_double_booked, false, 'and has it alone from then on') from sales.shows where show_id = :earlier;

-- What has begun.
select is(pg_temp.refusal(pg_temp.move(:later, at)), 'invalid_request starts_at', 'no show is moved to ' || at)
from unnest(array['2020-05-01T18:00:00Z', now(), now() - interval '1 minute', now() + interval '11 years']) as at;
update sales.shows set starts_at = now() - interval '10 minutes', ends_at = now() + interval '1 hour', sale_starts_at = now() - interval '1 day' where show_id = :later;
select is(pg_temp.refusal(format('select sales.change_show(%s, null, null, null, ''closed'', null, null, null, null, null, null, null)', :later)), null, 'what has begun can be changed');
select is(pg_temp.refusal(pg_temp.move(:later, (select starts_at from sales.shows where show_id = :later))), null, 'also with its own start');

-- The second that is announced is the second of the sale.
select sales.create_show(:event_id, :general_hall, now() + interval '9 days', '{"standard": 2500}', 'EUR', 'on_sale', date_trunc('second', now()) + interval '3.9 s') as soon \gset
select is(sale_starts_at, date_trunc('second', now()) + interval '3 s', 'a sale starts at a full second') from sales.shows where show_id = :soon;
select is((api.get_show(:soon) ->> 'sale_starts_at')::timestamptz, sale_starts_at, 'which is told') from sales.shows where show_id = :soon;
select sales.change_show(:soon, null, null, date_trunc('second', now()) + interval '-0.1 s', null, null, null, null, null, null, null, null) \g /dev/null
select is(sale_starts_at, date_trunc('second', now()) - interval '1 s', 'also when it is changed') from sales.shows where show_id = :soon;
select sales.create_show(:event_id, :general_hall, now() + interval '15 days', '{"standard": 2500}', 'EUR') as at_once \gset
select is(api.get_show(:at_once) ->> 'status', 'on_sale', 'without one the sale begins at once');
select finish();
rollback;
