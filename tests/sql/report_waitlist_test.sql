-- What the office reads of a queue.
\ir support/house.sql
select * from no_plan();

select pg_temp.make_user('dave') as dave, pg_temp.make_user('erin') as erin \gset
create function pg_temp.join(p_show_id bigint, p_user_id bigint, p_quantity integer) returns text language sql as $$
    select e ->> 'entry_id' from waitlist.join_queue(p_show_id, p_user_id, p_quantity, null, 'offer') as e
$$;
select is_empty('select * from report.waitlist where show_id = ' || :general, 'a show for which nobody ever waited has no row');

select h.body ->> 'booking_id' as a from sales.hold_seats(:general, :alice, null, 10) as h \gset
select h.body ->> 'booking_id' as b from sales.hold_seats(:general, :bob, null, 2) as h \gset
select pg_temp.join(:general, :carol, 3) as carol_entry \gset
select pg_temp.join(:general, :dave, 1) as dave_entry \gset
select pg_temp.join(:general, :erin, 2) as erin_entry \gset
update waitlist.entries set joined_at = now() - interval '100 s' where show_id = :general;
select api.release_booking(:bob, :'b');
select api.leave_waitlist(:carol, :'carol_entry');
select api.leave_waitlist(:erin, :'erin_entry');

select results_eq(
    'select decision_no, decision, position, story from report.waitlist_decisions where show_id = ' || :general || ' order by decision_no',
    $$values
        (1::bigint, 'joined', 1::bigint, 'Position 1 joined for 3 seats, mode offer.'),
        (2, 'joined', 2, 'Position 2 joined for 1 seats, mode offer.'),
        (3, 'joined', 3, 'Position 3 joined for 2 seats, mode offer.'),
        (4, 'gathered', 1, 'Position 1 wants 3 seats, 2 have gathered: all behind wait.'),
        (5, 'ended', 1, 'Position 1 cancelled: left.'),
        (6, 'offered', 2, (select format('Position 2 was offered seats %s: first in line.', b.seats -> 0 ->> 'seat') from sales.bookings as b inner join sales.parse_public_id('wl', current_setting('test.entry')) as k on true inner join waitlist.entries as e on e.entry_id = k.id and e.booking_id = b.booking_id)),
        (7, 'ended', 3, 'Position 3 cancelled: left.'),
        (8, 'opened', null, '1 seats are for everybody: nobody who waits can use them.')$$,
    'the story is told in order, in words'
) from (select set_config('test.entry', :'dave_entry', true)) as s;
select results_eq(
    'select joined_count, waiting_count, offered_count, left_count, fulfilled_count, fulfilled_percent, median_wait_seconds from report.waitlist where show_id = ' || :general,
    $$values (3::bigint, 0::bigint, 1::bigint, 2::bigint, 0::bigint, 0.0, 100.0)$$,
    'the sums say what became of whom'
);
select is(
    (select count(*) from report.waitlist_decisions as d where d.show_id = :general and to_jsonb(d)::text ~ 'user|mail|Carol|entry_id|wl_|bk_'),
    0::bigint,
    'nobody is named, nor any id that leads to a person'
);
set local role boxoffice_report;
select is((select joined_count from report.waitlist where show_id = :general), 3::bigint, 'the report role may read the sums');
select is((select count(*) from report.waitlist_decisions where show_id = :general), 8::bigint, 'and the story');
reset role;

-- With first_fit somebody is passed over.
update sales.shows set waitlist_policy = 'first_fit' where show_id = :general;
select pg_temp.join(:general, :carol, 4) \gset
select pg_temp.join(:general, :erin, 1) \gset
select alike(story, 'Positions 4 to 4 were passed over for position 5, with 1 seats free: they want more.', 'who was passed over is told with the reason')
from report.waitlist_decisions where show_id = :general and decision = 'skipped';

select * from finish();
rollback;
