-- What the office asks of its money.

create or replace view report.payment_success as
select
    (p.created_at at time zone 'UTC')::date as begun_on,
    p.method,
    p.currency,
    count(*) as charge_count,
    count(*) filter (where p.status in ('authorized', 'succeeded')) as success_count,
    count(*) filter (where p.status = 'failed') as failed_count,
    count(*) filter (where p.status = 'voided') as voided_count,
    count(*) filter (where p.status = 'pending') as pending_count,
    round(
        100.0 * count(*) filter (where p.status in ('authorized', 'succeeded'))
        / nullif(count(*) filter (where p.status <> 'pending'), 0),
        1
    ) as success_percent
from history.payments as p
where p.kind = 'charge'
group by
    (p.created_at at time zone 'UTC')::date,
    p.method,
    p.currency;

comment on view report.payment_success is 'What became of the charges begun each day (UTC); success_percent is of those that are clear.';

create or replace view report.payment_failures as
select
    p.failure_code,
    p.method,
    count(*) as charge_count,
    max(p.ended_at) as last_at
from history.payments as p
where p.failure_code is not null
group by
    p.failure_code,
    p.method;

comment on view report.payment_failures is 'Why charges failed.';

create or replace view report.payouts as
select
    (m.settled_at at time zone 'UTC')::date as settled_on,
    m.currency,
    sum(m.charged_minor)::bigint as charged_minor,
    sum(m.refunded_minor)::bigint as refunded_minor,
    sum(m.charged_minor - m.refunded_minor - m.lost_minor)::bigint as payout_minor,
    sum(m.lost_minor)::bigint as lost_minor
from (
    select
        p.succeeded_at as settled_at,
        p.currency,
        case p.kind when 'charge' then p.amount_minor else 0 end as charged_minor,
        case p.kind when 'refund' then p.amount_minor else 0 end as refunded_minor,
        0 as lost_minor
    from history.payments as p
    where p.status = 'succeeded'
        and p.method <> 'none'
        -- What staff paid another way the provider did not.
        and p.settled_by is null
    union all
    select
        d.closed_at,
        d.currency,
        0,
        0,
        d.amount_minor
    from history.disputes as d
    where d.status = 'lost'
) as m
group by
    (m.settled_at at time zone 'UTC')::date,
    m.currency;

comment on view report.payouts is 'What the provider owes for each day (UTC), before its fees: charges less refunds, and less lost_minor, the disputes that were lost that day.';

create or replace view report.stuck_payments as
select
    p.show_id,
    sales.public_id('pay', p.show_id, p.payment_id) as payment_id,
    sales.public_id('bk', p.show_id, p.booking_id) as booking_id,
    p.kind,
    p.method,
    p.status,
    p.amount_minor,
    p.currency,
    p.provider_ref,
    p.deadline_at,
    now() - p.deadline_at as overdue,
    o.kind as work_kind,
    o.attempt_count,
    o.dead_at,
    coalesce(o.last_error, p.failure_code) as last_error,
    'overdue' as reason,
    p.said_amount_minor,
    p.said_currency::text as said_currency
from sales.payments as p
left join lateral (
    select
        w.kind,
        w.attempt_count,
        w.dead_at,
        w.last_error
    from ops.outbox as w
    where w.show_id = p.show_id
        and w.payload ->> 'payment_id' = p.payment_id::text
        and w.done_at is null
    order by
        w.created_at desc,
        w.dead_at desc nulls first
    limit 1
) as o
    on true
where p.status in ('pending', 'authorized')
    and p.deadline_at < now()
    -- Until the bank has decided nothing can be returned.
    and not (p.kind = 'refund' and sales.is_charge_disputed(p.show_id, p.charge_payment_id))

-- Voided ones are found by their work: all that ever was voided is too much to look through each minute.
union all
select
    p.show_id,
    sales.public_id('pay', p.show_id, p.payment_id),
    sales.public_id('bk', p.show_id, p.booking_id),
    p.kind,
    p.method,
    p.status,
    p.amount_minor,
    p.currency,
    p.provider_ref,
    p.deadline_at,
    now() - p.deadline_at,
    w.kind,
    w.attempt_count,
    w.dead_at,
    w.last_error,
    'not_voided',
    p.said_amount_minor,
    p.said_currency::text
from ops.outbox as w
inner join sales.payments as p
    on p.show_id = w.show_id
    and p.payment_id = (w.payload ->> 'payment_id')::uuid
where w.kind = 'void'
    and w.done_at is null
    and p.status = 'voided'
    and p.deadline_at < now() - interval '1 hour'

-- What is owed to a buyer, and the provider does not return.
union all
select
    p.show_id,
    sales.public_id('pay', p.show_id, p.payment_id),
    sales.public_id('bk', p.show_id, p.booking_id),
    p.kind,
    p.method,
    p.status,
    p.amount_minor,
    p.currency,
    p.provider_ref,
    p.deadline_at,
    now() - p.ended_at,
    null,
    null,
    null,
    p.failure_code,
    'refund_failed',
    p.said_amount_minor,
    p.said_currency::text
from sales.payments as p
where p.kind = 'refund'
    and p.status = 'failed'

-- What the provider reported and what does not match.
union all
select
    p.show_id,
    sales.public_id('pay', p.show_id, p.payment_id),
    sales.public_id('bk', p.show_id, p.booking_id),
    p.kind,
    p.method,
    p.status,
    p.amount_minor,
    p.currency,
    d.provider_ref,
    d.found_at,
    now() - d.found_at,
    case when d.is_to_return and d.returned_at is null then 'return_money' end,
    null,
    null,
    d.return_failure,
    d.kind,
    d.said_amount_minor,
    d.said_currency
from sales.discrepancies as d
inner join sales.payments as p
    on p.show_id = d.show_id
    and p.payment_id = d.payment_id
where d.settled_at is null;

comment on view report.stuck_payments is
'Payments that need a person, with the reason: what became of them is not clear past their deadline, a refund has failed, or the provider reported what does not match (said_…: what it said). What was seen to is settled by POST /api/v1/admin/payments/{payment_id}/settle.';

create or replace view report.dead_letters as
select
    o.show_id,
    o.outbox_id,
    o.kind,
    o.attempt_count,
    o.created_at,
    o.dead_at,
    o.last_error
from ops.outbox as o
where o.dead_at is not null
    -- Reconciliation asked for the same again, and it was done.
    and (
        o.payload ->> 'payment_id' is null
        or not exists (
            select
            from ops.outbox as w
            where w.show_id = o.show_id
                and w.kind = o.kind
                and w.payload ->> 'payment_id' = o.payload ->> 'payment_id'
                and w.done_at > o.dead_at
        )
    );

comment on view report.dead_letters is 'Work that was promised and given up after its last attempt: somebody must look.';

create or replace view report.ledger as
select
    b.show_id,
    sales.public_id('bk', b.show_id, b.booking_id) as booking_id,
    b.status,
    b.currency,
    coalesce(p.charged_minor, 0) as charged_minor,
    coalesce(p.refunded_minor, 0) as refunded_minor,
    coalesce(t.valid_minor, 0) as tickets_minor,
    (
        coalesce(p.charged_minor, 0) - coalesce(p.refunded_minor, 0) - coalesce(t.valid_minor, 0)
        + sales.unmatched_minor(p.charged_minor, p.refunded_minor, p.by_hand_minor, t.valid_minor)
    ) as difference_minor,
    coalesce(p.unsettled_minor, 0) as unsettled_minor,
    b.origin,
    sales.unmatched_minor(p.charged_minor, p.refunded_minor, p.by_hand_minor, t.valid_minor) as unmatched_minor,
    coalesce(l.lost_minor, 0) as lost_minor
from history.bookings as b
left join (
    select
        m.show_id,
        m.booking_id,
        m.origin,
        (sum(m.amount_minor) filter (where m.kind = 'charge' and m.status in ('authorized', 'succeeded')))::bigint as charged_minor,
        (sum(m.amount_minor) filter (where m.kind = 'refund' and m.status in ('pending', 'succeeded', 'failed')))::bigint as refunded_minor,
        (sum(m.amount_minor) filter (where m.is_by_hand and m.status = 'succeeded' and m.seat_nos = '{}'))::bigint as by_hand_minor,
        (
            sum(m.amount_minor) filter (
                where m.status in ('authorized', 'pending') and (m.kind = 'refund' or m.status = 'authorized')
                    or m.status = 'failed' and m.kind = 'refund'
            )
        )::bigint
            as unsettled_minor
    from history.payments as m
    group by
        m.show_id,
        m.booking_id,
        m.origin
) as p
    on p.show_id = b.show_id
    and p.booking_id = b.booking_id
    and p.origin = b.origin
left join (
    select
        k.show_id,
        k.booking_id,
        k.origin,
        sum(k.price_minor)::bigint as valid_minor
    from history.tickets as k
    where k.status <> 'void'
    group by
        k.show_id,
        k.booking_id,
        k.origin
) as t
    on t.show_id = b.show_id
    and t.booking_id = b.booking_id
    and t.origin = b.origin
left join (
    select
        m.show_id,
        m.booking_id,
        sum(d.amount_minor)::bigint as lost_minor
    from history.disputes as d
    inner join history.payments as m
        on m.show_id = d.show_id
        and m.payment_id = d.payment_id
    where d.status = 'lost'
    group by
        m.show_id,
        m.booking_id
) as l
    on l.show_id = b.show_id
    and l.booking_id = b.booking_id;

comment on view report.ledger is
'A row a booking: charges minus refunds, plus unmatched_minor, is the value of its tickets that are not void; difference_minor is always 0. unsettled_minor: of that, what the provider has still to take or give back. unmatched_minor: returned at the provider by hand, though the tickets are still valid. lost_minor: what the buyer''s bank took back for good, over and above.';

create or replace view report.disputes as
select
    d.show_id,
    d.dispute_ref,
    sales.public_id('pay', d.show_id, d.payment_id) as payment_id,
    sales.public_id('bk', p.show_id, p.booking_id) as booking_id,
    d.amount_minor,
    d.currency,
    d.reason,
    d.status,
    d.opened_at,
    d.closed_at
from history.disputes as d
inner join history.payments as p
    on p.show_id = d.show_id
    and p.payment_id = d.payment_id;

comment on view report.disputes is 'Chargebacks: what banks take back.';
