-- The door's page: choose the show, say the gate, scan; what became of the scan, who is in, undoing. Works as forms alone;
-- templates/static/checkin.js sends the same forms without leaving the page.

create or replace function page.scan_ref(
    p_show_id bigint,
    p_ticket_id uuid,
    p_scan_no integer
)
returns text
language sql
immutable
parallel safe
as $$
-- How the page's address names a row of sales.ticket_scans.
    select sales.public_id('tk', p_show_id, p_ticket_id) || '-' || p_scan_no;
$$;

create or replace function page.scans(
    p_show_id bigint,
    p_scan text default null
)
returns json
language plpgsql
stable
as $$
-- The show's last twelve scans, the latest first; with p_scan that one alone, of whatever show. Null: none. "is_undoable": it is the
-- admission by which the ticket is used.
declare
    v_parts text[] := regexp_match(p_scan, '^(tk_[0-9]{1,18}_[0-9a-f]{32})-([0-9]{1,9})$');
    v_show_id bigint := p_show_id;
    v_ticket_id uuid;
begin
    if v_parts is not null then
        select k.show_id, k.id
        into v_show_id, v_ticket_id
        from sales.parse_public_id('tk', v_parts[1]) as k;
    elsif p_scan is not null then
        return null;
    end if;

    return (
        select json_agg(
            json_build_object(
                'outcome', n.outcome,
                'is_good', n.outcome = 'admitted',
                'is_wrong_show', n.outcome = 'wrong_show',
                'scanned_at', page.at(n.scanned_at, c.timezone),
                'scan_gate', n.gate,
                'scan_by', u.name,
                'is_offline', n.is_offline,
                'reason', n.reason,
                'used_at', case when n.outcome = 'already_used' then page.at(n.used_at, c.timezone) end,
                'used_gate', n.used_gate,
                'ticket_id', sales.public_id('tk', t.show_id, t.ticket_id),
                'seat', t.seat,
                'tier', t.tier,
                'is_undoable', n.outcome = 'admitted' and t.status = 'used' and t.used_at = n.used_at and t.gate = n.gate
            )
            order by
                n.recorded_at desc,
                n.ticket_id,
                n.scan_no desc
        )
        from (
            select a.*
            from sales.ticket_scans as a
            where a.show_id = v_show_id
                and (v_ticket_id is null or (a.ticket_id = v_ticket_id and a.scan_no = v_parts[2]::integer))
            order by a.recorded_at desc
            limit 12
        ) as n
        inner join sales.tickets as t
            on t.show_id = n.show_id
            and t.ticket_id = n.ticket_id
        inner join sales.shows as s
            on s.show_id = n.show_id
        inner join catalog.cities as c
            on c.city_id = s.city_id
        inner join account.users as u
            on u.user_id = n.user_id
    );
end;
$$;

create or replace function page.scan_result(
    p_scan text,
    p_language text
)
returns json
language plpgsql
stable
as $$
-- The scan that the page was called with, large: page.scans of it, with the ticket's buyer, its show, and the door's warning.
declare
    v_scan jsonb := page.scans(null, p_scan) -> 0;
begin
    if p_scan = 'bad_code' then
        return json_build_object('outcome', 'bad_code');
    end if;
    return (
        select v_scan || jsonb_build_object(
            'buyer_name', case when v_scan ->> 'outcome' in ('admitted', 'already_used') then d.ticket ->> 'buyer_name' end,
            'warning', case when v_scan ->> 'outcome' = 'admitted' then sales.door_warning(k.show_id, k.id) end,
            'other_show', case when v_scan ->> 'outcome' = 'wrong_show' then page.show_head(k.show_id, p_language) end
        )
        from sales.parse_public_id('tk', v_scan ->> 'ticket_id') as k
        cross join sales.door_ticket(k.show_id, k.id) as d (ticket)
        where v_scan is not null
    );
end;
$$;

create or replace function page.door(
    p_show_id bigint,
    p_language text,
    p_gate text,
    p_scan text
)
returns json
language plpgsql
stable
as $$
-- The page of one show's door; null when there is no such show. "attempt" makes the form sent twice one scan.
declare
    v_admissions json := api.get_admissions(null, p_show_id);
    v_scans json := page.scans(p_show_id);
begin
    if v_admissions is null then
        return null;
    end if;
    return json_build_object(
        'show', page.show_head(p_show_id, p_language),
        'gate', btrim(p_gate),
        'attempt', gen_random_uuid(),
        'result', page.scan_result(p_scan, p_language),
        'sold', v_admissions -> 'sold',
        'admitted', v_admissions -> 'admitted',
        'gates', (
            select json_agg(json_build_object('gate_name', g.value -> 'gate', 'gate_count', g.value -> 'admitted') order by g.place)
            from json_array_elements(v_admissions -> 'gates') with ordinality as g (value, place)
        ),
        'has_gates', v_admissions #>> '{gates,0}' is not null,
        'scans', v_scans,
        'has_scans', v_scans is not null
    );
end;
$$;

create or replace function page.show_check_in(
    p_actor bigint,
    p_language text,
    p_show_id bigint default null,
    p_gate text default null,
    p_scan text default null,
    p_venue_id bigint default null
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Without a show: the venues that have one between twelve hours ago and tomorrow, and the shows of the venue that was chosen.
    select case
        when p_show_id is not null then page.door(p_show_id, p_language, p_gate, p_scan)
        else json_build_object(
            'is_choosing', true,
            'gate', btrim(p_gate),
            'has_venue', p_venue_id is not null,
            'venues', (
                select json_agg(
                    json_build_object(
                        'this_venue', v.venue_id,
                        'venue_name', page.in_language(p_language, v.name, v.name_zh),
                        'city_name', page.in_language(p_language, c.name, c.name_zh),
                        'is_chosen', coalesce(v.venue_id = p_venue_id, false)
                    )
                    order by c.name, v.name
                )
                from catalog.venues as v
                inner join catalog.cities as c
                    on c.city_id = v.city_id
                where exists (
                    select
                    from sales.shows as s
                    where s.venue_id = v.venue_id
                        and s.starts_at between now() - interval '12 hours' and now() + interval '1 day'
                        and s.status <> 'cancelled'
                )
            ),
            'shows', (
                select json_agg(page.show_head(s.show_id, p_language) order by s.starts_at, s.show_id)
                from sales.shows as s
                where s.venue_id = p_venue_id
                    and s.starts_at between now() - interval '12 hours' and now() + interval '1 day'
                    and s.status <> 'cancelled'
            )
        )
    end;
$$;

comment on function page.show_check_in is 'The door: which show, and then its scans.';
select api.add_route('GET', '/checkin', 'page.show_check_in', role => 'staff', answer => 'page', template => 'checkin');

create or replace function page.check_in(
    p_actor bigint,
    p_code text,
    p_gate text,
    p_show_id bigint,
    p_attempt text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Leads back to the door, which shows what became of the scan. Raises invalid_request (gate).
declare
    v_gate text := api.checked_text('gate', p_gate, 50);
    v_key record;
    v_scan record;
    v_ref text := 'bad_code';
begin
    v_key := sales.parse_ticket_code(btrim(p_code));
    if v_key.ticket_id is not null then
        v_scan := sales.record_scan(
            v_key.show_id,
            v_key.ticket_id,
            v_gate,
            p_actor,
            p_asked_show_id => p_show_id,
            p_idempotency_key => p_attempt
        );
        v_ref := coalesce(page.scan_ref(v_key.show_id, v_key.ticket_id, v_scan.scan_no), v_ref);
    end if;
    return json_build_object(
        'location', page.link('/checkin', 'show_id', p_show_id::text, 'gate', v_gate, 'scan', v_ref)
    );
end;
$$;

comment on function page.check_in is 'The door''s form: one code.';
select api.add_route('POST', '/checkin', 'page.check_in', role => 'staff', answer => 'redirect', status => 303, lane => 'write');

create or replace function page.undo_check_in(
    p_actor bigint,
    p_ticket_id text,
    p_reason text,
    p_show_id bigint,
    p_gate text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (reason), not_found and not_used.
declare
    v_key record;
    v_scan_no integer;
begin
    select k.show_id, k.id
    into v_key
    from sales.parse_public_id('tk', p_ticket_id) as k;
    v_scan_no := sales.undo_admission(v_key.show_id, v_key.id, p_actor, api.checked_text('reason', p_reason, 200));
    return json_build_object(
        'location',
        page.link(
            '/checkin',
            'show_id', p_show_id::text,
            'gate', p_gate,
            'scan', page.scan_ref(v_key.show_id, v_key.id, v_scan_no)
        )
    );
end;
$$;

comment on function page.undo_check_in is 'The form that undoes an admission.';
select api.add_route('POST', '/checkin/undo', 'page.undo_check_in', role => 'staff', answer => 'redirect', status => 303, lane => 'write');
