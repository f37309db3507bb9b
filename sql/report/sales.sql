-- What a cinema's office asks of its sales. Money is in minor units, one row a currency; days are the city's own.
-- A booking counts on the day it was paid, a refund on the day it was given back.

create or replace view report.sales_by_booking as
-- The common ground of the sums below: one row a paid booking, whose buyer is not named.
select
    b.show_id,
    s.event_id,
    s.venue_id,
    s.city_id,
    (b.paid_at at time zone c.timezone)::date as sold_on,
    cardinality(b.seat_nos) as seat_count,
    b.amount_minor,
    b.currency,
    b.status,
    coalesce(r.refunded_minor, 0) as refunded_minor
from history.bookings as b
inner join sales.shows as s
    on s.show_id = b.show_id
inner join catalog.cities as c
    on c.city_id = s.city_id
left join lateral (
    select sum(p.amount_minor)::bigint as refunded_minor
    from history.payments as p
    where p.show_id = b.show_id
        and p.booking_id = b.booking_id
        and p.kind = 'refund'
        and p.status = 'succeeded'
) as r
    on true
where b.paid_at is not null
    -- Not whose money the provider released before it was taken.
    and (
        b.status <> 'refunded'
        or exists (
            select
            from history.payments as p
            where p.show_id = b.show_id
                and p.booking_id = b.booking_id
                and p.kind = 'charge'
                and p.status in ('authorized', 'succeeded')
        )
    );

comment on view report.sales_by_booking is 'Paid bookings without their buyers: the rows that the other sales reports sum up.';

create or replace view report.sales_by_day as
with movements as (
    select
        b.sold_on as day,
        b.currency,
        1 as booking_count,
        b.seat_count,
        b.amount_minor as gross_minor,
        0 as refunded_minor
    from report.sales_by_booking as b
    union all
    select
        (p.succeeded_at at time zone c.timezone)::date,
        p.currency,
        0,
        0,
        0,
        p.amount_minor
    from history.payments as p
    inner join sales.shows as s
        on s.show_id = p.show_id
    inner join catalog.cities as c
        on c.city_id = s.city_id
    where p.kind = 'refund'
        and p.status = 'succeeded'
)
select
    m.day as sold_on,
    m.currency,
    sum(m.booking_count) as booking_count,
    sum(m.seat_count) as seat_count,
    sum(m.gross_minor)::bigint as gross_minor,
    sum(m.refunded_minor)::bigint as refunded_minor,
    sum(m.gross_minor - m.refunded_minor)::bigint as net_minor
from movements as m
group by
    m.day,
    m.currency;

comment on view report.sales_by_day is 'Bookings, seats and money by the day on which they were paid, refunds by the day on which they were given back.';

create or replace view report.sales_by_venue as
select
    b.venue_id,
    v.name as venue,
    c.name as city,
    b.currency,
    count(*) as booking_count,
    sum(b.seat_count) as seat_count,
    sum(b.amount_minor)::bigint as gross_minor,
    sum(b.refunded_minor)::bigint as refunded_minor,
    sum(b.amount_minor - b.refunded_minor)::bigint as net_minor
from report.sales_by_booking as b
inner join catalog.venues as v
    on v.venue_id = b.venue_id
inner join catalog.cities as c
    on c.city_id = v.city_id
group by
    b.venue_id,
    v.name,
    c.name,
    b.currency;

comment on view report.sales_by_venue is 'Bookings, seats and money by venue.';

create or replace view report.sales_by_event as
select
    b.event_id,
    e.kind,
    e.title,
    b.currency,
    count(distinct b.show_id) as show_count,
    count(*) as booking_count,
    sum(b.seat_count) as seat_count,
    sum(b.amount_minor)::bigint as gross_minor,
    sum(b.refunded_minor)::bigint as refunded_minor,
    sum(b.amount_minor - b.refunded_minor)::bigint as net_minor
from report.sales_by_booking as b
inner join catalog.events as e
    on e.event_id = b.event_id
group by
    b.event_id,
    e.kind,
    e.title,
    b.currency;

comment on view report.sales_by_event is 'Shows sold, bookings, seats and money by film or event.';

create or replace view report.sales_by_show as
select
    s.show_id,
    e.title,
    v.name as venue,
    h.name as hall,
    s.starts_at,
    s.status,
    s.currency,
    coalesce(b.booking_count, 0) as booking_count,
    coalesce(b.seat_count, 0) as seat_count,
    coalesce(b.gross_minor, 0) as gross_minor,
    coalesce(b.refunded_minor, 0) as refunded_minor,
    coalesce(b.gross_minor - b.refunded_minor, 0) as net_minor
from sales.shows as s
inner join catalog.events as e
    on e.event_id = s.event_id
inner join catalog.venues as v
    on v.venue_id = s.venue_id
inner join catalog.halls as h
    on h.hall_id = s.hall_id
left join (
    select
        b.show_id,
        count(*) as booking_count,
        sum(b.seat_count) as seat_count,
        sum(b.amount_minor)::bigint as gross_minor,
        sum(b.refunded_minor)::bigint as refunded_minor
    from report.sales_by_booking as b
    group by b.show_id
) as b
    on b.show_id = s.show_id;

comment on view report.sales_by_show is 'Bookings, seats and money by show, also of those that sold nothing.';

create or replace view report.occupancy as
select
    s.show_id,
    e.title,
    v.name as venue,
    h.name as hall,
    s.starts_at,
    count(*) as seat_count,
    count(*) filter (where k.status = 'sold') as sold_count,
    count(*) filter (where k.status = 'held' and k.held_until > now()) as held_count,
    count(*) filter (where k.status = 'blocked') as blocked_count,
    round(
        100.0 * count(*) filter (where k.status = 'sold') / nullif(count(*) filter (where k.status <> 'blocked'), 0),
        1
    ) as sold_percent,
    count(*) filter (where k.status = 'reserved') as kept_count
from sales.shows as s
inner join history.show_seats as k
    on k.show_id = s.show_id
inner join catalog.events as e
    on e.event_id = s.event_id
inner join catalog.venues as v
    on v.venue_id = s.venue_id
inner join catalog.halls as h
    on h.hall_id = s.hall_id
group by
    s.show_id,
    e.title,
    v.name,
    h.name;

comment on view report.occupancy is 'How full each show is; sold_percent is of the seats that are not blocked; kept_count are free seats that are kept for the waitlist.';

create or replace view report.hold_conversion as
select
    (b.created_at at time zone 'UTC')::date as held_on,
    count(*) as hold_count,
    count(*) filter (where b.paid_at is not null) as paid_count,
    count(*) filter (where b.status = 'expired') as expired_count,
    count(*) filter (where b.status = 'released') as released_count,
    count(*) filter (where b.status in ('held', 'paying')) as live_count,
    round(
        100.0 * count(*) filter (where b.paid_at is not null)
        / nullif(count(*) filter (where b.status not in ('held', 'paying')), 0),
        1
    ) as paid_percent
from history.bookings as b
group by (b.created_at at time zone 'UTC')::date;

comment on view report.hold_conversion is 'What became of the holds of each day (UTC); paid_percent is of those that have ended.';

create or replace view report.top_customers as
select
    row_number() over (
        order by
            sum(cardinality(b.seat_nos) - cardinality(b.refunded_seat_nos)) desc,
            b.user_id
    ) as rank,
    count(*) as booking_count,
    sum(cardinality(b.seat_nos) - cardinality(b.refunded_seat_nos)) as seat_count,
    count(distinct b.show_id) as show_count,
    max(b.paid_at) as last_paid_at
from history.bookings as b
where b.status = 'paid'
group by b.user_id;

comment on view report.top_customers is 'How much the best customers bought, and did not give back, without who they are.';
