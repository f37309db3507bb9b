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
from sales.payments as p
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
from sales.payments as p
where p.failure_code is not null
group by
    p.failure_code,
    p.method;

comment on view report.payment_failures is 'Why charges failed.';

create or replace view report.payouts as
select
    (p.succeeded_at at time zone 'UTC')::date as settled_on,
    p.currency,
    coalesce(sum(p.amount_minor) filter (where p.kind = 'charge'), 0)::bigint as charged_minor,
    coalesce(sum(p.amount_minor) filter (where p.kind = 'refund'), 0)::bigint as refunded_minor,
    (
        coalesce(sum(p.amount_minor) filter (where p.kind = 'charge'), 0)
        - coalesce(sum(p.amount_minor) filter (where p.kind = 'refund'), 0)
    )::bigint as payout_minor
from sales.payments as p
where p.status = 'succeeded'
    and p.method <> 'none'
group by
    (p.succeeded_at at time zone 'UTC')::date,
    p.currency;

comment on view report.payouts is 'What the provider owes for each day (UTC), before its fees.';

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
    o.last_error
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
    order by w.created_at desc
    limit 1
) as o
    on true
where p.status in ('pending', 'authorized')
    and p.deadline_at < now();

comment on view report.stuck_payments is 'Payments of which it is not clear past their deadline what became of them, and the work that hangs.';
