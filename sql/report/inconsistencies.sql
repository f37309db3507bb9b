-- Every invariant between seats, bookings, payments, tickets and the waitlist that no single constraint can state. No row, ever.

create or replace view report.inconsistencies as
-- A seat and its booking name each other.
select
    'seat of a booking that does not have it' as problem,
    s.show_id,
    sales.public_id('bk', s.show_id, s.booking_id) as booking_id,
    jsonb_build_object('seat', s.seat, 'seat_status', s.status, 'booking_status', b.status) as detail
from sales.show_seats as s
inner join sales.bookings as b
    on b.show_id = s.show_id
    and b.booking_id = s.booking_id
where s.seat_no <> all (b.seat_nos)
    or s.seat_no = any (b.refunded_seat_nos)
    or (s.status = 'held' and b.status not in ('held', 'paying'))
    or (s.status = 'sold' and b.status <> 'paid')

union all
select
    'booking without one of its seats',
    b.show_id,
    sales.public_id('bk', b.show_id, b.booking_id),
    jsonb_build_object('seat_no', k.seat_no, 'seat_status', s.status, 'booking_status', b.status)
from sales.bookings as b
cross join lateral unnest(b.seat_nos) as k (seat_no)
left join sales.show_seats as s
    on s.show_id = b.show_id
    and s.seat_no = k.seat_no
where b.status in ('held', 'paying', 'paid')
    and k.seat_no <> all (b.refunded_seat_nos)
    and (
        s.booking_id is distinct from b.booking_id
        or s.status is distinct from case when b.status = 'paid' then 'sold' else 'held' end
    )

union all
select
    'seat whose deadline is not its booking''s',
    s.show_id,
    sales.public_id('bk', s.show_id, s.booking_id),
    jsonb_build_object('seat', s.seat, 'held_until', s.held_until, 'booking_held_until', b.held_until)
from sales.show_seats as s
inner join sales.bookings as b
    on b.show_id = s.show_id
    and b.booking_id = s.booking_id
where s.status = 'held'
    and s.held_until <> case when b.status = 'paying' then 'infinity' else b.held_until end

-- What a booking costs is what its seats cost.
union all
select
    'booking whose amount is not its seats''',
    b.show_id,
    sales.public_id('bk', b.show_id, b.booking_id),
    jsonb_build_object('amount_minor', b.amount_minor, 'seats', b.seats)
from sales.bookings as b
where json_array_length(b.seats) <> cardinality(b.seat_nos)
    or b.amount_minor <> (
        select sum((k.seat #>> '{price,value}')::bigint)
        from json_array_elements(b.seats) as k (seat)
    )

-- A buyer's count is what the buyer holds and waits for.
union all
select
    'buyer whose count is not what is held and waited for',
    coalesce(y.show_id, h.show_id),
    null,
    jsonb_build_object('user_id', coalesce(y.user_id, h.user_id), 'counted', y.claimed_count, 'claimed', h.claimed_count)
from sales.buyers as y
full join (
    select
        k.show_id,
        k.user_id,
        sum(k.seat_count) as claimed_count
    from (
        select
            b.show_id,
            b.user_id,
            cardinality(b.seat_nos) as seat_count
        from sales.bookings as b
        where b.status in ('held', 'paying')
        union all
        select
            e.show_id,
            e.user_id,
            e.quantity
        from waitlist.entries as e
        where e.status = 'waiting'
    ) as k
    group by
        k.show_id,
        k.user_id
) as h
    on h.show_id = y.show_id
    and h.user_id = y.user_id
where coalesce(y.claimed_count, 0) <> coalesce(h.claimed_count, 0)

-- Sold if and only if charged.
union all
select
    'paid booking without a charge of its amount',
    b.show_id,
    sales.public_id('bk', b.show_id, b.booking_id),
    jsonb_build_object('amount_minor', b.amount_minor)
from sales.bookings as b
where b.status = 'paid'
    and not exists (
        select
        from sales.payments as p
        where p.show_id = b.show_id
            and p.booking_id = b.booking_id
            and p.kind = 'charge'
            and p.status in ('authorized', 'succeeded')
            and p.amount_minor = b.amount_minor
            and p.currency = b.currency
    )

union all
select
    'charge of a booking that is not paid',
    p.show_id,
    sales.public_id('bk', p.show_id, p.booking_id),
    jsonb_build_object('payment_status', p.status, 'booking_status', b.status)
from sales.payments as p
inner join sales.bookings as b
    on b.show_id = p.show_id
    and b.booking_id = p.booking_id
where p.kind = 'charge'
    and p.status in ('authorized', 'succeeded')
    and b.status not in ('paid', 'refunded', 'cancelled')

union all
select
    'booking that is paying without a pending charge',
    b.show_id,
    sales.public_id('bk', b.show_id, b.booking_id),
    jsonb_build_object('booking_status', b.status)
from sales.bookings as b
where (b.status = 'paying') <> exists (
    select
    from sales.payments as p
    where p.show_id = b.show_id
        and p.booking_id = b.booking_id
        and p.kind = 'charge'
        and p.status = 'pending'
)

-- A ticket a sold seat.
union all
select
    'ticket without its sold seat',
    t.show_id,
    sales.public_id('bk', t.show_id, t.booking_id),
    jsonb_build_object('seat', t.seat, 'ticket_status', t.status, 'seat_status', s.status)
from sales.tickets as t
inner join sales.show_seats as s
    on s.show_id = t.show_id
    and s.seat_no = t.seat_no
where t.status <> 'void'
    and (s.status <> 'sold' or s.booking_id <> t.booking_id)

union all
select
    'sold seat without its ticket',
    s.show_id,
    sales.public_id('bk', s.show_id, s.booking_id),
    jsonb_build_object('seat', s.seat)
from sales.show_seats as s
where s.status = 'sold'
    and not exists (
        select
        from sales.tickets as t
        where t.show_id = s.show_id
            and t.seat_no = s.seat_no
            and t.booking_id = s.booking_id
            and t.status <> 'void'
    )

-- Charges minus refunds is what the tickets are worth.
union all
select
    'booking whose money is not its tickets'' value',
    l.show_id,
    l.booking_id,
    jsonb_build_object('charged_minor', l.charged_minor, 'refunded_minor', l.refunded_minor, 'tickets_minor', l.tickets_minor)
from report.ledger as l
where l.origin = 'live'
    and l.difference_minor <> 0

union all
select
    'charge whose refunds are not what it counts',
    c.show_id,
    sales.public_id('bk', c.show_id, c.booking_id),
    jsonb_build_object('counted_minor', c.refunded_minor, 'refunded_minor', r.refunded_minor)
from sales.payments as c
left join (
    select
        p.show_id,
        p.charge_payment_id,
        sum(p.amount_minor) as refunded_minor
    from sales.payments as p
    where p.kind = 'refund'
        and p.status in ('pending', 'succeeded', 'failed')
    group by
        p.show_id,
        p.charge_payment_id
) as r
    on r.show_id = c.show_id
    and r.charge_payment_id = c.payment_id
where c.kind = 'charge'
    and c.refunded_minor <> coalesce(r.refunded_minor, 0)

-- What is booked is what the provider says; that it took less than was due is booked as a return of the rest.
union all
select
    'payment that is not what the provider says',
    p.show_id,
    sales.public_id('bk', p.show_id, p.booking_id),
    jsonb_build_object(
        'payment_id', p.payment_id,
        'kind', p.kind,
        'amount_minor', p.amount_minor,
        'said_amount_minor', p.said_amount_minor,
        'said_currency', p.said_currency,
        'received_minor', p.received_minor,
        'short_minor', k.short_minor
    )
from sales.payments as p
left join lateral (
    select sum(r.amount_minor) as short_minor
    from sales.payments as r
    where r.show_id = p.show_id
        and r.charge_payment_id = p.payment_id
        and r.kind = 'refund'
        and r.is_by_hand
        and r.provider_ref = p.provider_ref
) as k
    on p.received_minor < p.amount_minor
where p.status in ('authorized', 'succeeded')
    and (
        p.said_amount_minor <> p.amount_minor
        or p.said_currency <> p.currency
        or (p.received_minor < p.amount_minor and k.short_minor is null)
    )

union all
select
    'refund of another booking''s charge, or in another currency',
    r.show_id,
    sales.public_id('bk', r.show_id, r.booking_id),
    jsonb_build_object('charge_booking_id', c.booking_id, 'charge_kind', c.kind)
from sales.payments as r
inner join sales.payments as c
    on c.show_id = r.show_id
    and c.payment_id = r.charge_payment_id
where r.kind = 'refund'
    and (c.kind <> 'charge' or c.booking_id <> r.booking_id or c.currency <> r.currency)

-- The waitlist: counted, gathered and offered is what there is.
union all
select
    'queue whose count or head is not its entries, or that gathers for nobody',
    q.show_id,
    null,
    jsonb_build_object(
        'counted', q.waiting_count,
        'waiting', coalesce(e.waiting_count, 0),
        'head_position', q.head_position,
        'first_position', e.first_position,
        'reserved_seat_nos', q.reserved_seat_nos
    )
from waitlist.queues as q
left join (
    select
        w.show_id,
        count(*) as waiting_count,
        min(w.position) as first_position
    from waitlist.entries as w
    where w.status = 'waiting'
    group by w.show_id
) as e
    on e.show_id = q.show_id
where q.waiting_count <> coalesce(e.waiting_count, 0)
    or e.first_position < q.head_position
    or (q.waiting_count = 0 and cardinality(q.reserved_seat_nos) > 0)

union all
select
    'reserved seat that no queue knows',
    s.show_id,
    null,
    jsonb_build_object('seat', s.seat)
from sales.show_seats as s
left join waitlist.queues as q
    on q.show_id = s.show_id
where s.status = 'reserved'
    and s.seat_no <> all (coalesce(q.reserved_seat_nos, '{}'))

union all
select
    'queue that gathers a seat that is not reserved',
    q.show_id,
    null,
    jsonb_build_object('seat_no', k.seat_no, 'seat_status', s.status)
from waitlist.queues as q
cross join lateral unnest(q.reserved_seat_nos) as k (seat_no)
left join sales.show_seats as s
    on s.show_id = q.show_id
    and s.seat_no = k.seat_no
where s.status is distinct from 'reserved'

union all
select
    'waitlist entry that disagrees with its booking',
    e.show_id,
    sales.public_id('bk', b.show_id, b.booking_id),
    jsonb_build_object('entry_status', e.status, 'booking_status', b.status)
from waitlist.entries as e
inner join sales.bookings as b
    on b.show_id = e.show_id
    and b.booking_id = e.booking_id
where e.user_id <> b.user_id
    or e.quantity <> cardinality(b.seat_nos)
    or (e.status = 'offered' and b.status not in ('held', 'paying'))
    or (e.status = 'fulfilled' and b.status not in ('paid', 'refunded'))
    or (e.status in ('expired', 'cancelled', 'failed') and b.status in ('held', 'paying'))

-- A used ticket was let in somewhere.
union all
select
    'used ticket without its admission',
    t.show_id,
    sales.public_id('bk', t.show_id, t.booking_id),
    jsonb_build_object('seat', t.seat, 'used_at', t.used_at, 'gate', t.gate)
from sales.tickets as t
where t.status = 'used'
    and not exists (
        select
        from sales.ticket_scans as n
        where n.show_id = t.show_id
            and n.ticket_id = t.ticket_id
            and n.outcome = 'admitted'
            and n.used_at = t.used_at
            and n.gate = t.gate
    )

-- A provider's payment is ours once.
union all
select
    'provider''s payment used by two charges',
    min(p.show_id),
    null,
    jsonb_build_object('provider_ref', p.provider_ref, 'charge_count', count(*))
from sales.payments as p
where p.kind = 'charge'
    and p.provider_ref is not null
group by p.provider_ref
having count(*) > 1;

comment on view report.inconsistencies is
'What should never be: seats, bookings, payments, tickets and waitlist entries that disagree. No row, ever; every test that disturbs the system ends by asking it.';
