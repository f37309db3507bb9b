-- Calling a show off. The show is cancelled at once; its bookings are settled in the background, some in each transaction, so
-- that ten thousand refunds are no transaction of an hour, and a crash in the midst of them goes on where it was.

create or replace function sales.cancel_show(
    p_show_id bigint,
    p_user_id bigint,
    p_reason text
)
returns json
language plpgsql
as $$
-- Cancels the show and promises to settle its bookings. Returns cancellation_json; asked again, it changes nothing.
-- Locks the show. Raises not_found, invalid_request.
declare
    v_status text;
    v_reason text := api.checked_prose('reason', p_reason, 1, 500);
begin
    select s.status
    into v_status
    from sales.shows as s
    where s.show_id = p_show_id
    for no key update;
    if not found then
        perform api.raise('not_found');
    end if;

    if v_status <> 'cancelled' then
        update sales.shows as s
        set
            status = 'cancelled',
            cancelled_at = now(),
            cancel_reason = v_reason
        where s.show_id = p_show_id;
        perform catalog.refresh_playing_of(p_show_id);
        insert into sales.show_events (show_id, kind, user_id, detail)
        values (p_show_id, 'cancelled', p_user_id, jsonb_build_object('reason', v_reason));
        perform ops.add_work(p_show_id, 'cancel_show', '{}');
        perform ops.tell_show(
            p_show_id,
            jsonb_build_object('type', 'notice', 'show_id', p_show_id, 'notice', 'cancelled')
        );
    end if;
    return sales.cancellation_json(p_show_id);
end;
$$;

create or replace function sales.settle_cancelled_show(
    p_show_id bigint,
    p_limit integer default 100
)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Settles up to p_limit bookings of a cancelled show: who holds seats holds them no longer, who paid gets the money back, who
-- waits waits no longer. A booking that is paying is left until the provider has answered (complete_payment voids it then).
-- Asks for itself again while there is more to do. Returns how many it settled.
-- Locks: the queue, the bookings (skip locked), their tickets, each one's charge, the seats, the buyers last.
declare
    v_booking_id uuid;
    v_held uuid[];
    v_paid uuid[];
    v_entry_ids uuid[];
    v_reason text;
    v_fewer record;
begin
    select s.cancel_reason
    into v_reason
    from sales.shows as s
    where s.show_id = p_show_id
        and s.status = 'cancelled';
    if not found then
        return 0;
    end if;

    -- First the waitlist, so that no seat that is given back is offered to anybody.
    perform waitlist.lock_queue(p_show_id);
    v_entry_ids := array(
        select e.entry_id
        from waitlist.entries as e
        where e.show_id = p_show_id
            and e.status = 'waiting'
        order by e.position
        limit 10 * p_limit
    );
    if cardinality(v_entry_ids) > 0 then
        select
            x.user_ids,
            x.seat_counts
        into v_fewer
        from waitlist.dismiss_entries(p_show_id, v_entry_ids, 'failed', 'show_cancelled') as x;
        perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
        perform ops.add_work(p_show_id, 'cancel_show', '{}');
        return cardinality(v_entry_ids);
    end if;

    v_held := array(
        select b.booking_id
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status = 'held'
        order by b.booking_id
        limit p_limit
        for update skip locked
    );
    if cardinality(v_held) > 0 then
        perform ops.add_mail(
            p_show_id, b.user_id, 'show_cancelled', jsonb_build_object('booking_id', b.booking_id, 'reason', v_reason)
        )
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (v_held);
        perform sales.end_holds(p_show_id, v_held, 'cancelled', 'failed', 'show_cancelled');
        perform ops.add_work(p_show_id, 'cancel_show', '{}');
        return cardinality(v_held);
    end if;

    v_paid := array(
        select b.booking_id
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status = 'paid'
        order by b.booking_id
        limit p_limit
        for update skip locked
    );
    -- All at once, in the order in which doors that upload their scans lock them.
    perform 1
    from sales.tickets as t
    where t.show_id = p_show_id
        and t.booking_id = any (v_paid)
    order by t.ticket_id
    for update;
    foreach v_booking_id in array v_paid loop
        perform sales.refund_seats(p_show_id, v_booking_id, null, v_reason, null, 'show_cancelled');
    end loop;
    if cardinality(v_paid) > 0 then
        perform ops.add_work(p_show_id, 'cancel_show', '{}');
    end if;
    return cardinality(v_paid);
end;
$$;

create or replace function sales.cancellation_json(p_show_id bigint)
returns json
language plpgsql
stable
as $$
-- How far a cancelled show is settled, or null: {"show_id", "status", "cancelled_at", "reason", "bookings": {"total", "refunded",
-- "cancelled", "pending"}, "refunds": {"pending", "succeeded", "amount", …}}. bookings.pending: not yet settled.
begin
    return (
        select json_build_object(
            'show_id', s.show_id,
            'status', s.status,
            'cancelled_at', api.rfc3339(s.cancelled_at),
            'reason', s.cancel_reason,
            'bookings', (
                select json_build_object(
                    'total', count(*),
                    'refunded', count(*) filter (where b.status = 'refunded'),
                    'cancelled', count(*) filter (where b.status = 'cancelled'),
                    'pending', count(*) filter (where b.status in ('held', 'paying', 'paid'))
                )
                from sales.bookings as b
                where b.show_id = p_show_id
                    and b.status in ('held', 'paying', 'paid', 'refunded', 'cancelled')
            ),
            'refunds', (
                select json_build_object(
                    'pending', count(*) filter (where p.status = 'pending'),
                    'succeeded', count(*) filter (where p.status = 'succeeded'),
                    'amount', api.money(coalesce(sum(p.amount_minor), 0)::bigint, s.currency)
                )
                from sales.payments as p
                where p.show_id = p_show_id
                    and p.kind = 'refund'
            )
        )
        from sales.shows as s
        where s.show_id = p_show_id
            and s.status = 'cancelled'
    );
end;
$$;
