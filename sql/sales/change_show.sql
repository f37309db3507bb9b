-- What staff does to a show as a whole. Calling it off is cancel_show's.

create or replace function sales.move_show(
    p_show_id bigint,
    p_user_id bigint,
    p_starts_at timestamptz
)
returns void
language plpgsql
volatile
as $$
-- Lets a show start at another time, with the same length: who has paid gets a mail, whoever looks at the show a notice. The
-- caller has locked the show. Locks the bookings that are not paid yet. Noted in sales.show_events as moved, which sales.ticket_model counts. Raises hall_taken (show_id).
declare
    v_before record;
begin
    select
        s.starts_at,
        s.ends_at,
        s.hall_id,
        h.cleaning_minutes
    into v_before
    from sales.shows as s
    inner join catalog.halls as h
        on h.hall_id = s.hall_id
    where s.show_id = p_show_id;
    begin
        update sales.shows as s
        set
            starts_at = p_starts_at,
            ends_at = p_starts_at + (s.ends_at - s.starts_at),
            cleaning_minutes = v_before.cleaning_minutes,
            is_double_booked = false
        where s.show_id = p_show_id;
    exception when exclusion_violation then
        perform sales.raise_hall_taken(
            v_before.hall_id,
            sales.hall_time(p_starts_at, p_starts_at + (v_before.ends_at - v_before.starts_at), v_before.cleaning_minutes),
            p_show_id
        );
    end;

    insert into sales.show_events (show_id, kind, user_id, detail)
    values (
        p_show_id,
        'moved',
        p_user_id,
        jsonb_build_object('starts_at_before', api.rfc3339(v_before.starts_at), 'starts_at', api.rfc3339(p_starts_at))
    );
    -- Whoever is paying for one of these at this moment has it paid when the lock is free, or finds the show moved: sell_booking.
    perform 1
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.status in ('held', 'paying')
    order by b.booking_id
    for no key update;
    perform ops.add_mail(
        p_show_id, y.user_id, 'show_moved', jsonb_build_object('starts_at_before', api.rfc3339(v_before.starts_at))
    )
    from (
        select distinct b.user_id
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status = 'paid'
    ) as y;
    perform ops.tell_show(
        p_show_id,
        jsonb_build_object(
            'type', 'notice',
            'show_id', p_show_id,
            'notice', 'moved',
            'starts_at', api.rfc3339(p_starts_at)
        )
    );
end;
$$;

create or replace function sales.change_show(
    p_show_id bigint,
    p_user_id bigint,
    p_starts_at timestamptz,
    p_sale_starts_at timestamptz,
    p_status text,
    p_max_seats integer,
    p_hold_seconds integer,
    p_hold_grace_seconds integer,
    p_waitlist_enabled boolean,
    p_waitlist_policy text,
    p_waitlist_seconds integer,
    p_refund_cutoff_seconds integer,
    p_max_seats_per_buyer integer default null,
    p_waitlist_gather_seconds integer default null,
    p_max_seats_per_address integer default null
)
returns void
language plpgsql
volatile
as $$
-- Changes a show; null leaves a thing as it is. What was changed is noted in sales.show_events, by p_user_id: a new start as
-- moved, the rest as changed, {"name": [before, after]}. Locks the show.
-- Raises not_found, invalid_request (the field), too_late for a show that is cancelled, in_use (used_by, count) where buyers
-- would lose sight of a show that becomes a draft, hall_taken (show_id).
declare
    v_before sales.shows;
    v_after jsonb;
    v_count bigint;
    v_changes jsonb;
begin
    select s.*
    into v_before
    from sales.shows as s
    where s.show_id = p_show_id
    for no key update;
    if v_before.show_id is null then
        perform api.raise('not_found');
    end if;
    if v_before.status = 'cancelled' then
        perform api.raise('too_late', '{}', 'The show is cancelled.');
    end if;
    if p_status not in ('draft', 'on_sale', 'closed') then
        perform api.raise_invalid('status', 'A show is draft, on_sale or closed.');
    end if;
    if p_status = 'draft' and v_before.status <> 'draft' then
        select count(*)
        into v_count
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status in ('held', 'paying', 'paid');
        perform api.raise_in_use('bookings', v_count);
    end if;
    perform sales.check_show_times(
        coalesce(p_starts_at, v_before.starts_at), coalesce(p_sale_starts_at, v_before.sale_starts_at), v_before.starts_at
    );

    perform sales.set_show_rules(
        p_show_id, p_max_seats, p_hold_seconds, p_hold_grace_seconds, p_waitlist_enabled, p_waitlist_policy,
        p_waitlist_seconds, p_refund_cutoff_seconds, p_max_seats_per_buyer,
        p_waitlist_gather_seconds, p_max_seats_per_address
    );
    update sales.shows as s
    set
        sale_starts_at = coalesce(date_trunc('second', p_sale_starts_at), s.sale_starts_at),
        status = coalesce(p_status, s.status)
    where s.show_id = p_show_id
    returning to_jsonb(s.*) into v_after;
    perform catalog.refresh_playing_of(p_show_id);

    select jsonb_object_agg(a.key, jsonb_build_array(to_jsonb(v_before) -> a.key, a.value))
    into v_changes
    from jsonb_each(v_after) as a
    where a.value is distinct from to_jsonb(v_before) -> a.key;
    if v_changes is not null then
        insert into sales.show_events (show_id, kind, user_id, detail)
        values (p_show_id, 'changed', p_user_id, v_changes);
    end if;

    if p_starts_at <> v_before.starts_at then
        perform sales.move_show(p_show_id, p_user_id, p_starts_at);
    end if;
end;
$$;

create or replace function sales.delete_show(p_show_id bigint)
returns void
language plpgsql
volatile
as $$
-- Deletes a show that nobody has ever held a seat of. Locks the show: who begins to hold meanwhile waits, and finds it gone.
-- Raises not_found, in_use (used_by, count).
declare
    v_event_id bigint;
    v_count bigint;
begin
    select s.event_id
    into v_event_id
    from sales.shows as s
    where s.show_id = p_show_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    select count(*)
    into v_count
    from sales.bookings as b
    where b.show_id = p_show_id;
    perform api.raise_in_use('bookings', v_count);
    select count(*)
    into v_count
    from waitlist.entries as e
    where e.show_id = p_show_id;
    perform api.raise_in_use('waitlist_entries', v_count);

    delete from sales.buyers as y
    where y.show_id = p_show_id;
    delete from sales.shows as s
    where s.show_id = p_show_id;
    perform catalog.refresh_playing(array[v_event_id]);
end;
$$;
