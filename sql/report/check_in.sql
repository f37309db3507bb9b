-- What the house asks of its doors.

create or replace view report.check_in as
select
    s.show_id,
    s.event_id,
    s.venue_id,
    s.starts_at,
    t.sold_count,
    t.admitted_count,
    round(100.0 * t.admitted_count / nullif(t.sold_count, 0), 1) as admitted_percent,
    t.first_admitted_at,
    t.last_admitted_at
from sales.shows as s
cross join lateral (
    select
        count(*) filter (where t.status <> 'void') as sold_count,
        count(*) filter (where t.status = 'used') as admitted_count,
        min(t.used_at) filter (where t.status = 'used') as first_admitted_at,
        max(t.used_at) filter (where t.status = 'used') as last_admitted_at
    from history.tickets as t
    where t.show_id = s.show_id
) as t
where t.sold_count > 0;

comment on view report.check_in is 'A row a show that sold tickets: how many of them are in.';

create or replace view report.check_in_by_quarter_hour as
select
    t.show_id,
    date_bin('15 minutes', t.used_at, '2000-01-01 00:00:00+00') as quarter_hour_at,
    t.gate,
    count(*) as admitted_count
from history.tickets as t
where t.status = 'used'
group by
    t.show_id,
    quarter_hour_at,
    t.gate;

comment on view report.check_in_by_quarter_hour is 'When and where people came in: a row a show, gate and quarter of an hour.';

create or replace view report.double_admissions as
-- Scans that let somebody in since the ticket was last made valid again.
select
    n.show_id,
    sales.public_id('tk', n.show_id, n.ticket_id) as ticket_id,
    t.seat,
    count(*) as admitted_count,
    min(n.scanned_at) as first_scanned_at,
    max(n.scanned_at) as last_scanned_at,
    array_agg(distinct n.gate) as gates
from history.ticket_scans as n
inner join history.tickets as t
    on t.show_id = n.show_id
    and t.ticket_id = n.ticket_id
where (n.outcome = 'admitted' or (n.outcome = 'already_used' and n.is_offline))
    and n.scan_no > (
        select coalesce(max(u.scan_no), 0)
        from history.ticket_scans as u
        where u.show_id = n.show_id
            and u.ticket_id = n.ticket_id
            and u.outcome = 'undone'
    )
group by
    n.show_id,
    n.ticket_id,
    t.seat
having count(*) > 1;

comment on view report.double_admissions is 'Tickets with which more than one may have come in, since an offline door cannot know of the others.';

create or replace view report.seats_entered_twice as
-- Scans that may have let somebody in since the ticket was last made valid again: an offline door does not hear that a ticket is void.
select
    n.show_id,
    t.seat,
    count(distinct n.ticket_id) as ticket_count,
    array_agg(distinct sales.public_id('tk', n.show_id, n.ticket_id)) as ticket_ids,
    array_agg(distinct n.gate) as gates,
    min(n.scanned_at) as first_scanned_at,
    max(n.scanned_at) as last_scanned_at
from history.ticket_scans as n
inner join history.tickets as t
    on t.show_id = n.show_id
    and t.ticket_id = n.ticket_id
where (n.outcome = 'admitted' or (n.is_offline and n.outcome in ('already_used', 'void_ticket')))
    and n.scan_no > (
        select coalesce(max(u.scan_no), 0)
        from history.ticket_scans as u
        where u.show_id = n.show_id
            and u.ticket_id = n.ticket_id
            and u.outcome = 'undone'
    )
group by
    n.show_id,
    t.seat
having count(distinct n.ticket_id) > 1;

comment on view report.seats_entered_twice is 'Seats for which people may have come in with more than one ticket: one was given back and the seat sold again, and a door without network let in both.';
