-- Entering. A ticket opens the door once: valid -> used by an admission, used -> valid by an undoing of staff. Whatever
-- becomes of a scan is a value and not an error, so that its row in sales.ticket_scans stays.

create or replace function sales.record_scan(
    p_show_id bigint,
    p_ticket_id uuid,
    p_gate text,
    p_user_id bigint,
    p_asked_show_id bigint default null,
    p_scanned_at timestamptz default null,
    p_idempotency_key text default null,
    out outcome text,
    out used_at timestamptz,
    out used_gate text,
    out scan_no integer
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- One scan of a ticket whose code was verified: admits, or says why not, and writes down either. Of all scans of a ticket
-- one is its admission, since all is decided under the ticket's lock, the only one taken here.
-- p_asked_show_id: the show that the door is for; null: any. p_scanned_at: when an offline door saw it, null: now. An offline
-- scan that was earlier than the admission we know of takes its place: two doors that cannot talk may both have let somebody
-- in, and the ticket was used when it was used first. p_idempotency_key: a repeat with it changes nothing and answers the same.
-- Returns outcome: admitted, already_used (used_at and used_gate: the admission's), void_ticket, wrong_show, show_cancelled;
-- bad_code when there is no such ticket.
declare
    v_ticket record;
    v_asked_show_id bigint := nullif(p_asked_show_id, p_show_id);
    v_scanned_at timestamptz := least(p_scanned_at, now());
begin
    select
        t.status,
        t.used_at,
        t.gate
    into v_ticket
    from sales.tickets as t
    where t.show_id = p_show_id
        and t.ticket_id = p_ticket_id
    for update;
    if not found then
        outcome := 'bad_code';
        return;
    end if;

    if p_idempotency_key is not null then
        select
            n.outcome,
            n.used_at,
            n.used_gate,
            n.scan_no
        into outcome, used_at, used_gate, scan_no
        from sales.ticket_scans as n
        where n.show_id = p_show_id
            and n.ticket_id = p_ticket_id
            and n.idempotency_key = p_idempotency_key;
        if found then
            return;
        end if;
    end if;

    outcome := case
        when v_asked_show_id is not null then 'wrong_show'
        when v_ticket.status = 'void' then 'void_ticket'
        when (select s.status from sales.shows as s where s.show_id = p_show_id) = 'cancelled' then 'show_cancelled'
        when v_ticket.status = 'used' and (p_scanned_at is null or v_scanned_at >= v_ticket.used_at) then 'already_used'
        else 'admitted'
    end;

    if outcome = 'admitted' then
        used_at := v_scanned_at;
        used_gate := p_gate;
        update sales.tickets as t
        set
            status = 'used',
            used_at = v_scanned_at,
            gate = p_gate
        where t.show_id = p_show_id
            and t.ticket_id = p_ticket_id;
    elsif outcome = 'already_used' then
        used_at := v_ticket.used_at;
        used_gate := v_ticket.gate;
    end if;

    scan_no := sales.next_scan_no(p_show_id, p_ticket_id);
    insert into sales.ticket_scans (
        show_id,
        ticket_id,
        scan_no,
        outcome,
        scanned_at,
        gate,
        user_id,
        is_offline,
        asked_show_id,
        used_at,
        used_gate,
        idempotency_key
    )
    values (
        p_show_id,
        p_ticket_id,
        scan_no,
        outcome,
        v_scanned_at,
        p_gate,
        p_user_id,
        p_scanned_at is not null,
        v_asked_show_id,
        used_at,
        used_gate,
        p_idempotency_key
    );
end;
$$;

create or replace function sales.next_scan_no(
    p_show_id bigint,
    p_ticket_id uuid
)
returns integer
language plpgsql
stable
as $$
-- For who has locked the ticket.
begin
    return (
        select coalesce(max(n.scan_no), 0) + 1
        from sales.ticket_scans as n
        where n.show_id = p_show_id
            and n.ticket_id = p_ticket_id
    );
end;
$$;

create or replace function sales.undo_admission(
    p_show_id bigint,
    p_ticket_id uuid,
    p_user_id bigint,
    p_reason text
)
returns integer
language plpgsql
as $$
-- Makes a used ticket valid again, and writes down who did it and why; returns the scan_no. Locks the ticket.
-- Raises not_found and not_used (ticket_status).
declare
    v_status text;
    v_scan_no integer;
begin
    select t.status
    into v_status
    from sales.tickets as t
    where t.show_id = p_show_id
        and t.ticket_id = p_ticket_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    if v_status <> 'used' then
        perform api.raise('not_used', jsonb_build_object('ticket_status', v_status));
    end if;

    update sales.tickets as t
    set
        status = 'valid',
        used_at = null,
        gate = null
    where t.show_id = p_show_id
        and t.ticket_id = p_ticket_id;

    v_scan_no := sales.next_scan_no(p_show_id, p_ticket_id);
    insert into sales.ticket_scans (
        show_id,
        ticket_id,
        scan_no,
        outcome,
        user_id,
        reason
    )
    values (
        p_show_id,
        p_ticket_id,
        v_scan_no,
        'undone',
        p_user_id,
        p_reason
    );
    return v_scan_no;
end;
$$;

create or replace function sales.door_warning(
    p_show_id bigint,
    p_ticket_id uuid
)
returns text
language plpgsql
stable
as $$
-- What a door should wonder about although the ticket is good: disputed, the bank takes back what was paid; too_early, more than
-- four hours before the start; over, after the end; else null.
begin
    return (
        select case
            when t.is_disputed then 'disputed'
            when now() < s.starts_at - interval '4 hours' then 'too_early'
            when now() > s.ends_at then 'over'
        end
        from sales.shows as s
        inner join sales.tickets as t
            on t.show_id = s.show_id
        where s.show_id = p_show_id
            and t.ticket_id = p_ticket_id
    );
end;
$$;

create or replace function sales.door_ticket(
    p_show_id bigint,
    p_ticket_id uuid
)
returns json
language plpgsql
stable
as $$
-- A ticket as the door needs it: {"ticket_id", "seat", "tier", "ticket_status", "buyer_name", "show": {…}}. The name is for when
-- two people come with one ticket.
begin
    return (
        select json_build_object(
            'ticket_id', sales.public_id('tk', t.show_id, t.ticket_id),
            'seat', t.seat,
            'tier', t.tier,
            'ticket_status', t.status,
            'buyer_name', u.name,
            'show', sales.show_brief(t.show_id)
        )
        from sales.tickets as t
        inner join sales.bookings as b
            on b.show_id = t.show_id
            and b.booking_id = t.booking_id
        inner join account.users as u
            on u.user_id = b.user_id
        where t.show_id = p_show_id
            and t.ticket_id = p_ticket_id
    );
end;
$$;

create or replace function sales.upload_scans(
    p_show_id bigint,
    p_gate text,
    p_user_id bigint,
    p_scans jsonb
)
returns json
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- What an offline door saw: p_scans is [{"code", "scanned_at"}], checked. Tickets are locked in the order of their ids, so that two
-- doors that upload the same ones do not wait for each other in a circle; of one ticket the earliest scan is taken first. A
-- scan that was uploaded before, known by ticket, gate and time, changes nothing and answers the same. Codes of other shows
-- are told, not written down: they lie with their shows.
-- Returns [{"code", "scanned_at", "status", "show_id", "ticket_id", "used_at", "gate", "may_be_inside"}] in the order of p_scans: a door
-- that knows of no refund and of no other door lets in whoever has a code of the show.
declare
    v_scan record;
    v_outcome text;
    v_used_at timestamptz;
    v_used_gate text;
    v_places bigint[];
    v_verdicts json[];
begin
    for v_scan in
        select
            q.place,
            q.scan ->> 'code' as code,
            (q.scan ->> 'scanned_at')::timestamptz as scanned_at,
            k.show_id,
            k.ticket_id
        from jsonb_array_elements(p_scans) with ordinality as q (scan, place)
        cross join lateral sales.parse_ticket_code(q.scan ->> 'code') as k
        order by
            k.ticket_id,
            scanned_at,
            q.place
    loop
        v_outcome := case when v_scan.show_id is null then 'bad_code' else 'wrong_show' end;
        v_used_at := null;
        v_used_gate := null;
        if v_scan.show_id = p_show_id then
            select
                r.outcome,
                r.used_at,
                r.used_gate
            into v_outcome, v_used_at, v_used_gate
            from sales.record_scan(
                p_show_id,
                v_scan.ticket_id,
                p_gate,
                p_user_id,
                p_scanned_at => v_scan.scanned_at,
                p_idempotency_key => 'offline ' || extract(epoch from v_scan.scanned_at) || ' ' || p_gate
            ) as r;
        end if;
        v_places := v_places || v_scan.place;
        v_verdicts := v_verdicts || json_build_object(
            'code', v_scan.code,
            'scanned_at', api.rfc3339(v_scan.scanned_at),
            'status', v_outcome,
            'show_id', v_scan.show_id,
            'ticket_id', sales.public_id('tk', v_scan.show_id, v_scan.ticket_id),
            'used_at', api.rfc3339(v_used_at),
            'gate', v_used_gate,
            'may_be_inside', v_outcome in ('admitted', 'already_used', 'void_ticket')
        );
    end loop;

    return (
        select coalesce(json_agg(v.verdict order by v.place), '[]')
        from unnest(v_places, v_verdicts) as v (place, verdict)
    );
end;
$$;
