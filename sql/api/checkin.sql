-- The door: one code at a time, undoing, and what a door needs that must do without us: the show's codes beforehand, and a place
-- for its scans afterwards.

create or replace function api.check_in(
    p_actor bigint,
    p_code text,
    p_gate text,
    p_show_id bigint default null,
    p_idempotency_key text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Refuses by value, so that the scan stays written down: already_used (used_at, gate, ticket), void_ticket, wrong_show and
-- show_cancelled (ticket), bad_code. Raises invalid_request (gate).
declare
    v_gate text := api.checked_text('gate', p_gate, 50);
    v_key record;
    v_scan record;
    v_ticket json;
begin
    v_key := sales.parse_ticket_code(btrim(p_code));
    if v_key.ticket_id is null then
        return api.refusal('bad_code');
    end if;
    v_scan := sales.record_scan(
        v_key.show_id,
        v_key.ticket_id,
        v_gate,
        p_actor,
        p_asked_show_id => p_show_id,
        p_idempotency_key => p_idempotency_key
    );
    if v_scan.outcome = 'bad_code' then
        return api.refusal('bad_code');
    end if;

    v_ticket := sales.door_ticket(v_key.show_id, v_key.ticket_id);
    return case v_scan.outcome
        when 'admitted' then json_build_object(
            'status', 'admitted',
            'used_at', api.rfc3339(v_scan.used_at),
            'gate', v_scan.used_gate,
            'warning', sales.door_warning(v_key.show_id, v_key.ticket_id),
            'ticket', v_ticket
        )
        when 'already_used' then api.refusal(
            'already_used',
            json_build_object('used_at', api.rfc3339(v_scan.used_at), 'gate', v_scan.used_gate, 'ticket', v_ticket)
        )
        else api.refusal(v_scan.outcome, json_build_object('ticket', v_ticket))
    end;
end;
$$;

comment on function api.check_in is
'Let somebody in by the code of a ticket, once. "show_id": the show that the door is for; without it any. "warning" is disputed (the bank takes back what was paid), too_early (more than four hours before the start), over (after the end) or null. With Idempotency-Key a repeat gets the first answer. Every attempt with a ticket of ours is written down. Errors: already_used (with "used_at", "gate"), void_ticket, wrong_show ("ticket" says which), show_cancelled, bad_code (not ours, or forged).';
select api.add_route('POST', '/api/v1/checkin', 'api.check_in', role => 'staff', lane => 'write');

create or replace function api.undo_check_in(
    p_actor bigint,
    p_reason text,
    p_code text default null,
    p_ticket_id text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (reason; ticket_id, unless there is either it or a code), not_found, not_used; bad_code.
declare
    v_reason text := api.checked_text('reason', p_reason, 200);
    v_key record;
begin
    if num_nonnulls(p_code, p_ticket_id) <> 1 then
        perform api.raise_invalid('ticket_id', 'Say either "code" or "ticket_id".');
    end if;
    if p_code is null then
        select k.show_id, k.id as ticket_id
        into v_key
        from sales.parse_public_id('tk', p_ticket_id) as k;
    else
        v_key := sales.parse_ticket_code(btrim(p_code));
        if v_key.ticket_id is null then
            perform api.raise('bad_code');
        end if;
    end if;
    perform sales.undo_admission(v_key.show_id, v_key.ticket_id, p_actor, v_reason);
    return json_build_object('status', 'valid', 'ticket', sales.door_ticket(v_key.show_id, v_key.ticket_id));
end;
$$;

comment on function api.undo_check_in is
'Make a used ticket valid again, named by "code" or by "ticket_id". Who did it and why is written down. Errors: not_used (with "ticket_status"), bad_code, not_found.';
select api.add_route('POST', '/api/v1/checkin/undo', 'api.undo_check_in', role => 'staff', lane => 'write');

create or replace function api.get_admissions(
    p_actor bigint,
    p_show_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'show_id', s.show_id,
        'sold', coalesce(sum(g.sold), 0),
        'admitted', coalesce(sum(g.admitted), 0),
        'gates', coalesce(
            json_agg(json_build_object('gate', g.gate, 'admitted', g.admitted) order by g.admitted desc, g.gate)
                filter (where g.gate is not null),
            '[]'
        )
    )
    from sales.shows as s
    left join lateral (
        select
            t.gate,
            count(*) as sold,
            count(*) filter (where t.status = 'used') as admitted
        from sales.tickets as t
        where t.show_id = s.show_id
            and t.status <> 'void'
        group by t.gate
    ) as g
        on true
    where s.show_id = p_show_id
    group by s.show_id;
$$;

comment on function api.get_admissions is 'How many of a show''s tickets are in: "sold", "admitted", and by gate.';
select api.add_route('GET', '/api/v1/admin/shows/{show_id}/admissions', 'api.get_admissions', role => 'staff');

create or replace function api.list_codes(
    p_actor bigint,
    p_show_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Written as text: a hundred thousand rows through json_build_object take three times as long.
    select format(
        '{"show_id":%s,"made_at":"%s","algorithm":"HMAC-SHA256/96","key":%s,"items":[%s]}',
        s.show_id,
        api.rfc3339(now()),
        case when a.role = 'admin' then to_json(sales.base64url(k.show_key)) else 'null' end,
        (
            select string_agg(
                format(
                    '{"code":"%s","ticket_id":"%s","seat":%s,"tier":"%s","status":"%s","is_disputed":%s,"used_at":%s}',
                    sales.ticket_code_by_key(t.show_id, t.ticket_id, k.show_key),
                    sales.public_id('tk', t.show_id, t.ticket_id),
                    to_json(t.seat),
                    t.tier,
                    t.status,
                    t.is_disputed::text,
                    coalesce('"' || api.rfc3339(t.used_at) || '"', 'null')
                ),
                ','
                order by
                    t.seat_no,
                    t.issued_at
            )
            from sales.tickets as t
            where t.show_id = s.show_id
        )
    )::json
    from sales.shows as s
    cross join sales.show_key(s.show_id) as k (show_key)
    inner join account.users as a
        on a.user_id = p_actor
    where s.show_id = p_show_id;
$$;

comment on function api.list_codes is
'All codes of a show, for a door that must do without us: "items" of "code", "ticket_id", "seat", "tier", "status" (valid, used, void), "is_disputed" (the bank takes back what was paid: wonder, and admit), "used_at"; and, for an administrator, the show''s "key", base64url, with which codes of tickets sold later can be verified (and made: null for other staff). A code is BX1.SHOW.X, where X is base64url of 28 bytes: the ticket''s id (16), and the first 12 of HMAC-SHA256 of that id under the key. Keep the list as you keep tickets. What was scanned is uploaded to .../scans.';
select api.add_route('GET', '/api/v1/admin/shows/{show_id}/codes', 'api.list_codes', role => 'staff', lane => 'search');

create or replace function api.upload_scans(
    p_actor bigint,
    p_show_id bigint,
    p_gate text,
    p_scans jsonb
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises not_found and invalid_request: gate, scans, scans[N].code, scans[N].scanned_at, N from 0. Then nothing was recorded.
declare
    v_gate text := api.checked_text('gate', p_gate, 50);
begin
    if not exists (select from sales.shows as s where s.show_id = p_show_id) then
        perform api.raise('not_found');
    end if;
    perform sales.check_scans(p_scans);
    return json_build_object(
        'show_id', p_show_id,
        'gate', v_gate,
        'scans', sales.upload_scans(p_show_id, v_gate, p_actor, p_scans)
    );
end;
$$;

create or replace function sales.check_scans(p_scans jsonb)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (scans, scans[N].code, scans[N].scanned_at) unless it is a list of at most 5,000 of {"code", "scanned_at"}.
declare
    v_scan record;
    v_at timestamptz;
begin
    if jsonb_typeof(p_scans) <> 'array' or jsonb_array_length(p_scans) > 5000 then
        perform api.raise_invalid('scans', 'This is a list of at most 5,000 scans.');
    end if;
    for v_scan in
        select
            q.scan,
            format('scans[%s]', q.place - 1) as field
        from jsonb_array_elements(p_scans) with ordinality as q (scan, place)
    loop
        if jsonb_typeof(v_scan.scan) <> 'object' or v_scan.scan - 'code' - 'scanned_at' <> '{}' then
            perform api.raise_invalid(v_scan.field, 'A scan is {"code", "scanned_at"}.');
        end if;
        if jsonb_typeof(v_scan.scan -> 'code') is distinct from 'string' then
            perform api.raise_invalid(v_scan.field || '.code', 'A code is text.');
        end if;
        if (v_scan.scan ->> 'scanned_at' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$') is not true then
            raise datetime_field_overflow;
        end if;
        v_at := (v_scan.scan ->> 'scanned_at')::timestamptz;
        if v_at > now() + interval '1 minute' then
            perform api.raise_invalid(v_scan.field || '.scanned_at', 'This is in the future: the door''s clock is wrong.');
        end if;
        if v_at < now() - interval '30 days' then
            perform api.raise_invalid(v_scan.field || '.scanned_at', 'This is more than 30 days ago: the door''s clock is wrong.');
        end if;
    end loop;
exception
    when datetime_field_overflow then
        perform api.raise_invalid(v_scan.field || '.scanned_at', 'This must be a time, such as 2030-01-31T19:30:00Z.');
end;
$$;

comment on function api.upload_scans is
'What an offline door has scanned: at most 5,000 of {"code", "scanned_at"}, in any order. Answers each with its own "status", in the same order: admitted, already_used (with "used_at" and "gate" of the admission), void_ticket, wrong_show ("show_id" says which), show_cancelled, bad_code. "may_be_inside": the door has let somebody in with it, also where it should not have (report.seats_entered_twice). Of two scans of a ticket the earlier counts. The same upload again changes nothing and answers the same. A fault in one, as a time in the future, is named (scans[3].scanned_at), and nothing is recorded.';
select api.add_route('POST', '/api/v1/admin/shows/{show_id}/scans', 'api.upload_scans', role => 'staff', lane => 'write');
