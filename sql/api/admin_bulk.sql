-- POST /api/v1/admin/shows/bulk: a programme of weeks in one request.

create or replace function api.check_plan(
    p_event_id bigint,
    p_hall_ids bigint[],
    p_from date,
    p_to date,
    p_times text[],
    p_weekdays integer[]
)
returns time[]
language plpgsql
stable
as $$
-- The times of day. Raises invalid_request (event_id, hall_ids, from, to, times, weekdays).
begin
    if not exists (select from catalog.events as e where e.event_id = p_event_id) then
        perform api.raise_invalid('event_id', 'There is no such event.');
    elsif cardinality(p_hall_ids) = 0 or exists (
        select
        from unnest(p_hall_ids) as k (hall_id)
        where not exists (select from catalog.halls as h where h.hall_id = k.hall_id)
    ) then
        perform api.raise_invalid('hall_ids', 'Give the ids of one or more halls that exist.');
    elsif not isfinite(p_from) or p_from < current_date - 1 then
        perform api.raise_invalid('from', 'The first day is today or later.');
    elsif not isfinite(p_to) or p_to < p_from or p_to > p_from + 370 then
        perform api.raise_invalid('to', 'The last day is the first or later, by 370 days at most.');
    elsif cardinality(p_times) = 0 or exists (
        select
        from unnest(p_times) as t (local_time)
        where t.local_time is null
            or t.local_time !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
    ) then
        perform api.raise_invalid('times', 'Give one or more times of day, for example "20:30".');
    elsif cardinality(p_weekdays) = 0 or exists (
        select
        from unnest(p_weekdays) as d (weekday)
        where d.weekday is null
            or d.weekday not between 1 and 7
    ) then
        perform api.raise_invalid('weekdays', 'Weekdays are 1, Monday, to 7, Sunday.');
    end if;
    return p_times::time[];
end;
$$;

create or replace function api.planned_show_json(p_show sales.planned_show)
returns json
language sql
stable
as $$
    select json_build_object(
        'hall', json_build_object('hall_id', p_show.hall_id, 'name', p_show.hall_name),
        'starts_at', api.rfc3339(p_show.starts_at),
        'ends_at', api.rfc3339(p_show.ends_at),
        'local_start', to_char(p_show.local_start, 'YYYY-MM-DD"T"HH24:MI'),
        'timezone', p_show.timezone,
        'problem', p_show.problem,
        'conflict_show_id', p_show.conflict_show_id
    );
$$;

create or replace function api.create_shows(
    p_actor bigint,
    p_event_id bigint,
    p_hall_ids bigint[],
    p_from date,
    p_to date,
    p_times text[],
    p_prices jsonb,
    p_currency text,
    p_weekdays integer[] default null,
    p_status text default 'draft',
    p_dry_run boolean default false
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (event_id, hall_ids, from, to, times, weekdays, and what sales.create_show raises), hall_taken (conflicts).
-- Planned first, so that a plan with a conflict makes nothing; who takes a hall meanwhile makes sales.create_show raise hall_taken.
declare
    c_max_shows constant integer := 500;
    c_max_seats constant integer := 200000;
    v_times time[] := api.check_plan(p_event_id, p_hall_ids, p_from, p_to, p_times, p_weekdays);
    v_show_count bigint := (p_to - p_from + 1)::bigint * cardinality(v_times) * cardinality(p_hall_ids);
    v_seat_count bigint;
    v_conflicts json;
    v_conflict_count integer;
    v_items json[] := array[]::json[];
    v_show_id bigint;
    r record;
begin
    -- What sales.create_show would refuse in any case, a dry run tells, too.
    perform catalog.check_currency(p_currency);
    perform sales.checked_tiers(catalog.prices_of_hall(h.hall_id, p_prices), catalog.tiers_of_hall(h.hall_id), p_currency)
    from catalog.halls as h
    where h.hall_id = any (p_hall_ids);

    -- What is far too much is not even planned.
    if v_show_count <= c_max_shows * 20 then
        select
            count(*),
            coalesce(sum(h.capacity), 0),
            count(x.problem),
            json_agg(api.planned_show_json(x) order by x.starts_at, x.hall_id) filter (where x.problem is not null)
        into v_show_count, v_seat_count, v_conflict_count, v_conflicts
        from sales.plan_shows(p_event_id, p_hall_ids, p_from, p_to, v_times, p_weekdays) as x
        inner join catalog.halls as h
            on h.hall_id = x.hall_id;
    end if;
    if v_show_count > c_max_shows or v_seat_count > c_max_seats then
        perform api.raise_invalid('to', format('At most %s shows with %s seats are made at once.', c_max_shows, c_max_seats));
    elsif v_show_count = 0 then
        perform api.raise_invalid('weekdays', 'None of these days is one of the weekdays.');
    elsif v_conflict_count > 0 and not p_dry_run then
        perform api.raise(
            'hall_taken',
            jsonb_build_object('show_id', v_conflicts -> 0 -> 'conflict_show_id', 'conflicts', v_conflicts),
            format('%s of %s shows cannot be made, and none was. "dry_run" shows the plan.', v_conflict_count, v_show_count)
        );
    end if;

    for r in
        select
            x.hall_id,
            x.starts_at,
            api.planned_show_json(x)::jsonb as item
        from sales.plan_shows(p_event_id, p_hall_ids, p_from, p_to, v_times, p_weekdays) as x
    loop
        v_show_id := null;
        if not p_dry_run then
            v_show_id := sales.create_show(
                p_event_id, r.hall_id, r.starts_at, catalog.prices_of_hall(r.hall_id, p_prices), p_currency, p_status
            );
            insert into sales.show_events (show_id, kind, user_id)
            values (v_show_id, 'created', p_actor);
        end if;
        v_items := v_items || (r.item || jsonb_build_object('show_id', v_show_id))::json;
    end loop;
    return json_build_object(
        'dry_run', p_dry_run,
        'created', case when p_dry_run then 0 else v_show_count end,
        'conflicts', v_conflict_count,
        'items', to_json(v_items)
    );
end;
$$;

comment on function api.create_shows is 'Make many shows of an event at once: in each of "hall_ids", on each day "from" … "to" (of "weekdays", 1 Monday to 7 Sunday), at each of "times" ("20:30"), all in the venue''s zone; drafts unless "status" says otherwise. "prices" has each tier of any of the halls. All or nothing; with "dry_run" nothing is made, and each item says its problem: hall_taken (by "conflict_show_id", or by one before it in the plan when that is null), past, or no_such_time. At most 500 shows. Errors: hall_taken (with "conflicts").';
select api.add_route('POST', '/api/v1/admin/shows/bulk', 'api.create_shows', role => 'staff', status => 201, lane => 'write');
