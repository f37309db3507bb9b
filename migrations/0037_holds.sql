-- The tables as a hold needs them: few relations to lock, and everything that it says of its show on the show's own row.

-- A verdict on a hold, as a value.
create type sales.verdict as (
    code text,
    message text,
    body json,
    seat_nos integer[]
);

comment on type sales.verdict is 'code null: granted, either seat_nos, which are locked and still to be written, or body, the answer that was given before. Else a code of api.error, what it says here (null: its title) and its members.';

-- What these did is done by functions of other names, or with other arguments.
drop function if exists sales.write_holds(bigint, bigint[], text[], json, integer[], integer[], text[], text[], bigint[], bigint[], integer[]);
drop function if exists sales.claim_places(bigint, integer, text, integer[]);
drop function if exists sales.explain_shortage(bigint, integer, text, boolean, integer[], integer[], integer[], integer);

-- The show seats in one table. A generic plan locks all partitions, with their indexes, before it knows which it needs: one hold
-- took 71 relation locks, and 1,871 with two hundred partitions; more than 16 go through the shared lock table, where many
-- sessions queue. What is over leaves the table for the archive.
alter table sales.tickets drop constraint tickets_seat_fkey;
alter table sales.show_seats rename to show_seats_in_parts;
create table sales.show_seats (
    like sales.show_seats_in_parts including defaults including constraints including comments
) with (fillfactor = 60);
insert into sales.show_seats (
    show_id,
    seat_no,
    seat,
    tier,
    price_minor,
    block_no,
    quality,
    status,
    change_count,
    booking_id,
    held_until
)
select
    s.show_id,
    s.seat_no,
    s.seat,
    s.tier,
    s.price_minor,
    s.block_no,
    s.quality,
    s.status,
    s.change_count,
    s.booking_id,
    s.held_until
from sales.show_seats_in_parts as s
order by
    s.show_id,
    s.seat_no;
-- With what was made over it: the view history.show_seats and the reports, which are made anew.
drop table sales.show_seats_in_parts cascade;
alter table sales.show_seats
    add constraint show_seats_pkey primary key (show_id, seat_no),
    add constraint show_seats_show_seat_key unique (show_id, seat),
    add constraint show_seats_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade,
    add constraint show_seats_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id);
alter table sales.tickets
    add constraint tickets_seat_fkey foreign key (show_id, seat_no) references sales.show_seats (show_id, seat_no);
drop function if exists ops.make_partitions(integer);
select cron.unschedule(j.jobid)
from cron.job as j
where j.jobname = 'boxoffice: make partitions';

-- What a booking tells about its show, renewed by triggers of the catalogue (sql/catalog/show_briefs.sql): so that a hold reads
-- no table of the catalogue, and waits for nobody who changes it.
alter table sales.shows
    add column event_brief json,
    add column venue_brief json,
    add column hall_name text,
    add column timezone text;
update sales.shows as s
set
    event_brief = json_build_object('event_id', e.event_id, 'title', e.title, 'title_zh', e.title_zh),
    venue_brief = json_build_object(
        'venue_id', v.venue_id,
        'name', v.name,
        'name_zh', v.name_zh,
        'address', v.address,
        'city', c.name
    ),
    hall_name = h.name,
    timezone = c.timezone
from catalog.events as e
cross join catalog.venues as v
cross join catalog.cities as c
cross join catalog.halls as h
where e.event_id = s.event_id
    and v.venue_id = s.venue_id
    and c.city_id = s.city_id
    and h.hall_id = s.hall_id;
alter table sales.shows
    alter column event_brief set not null,
    alter column venue_brief set not null,
    alter column hall_name set not null,
    alter column timezone set not null;

comment on column sales.shows.event_brief is 'Of the event, as bookings show it: {"event_id", "title", "title_zh"}.';
comment on column sales.shows.venue_brief is 'Of the venue: {"venue_id", "name", "name_zh", "address", "city"}.';
comment on column sales.shows.hall_name is 'The hall''s name.';
comment on column sales.shows.timezone is 'The city''s time zone.';
