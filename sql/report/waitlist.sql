-- What the office asks of its queues. Nobody is named: a buyer is a position.

create or replace view report.waitlist as
select
    s.show_id,
    s.event_id,
    s.venue_id,
    s.starts_at,
    s.waitlist_policy,
    w.joined_count,
    w.buy_count,
    w.waiting_count,
    w.seats_waited_for,
    w.offered_count,
    w.fulfilled_count,
    w.offer_lapsed_count,
    w.left_count,
    w.time_over_count,
    w.cannot_be_met_count,
    w.payment_failed_count,
    w.show_cancelled_count,
    round(100.0 * w.fulfilled_count / nullif(w.joined_count - w.waiting_count - w.offered_count, 0), 1) as fulfilled_percent,
    w.median_wait_seconds
from sales.shows as s
inner join lateral (
    select
        count(*) as joined_count,
        count(*) filter (where e.mode = 'buy') as buy_count,
        count(*) filter (where e.status = 'waiting') as waiting_count,
        coalesce(sum(e.quantity) filter (where e.status = 'waiting'), 0) as seats_waited_for,
        count(*) filter (where e.status = 'offered') as offered_count,
        count(*) filter (where e.status = 'fulfilled') as fulfilled_count,
        count(*) filter (where e.end_reason = 'offer_lapsed') as offer_lapsed_count,
        count(*) filter (where e.end_reason in ('left', 'offer_released')) as left_count,
        count(*) filter (where e.end_reason in ('time_over', 'show_over')) as time_over_count,
        count(*) filter (where e.end_reason = 'cannot_be_met') as cannot_be_met_count,
        count(*) filter (where e.end_reason = 'payment_failed') as payment_failed_count,
        count(*) filter (where e.end_reason = 'show_cancelled') as show_cancelled_count,
        round(
            (percentile_cont(0.5) within group (order by extract(epoch from e.offered_at - e.joined_at)))::numeric,
            1
        ) as median_wait_seconds
    from history.entries as e
    where e.show_id = s.show_id
) as w
    on w.joined_count > 0;

comment on view report.waitlist is 'A row a show for which anybody ever waited: what became of them, and how long half of those who were offered seats had waited at most.';

create or replace view report.waitlist_decisions as
-- The log is append-only and numbered under the queue's lock: by show_id and decision_no this is the very order of things.
select
    d.show_id,
    d.decision_no,
    d.decided_at,
    d.decision,
    e.position,
    d.reason,
    case d.decision
        when 'joined' then format(
            'Position %s joined for %s seats%s, mode %s.',
            e.position, e.quantity, ' of tier ' || e.tier, e.mode
        )
        when 'offered' then format(
            'Position %s was offered seats %s: %s.',
            e.position,
            (
                select string_agg(s.seat, ', ' order by s.seat_no)
                from jsonb_array_elements(d.detail -> 'seat_nos') as k (seat_no)
                inner join history.show_seats as s
                    on s.show_id = d.show_id
                    and s.seat_no = k.seat_no::integer
            ),
            case d.reason when 'first_in_line' then 'first in line' else 'the first who fits' end
        )
        when 'gathered' then format(
            'Position %s wants %s seats, %s have gathered: all behind wait.',
            e.position, d.detail -> 'wants', d.detail -> 'gathered'
        )
        when 'skipped' then format(
            'Positions %s to %s were passed over for position %s, with %s seats free: they %s.',
            d.detail -> 'from_position', d.detail -> 'to_position', d.detail -> 'served', d.detail -> 'free',
            case d.reason when 'other_tier' then 'wait for other tiers' else 'want more' end
        )
        when 'opened' then format(
            case d.reason
                when 'gathered_long_enough' then '%s seats are for everybody: they have gathered for a group for long enough.'
                else '%s seats are for everybody: nobody who waits can use them.'
            end,
            jsonb_array_length(d.detail -> 'seat_nos')
        )
        when 'ended' then format('Position %s %s: %s.', e.position, d.detail ->> 'status', replace(d.reason, '_', ' '))
    end as story,
    d.detail - 'booking_id' as detail
from history.decisions as d
left join history.entries as e
    on e.show_id = d.show_id
    and e.entry_id = d.entry_id;

comment on view report.waitlist_decisions is 'A queue''s story in order: who joined, was served, was passed over or ended, and why. Read it for one show_id, ordered by decision_no.';
