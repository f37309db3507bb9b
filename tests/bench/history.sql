-- Ten years of shows that are over, for the benchmark years: psql variables first and count say which of them this run writes. Each is
-- a row of sales.shows, as an archived show has; with rows = 1 also what an archived show of 200 seats leaves in the archive: 120
-- seats sold in 60 bookings of two, each paid and its tickets used.
-- The halls of temp table years_halls(hall_no, hall_id, venue_id, city_id) hold a show every three hours.
insert into sales.shows (
    show_id, event_id, hall_id, venue_id, city_id, admission, status, starts_at, ends_at, sale_starts_at, currency, archived_at,
    event_brief, venue_brief, hall_name, timezone
)
overriding system value
select
    n,
    :event_id,
    h.hall_id,
    h.venue_id,
    h.city_id,
    'seated',
    'closed',
    t.starts_at,
    t.starts_at + interval '2 hours',
    t.starts_at - interval '14 days',
    'EUR',
    t.starts_at + interval '180 days',
    '{}',
    '{}',
    'Years',
    'Europe/London'
from generate_series(:first::bigint, :first::bigint + :count::bigint - 1) as n
inner join bench_years.halls as h
    on h.hall_no = n % (select count(*) from bench_years.halls)
cross join lateral (
    select now() - interval '11 years' + interval '3 hours' * ((n - :base) / (select count(*) from bench_years.halls)) as starts_at
) as t;

\if :rows
create temp table booked as
select
    s.show_id,
    k.n as booking_no,
    gen_random_uuid() as booking_id,
    1 + (s.show_id * 7919 + k.n * 104729) % 1000000 as user_id,
    s.starts_at - interval '3 days' as created_at
from sales.shows as s
cross join generate_series(0, 59) as k (n)
where s.show_id between :first and :first::bigint + :count::bigint - 1;

insert into archive.show_tiers (show_id, tier, price_minor)
select s.show_id, 'standard', 1200
from sales.shows as s
where s.show_id between :first and :first::bigint + :count::bigint - 1;

insert into archive.show_seats (show_id, seat_no, seat, tier, price_minor, block_no, quality, status, change_count, booking_id)
select
    s.show_id,
    k.n,
    chr(65 + (k.n - 1) / 20) || '-' || (k.n - 1) % 20 + 1,
    'standard',
    1200,
    (k.n - 1) / 20,
    0,
    case when b.booking_id is null then 'available' else 'sold' end,
    2,
    b.booking_id
from sales.shows as s
cross join generate_series(1, 200) as k (n)
left join booked as b
    on b.show_id = s.show_id
    and b.booking_no = (k.n - 1) / 2
where s.show_id between :first and :first::bigint + :count::bigint - 1;

insert into archive.buyers (show_id, user_id)
select distinct b.show_id, b.user_id
from booked as b;

insert into archive.bookings (
    show_id, booking_id, user_id, status, seat_nos, seats, amount_minor, currency, created_at, expires_at, held_until, paid_at, refunded_seat_nos
)
select
    b.show_id,
    b.booking_id,
    b.user_id,
    'paid',
    array[2 * b.booking_no + 1, 2 * b.booking_no + 2],
    '[{"seat": "A-1", "tier": "standard", "price": {"value": 1200, "currency": "EUR"}}, {"seat": "A-2", "tier": "standard", "price": {"value": 1200, "currency": "EUR"}}]',
    2400,
    'EUR',
    b.created_at,
    b.created_at + interval '300 s',
    b.created_at + interval '305 s',
    b.created_at + interval '60 s',
    '{}'
from booked as b;

insert into archive.payments (
    show_id, payment_id, booking_id, kind, method, payment_method, status, amount_minor, currency, provider_ref, created_at, deadline_at,
    authorized_at, succeeded_at, refunded_minor
)
select
    b.show_id,
    gen_random_uuid(),
    b.booking_id,
    'charge',
    'token',
    'pm_card_visa',
    'succeeded',
    2400,
    'EUR',
    'pi_' || b.booking_id,
    b.created_at,
    b.created_at + interval '600 s',
    b.created_at + interval '58 s',
    b.created_at + interval '61 s',
    0
from booked as b;

insert into archive.tickets (show_id, ticket_id, booking_id, seat_no, seat, tier, price_minor, status, issued_at, used_at, gate)
select
    b.show_id,
    gen_random_uuid(),
    b.booking_id,
    2 * b.booking_no + k.n,
    'A-' || 2 * b.booking_no + k.n,
    'standard',
    1200,
    'used',
    b.created_at + interval '60 s',
    b.created_at + interval '3 days',
    'north'
from booked as b
cross join generate_series(1, 2) as k (n);

insert into archive.documents (show_id, kind, document_id, user_id, created_at, body)
select b.show_id, 'booking', b.booking_id, b.user_id, b.created_at, json_build_object('booking_id', sales.public_id('bk', b.show_id, b.booking_id))
from booked as b;

drop table booked;
\endif
