-- Tickets that were sold before today, so that maps and reports look alive: paid bookings with all that belongs to one,
-- the provider's side included, so that they can be refunded.

create function pg_temp.demo_chance(p_of text)
returns numeric
language sql
immutable
as $$
-- From 0 to 1, always the same for the same text.
    select (hashtextextended(p_of, 0) & 65535) / 65536.0;
$$;

-- How full: some of the shows of the next days, each differently; one, of a middling hall tomorrow, all but two groups.
create temporary table demo_fills as
with nearly_sold_out as (
    select s.show_id
    from sales.shows as s
    inner join catalog.halls as h
        on h.hall_id = s.hall_id
    where s.starts_at > now() + interval '24 hours'
        and h.capacity between 90 and 130
    order by
        s.starts_at,
        s.show_id
    limit 1
)
select
    s.show_id,
    s.currency,
    case
        when n.show_id is not null then 1
        else pg_temp.demo_chance('fill ' || s.show_id) * 0.65
    end as fill
from sales.shows as s
left join nearly_sold_out as n
    on n.show_id = s.show_id
where n.show_id is not null
    or s.admission = 'general'
    or s.starts_at < now() + interval '5 days'
    and pg_temp.demo_chance('sold ' || s.show_id)
        < case when s.starts_at < now() + interval '24 hours' then 0.4 else 0.2 end;

-- Two to four seats beside each other go together, the good ones first.
create temporary table demo_bookings as
with groups as (
    select
        f.show_id,
        f.currency,
        f.fill,
        g.group_key,
        array_agg(g.seat_no order by g.seat_no) as seat_nos,
        json_agg(
            json_build_object('seat', g.seat, 'tier', g.tier, 'price', api.money(g.price_minor, f.currency))
            order by g.seat_no
        ) as seats,
        sum(g.price_minor) as amount_minor,
        percent_rank() over (partition by f.show_id order by avg(g.quality)) as badness,
        row_number() over (partition by f.show_id order by g.group_key) as group_no
    from demo_fills as f
    cross join lateral (
        select
            s.seat_no,
            s.seat,
            s.tier,
            s.price_minor,
            s.quality,
            s.block_no || ' ' || (
                s.seat_no / (2 + trunc(3 * pg_temp.demo_chance('size ' || s.show_id || ' ' || s.block_no)))::integer
            ) as group_key
        from sales.show_seats as s
        where s.show_id = f.show_id
            and s.seat_no <= 800
    ) as g
    group by
        f.show_id,
        f.currency,
        f.fill,
        g.group_key
)
select
    g.show_id,
    gen_random_uuid() as booking_id,
    gen_random_uuid() as payment_id,
    'pi_' || replace(gen_random_uuid()::text, '-', '') as provider_ref,
    u.user_id,
    g.seat_nos,
    g.seats,
    g.amount_minor,
    g.currency,
    now() - interval '7 days' * (0.02 + pg_temp.demo_chance('when ' || g.show_id || ' ' || g.group_key)) as booked_at
from groups as g
inner join (
    select
        a.user_id,
        row_number() over (order by a.user_id) as user_no
    from account.users as a
    where a.email like 'guest%@example.com'
) as u
    on u.user_no = 1 + (g.group_no + g.show_id * 7) % 200
where case
    when g.fill = 1 then g.badness < 1 and g.group_no > 1
    else pg_temp.demo_chance('who ' || g.show_id || ' ' || g.group_key) < g.fill * (1.5 - g.badness)
end;

insert into sales.buyers (show_id, user_id)
select distinct b.show_id, b.user_id
from demo_bookings as b;

insert into sales.bookings (
    show_id, booking_id, user_id, status, seat_nos, seats, amount_minor, currency, created_at, expires_at, held_until,
    paid_at
)
select
    b.show_id, b.booking_id, b.user_id, 'paid', b.seat_nos, b.seats, b.amount_minor, b.currency, b.booked_at,
    b.booked_at + interval '300 seconds', b.booked_at + interval '305 seconds', b.booked_at + interval '90 seconds'
from demo_bookings as b;

update sales.show_seats as s
set
    status = 'sold',
    booking_id = b.booking_id,
    change_count = 2
from demo_bookings as b
cross join lateral unnest(b.seat_nos) as sold (seat_no)
where s.show_id = b.show_id
    and s.seat_no = sold.seat_no;

insert into sales.payments (
    show_id, payment_id, booking_id, method, payment_method, status, amount_minor, currency, provider_ref, created_at,
    deadline_at, authorized_at, succeeded_at
)
select
    b.show_id, b.payment_id, b.booking_id, 'token', 'pm_card_visa', 'succeeded', b.amount_minor, b.currency,
    b.provider_ref, b.booked_at + interval '88 seconds', b.booked_at + interval '10 minutes',
    b.booked_at + interval '90 seconds', b.booked_at + interval '91 seconds'
from demo_bookings as b;

insert into sales.tickets (show_id, booking_id, seat_no, seat, tier, price_minor, issued_at)
select s.show_id, s.booking_id, s.seat_no, s.seat, s.tier, s.price_minor, b.booked_at + interval '90 seconds'
from demo_bookings as b
inner join sales.show_seats as s
    on s.show_id = b.show_id
    and s.seat_no = any (b.seat_nos);

insert into sandbox.payment_intents (
    payment_intent_id, amount_minor, currency, status, capture_method, payment_method, amount_received_minor, created_at
)
select
    b.provider_ref, b.amount_minor, lower(b.currency), 'succeeded', 'manual', 'pm_card_visa', b.amount_minor,
    b.booked_at + interval '89 seconds'
from demo_bookings as b;
