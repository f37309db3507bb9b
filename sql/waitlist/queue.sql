-- A show's queue: one row, which is locked before any of its entries and before any seat is freed.
--
--   entry   waiting ──seats for it──► offered ──paid──► fulfilled
--              │                         ├─ the offer lapsed ───────► expired
--              │                         ├─ given back ─────────────► cancelled
--              │                         └─ the purchase declined ──► failed
--              ├─ its time is over ──► expired
--              ├─ left ──────────────► cancelled
--              └─ cannot be met any more, or its payment method was refused ──► failed

create or replace function waitlist.lock_queue(
    p_show_id bigint,
    p_changes boolean default true
)
returns integer
language plpgsql
as $$
-- Locks the show's queue and returns how many wait. Whoever is about to free or sell seats calls this first, before locking
-- a seat: so that nobody joins in the same instant and misses what comes free.
-- p_changes: the caller will change the queue; else it does so only if somebody waits.
-- While nobody waits, those who free or sell seats share the row (for key share) and do not queue for each other; who joins
-- has it alone (lock_to_join), so waits for them and they for it. Who changes the queue takes `for no key update`, which bears
-- the others' share: two who shared it and then find that somebody has joined queue up, and do not deadlock. (With `for share
-- skip locked` and, where that was skipped, `for update`, one who met another's lock made all behind it queue: the payments of a
-- show ran one after the other for as long as they kept coming.)
-- The advisory lock before it is a turnstile and guards nothing: row locks let those who share go in past one who waits to have
-- the row alone, so that while many free and sell nobody could ever join; this lock keeps its line.
declare
    v_waiting_count integer;
begin
    perform pg_advisory_xact_lock_shared(waitlist.turnstile(), (p_show_id % 2147483647)::integer);
    if not p_changes then
        -- Where somebody waits the row is not shared: a stream of those who share it would keep out who wants it alone.
        select q.waiting_count
        into v_waiting_count
        from waitlist.queues as q
        where q.show_id = p_show_id;
        if v_waiting_count = 0 then
            select q.waiting_count
            into v_waiting_count
            from waitlist.queues as q
            where q.show_id = p_show_id
            for key share;
        end if;
        if v_waiting_count = 0 then
            return 0;
        end if;
    end if;

    select q.waiting_count
    into v_waiting_count
    from waitlist.queues as q
    where q.show_id = p_show_id
    for no key update;
    return v_waiting_count;
end;
$$;

create or replace function waitlist.turnstile()
returns integer
language sql
immutable
as $$
-- The class of the advisory locks that keep the line at shows' queues; the object is the show.
    select 20011;
$$;

create or replace function waitlist.lock_to_join(p_show_id bigint)
returns void
language plpgsql
as $$
-- Locks the show's queue for one who joins: after everybody who is just freeing or selling seats, before all who come later.
begin
    perform pg_advisory_xact_lock(waitlist.turnstile(), (p_show_id % 2147483647)::integer);
    perform 1
    from waitlist.queues as q
    where q.show_id = p_show_id
    for update;
end;
$$;

create or replace function waitlist.note(
    p_show_id bigint,
    p_decision text,
    p_entry_id uuid,
    p_reason text,
    p_detail jsonb default '{}'
)
returns void
language plpgsql
as $$
-- Appends one decision to the queue's log. The queue is locked, so decisions have the order in which they were made.
declare
    v_decision_no bigint;
begin
    update waitlist.queues as q
    set last_decision = q.last_decision + 1
    where q.show_id = p_show_id
    returning q.last_decision into v_decision_no;

    insert into waitlist.decisions (
        show_id,
        decision_no,
        decision,
        entry_id,
        reason,
        detail
    )
    values (
        p_show_id,
        v_decision_no,
        p_decision,
        p_entry_id,
        p_reason,
        p_detail
    );
end;
$$;

create or replace function waitlist.message_of(
    p_show_id bigint,
    p_entry_id uuid,
    p_user_id bigint,
    p_status text,
    p_booking_id uuid default null
)
returns jsonb
language sql
stable
as $$
-- What a buyer's live channel is told of an entry: one of a live row's "messages".
    select ops.message_to(
        p_user_id,
        jsonb_strip_nulls(
            jsonb_build_object(
                'type', 'waitlist',
                'entry_id', sales.public_id('wl', p_show_id, p_entry_id),
                'show_id', p_show_id,
                'status', p_status,
                'booking_id', sales.public_id('bk', p_show_id, p_booking_id)
            )
        )
    );
$$;

create or replace function waitlist.end_entries(
    p_show_id bigint,
    p_entry_ids uuid[],
    p_status text,
    p_reason text,
    p_detail jsonb default '{}',
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Ends live entries of one show, whatever their number, and tells their buyers. p_status, p_reason: waitlist.entries.status and
-- end_reason; p_detail: what else the log and the mail say. Those of them that were waiting no longer claim seats: their buyers
-- (user_ids, unique) and how many seats each claims less (seat_counts), which the caller counts last; null when there are none.
-- The caller has locked the queue.
begin
    with ended as (
        update waitlist.entries as e
        set
            status = p_status,
            ended_at = now(),
            end_reason = p_reason
        where e.show_id = p_show_id
            and e.entry_id = any (p_entry_ids)
            and e.ended_at is null
        returning
            e.entry_id,
            e.user_id,
            e.position,
            e.quantity,
            e.booking_id
    ),
    counted as (
        update waitlist.queues as q
        set
            waiting_count = q.waiting_count - c.waiting_count,
            last_decision = q.last_decision + c.entry_count
        from (
            select
                count(*) filter (where e.booking_id is null) as waiting_count,
                count(*) as entry_count
            from ended as e
        ) as c
        where q.show_id = p_show_id
            and c.entry_count > 0
        returning q.last_decision - c.entry_count as decision_no
    ),
    noted as (
        insert into waitlist.decisions (
            show_id,
            decision_no,
            decision,
            entry_id,
            reason,
            detail
        )
        select
            p_show_id,
            c.decision_no + row_number() over (order by e.position),
            'ended',
            e.entry_id,
            p_reason,
            p_detail || jsonb_build_object('status', p_status)
        from ended as e
        cross join counted as c
    ),
    told as (
        insert into ops.outbox (
            show_id,
            kind,
            payload
        )
        select
            p_show_id,
            'mail',
            p_detail || jsonb_build_object(
                'mail', 'waitlist_ended',
                'user_id', e.user_id,
                'entry_id', e.entry_id,
                'reason', p_reason
            )
        from ended as e
        -- Who left knows; who bought gets the tickets, and whose offer is of a cancelled show hears of that booking.
        where p_reason not in ('left', 'offer_released', 'bought')
            and (p_reason <> 'show_cancelled' or e.booking_id is null)
        union all
        select
            p_show_id,
            'live',
            jsonb_build_object('messages', jsonb_agg(m.message))
        from (
            select
                waitlist.message_of(p_show_id, e.entry_id, e.user_id, p_status) as message,
                (row_number() over () - 1) / 50 as part
            from ended as e
            cross join lateral (
                select
                from ops.listening as w
                where w.user_id = e.user_id
                limit 1
            ) as l
        ) as m
        group by m.part
    )
    select
        array_agg(e.user_id order by e.user_id),
        array_agg(e.quantity order by e.user_id)
    into user_ids, seat_counts
    from ended as e
    where e.booking_id is null;
end;
$$;

create or replace function waitlist.dismiss_entries(
    p_show_id bigint,
    p_entry_ids uuid[],
    p_status text,
    p_reason text,
    p_detail jsonb default '{}',
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- end_entries for entries that were waiting, and gives what had gathered for them to the next. Returns as end_entries, whoever it
-- ended on the way included. The caller has locked the queue. Locks the seats.
declare
    v_fewer record;
begin
    select
        x.user_ids,
        x.seat_counts
    into user_ids, seat_counts
    from waitlist.end_entries(p_show_id, p_entry_ids, p_status, p_reason, p_detail) as x;
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from waitlist.promote(p_show_id, '{}') as x;
    user_ids := user_ids || v_fewer.user_ids;
    seat_counts := seat_counts || v_fewer.seat_counts;
end;
$$;

create or replace function waitlist.end_hopeless(
    p_show_id bigint,
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- Ends the entries that can never be met: that want more seats (of their tier) than are neither sold nor blocked. Returns as
-- end_entries. Called when seats were sold or blocked, in the same transaction; the caller has locked the queue.
-- However many wait, it looks at the largest quantity waited for in each tier, and counts seats up to that.
declare
    v_class record;
    v_possible integer;
    v_entry_ids uuid[];
begin
    for v_class in
        select
            t.tier,
            w.quantity
        from (
            select ''
            union all
            select s.tier
            from sales.show_tiers as s
            where s.show_id = p_show_id
        ) as t (tier)
        cross join lateral (
            select e.quantity
            from waitlist.entries as e
            where e.show_id = p_show_id
                and coalesce(e.tier, '') = t.tier
                and e.status = 'waiting'
            order by
                e.quantity desc,
                e.position desc
            limit 1
        ) as w
    loop
        v_possible := waitlist.count_possible(p_show_id, nullif(v_class.tier, ''), v_class.quantity);
        if v_possible < v_class.quantity then
            v_entry_ids := v_entry_ids || array(
                select e.entry_id
                from waitlist.entries as e
                where e.show_id = p_show_id
                    and coalesce(e.tier, '') = v_class.tier
                    and e.quantity > v_possible
                    and e.status = 'waiting'
            );
        end if;
    end loop;

    if v_entry_ids is not null then
        select
            x.user_ids,
            x.seat_counts
        into user_ids, seat_counts
        from waitlist.dismiss_entries(p_show_id, v_entry_ids, 'failed', 'cannot_be_met') as x;
    end if;
end;
$$;

create or replace function waitlist.count_free(
    p_show_id bigint,
    p_tier text,
    p_enough integer
)
returns integer
language plpgsql
stable
as $$
-- How many of the show's seats (of p_tier, or of any when null) are available; counted up to p_enough only.
begin
    return (
        select count(*)
        from (
            select
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
            limit p_enough
        ) as s
    );
end;
$$;

create or replace function waitlist.count_possible(
    p_show_id bigint,
    p_tier text,
    p_enough integer
)
returns integer
language plpgsql
stable
as $$
-- How many of the show's seats (of p_tier, or of any when null) are neither sold nor blocked; counted up to p_enough only.
begin
    return (
        select count(*)
        from (
            select
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status in ('available', 'reserved', 'held')
                and (p_tier is null or s.tier = p_tier)
            limit p_enough
        ) as s
    );
end;
$$;
