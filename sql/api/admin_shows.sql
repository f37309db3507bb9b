-- Staff's events and shows: lists, changes, deleting, and single seats of a show. Making them is in admin.sql. In a change, what is
-- not given stays as it is; an empty text takes away what need not be there.

create or replace function api.list_admin_events(
    p_actor bigint,
    p_kind text default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(catalog.event_json(e) order by e.title, e.event_id)
            from (
                select e.event_id
                from catalog.events as e
                where (p_kind is null or e.kind = p_kind)
                order by
                    e.title,
                    e.event_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as i
            inner join catalog.events as e
                on e.event_id = i.event_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from catalog.events as e
            where (p_kind is null or e.kind = p_kind)
        )
    )
    from api.check_page(p_page, p_per_page)
    cross join catalog.check_kind(p_kind);
$$;

comment on function api.list_admin_events is 'All events by title, or those of a kind.';
select api.add_route('GET', '/api/v1/admin/events', 'api.list_admin_events', role => 'staff');

create or replace function api.update_event(
    p_actor bigint,
    p_event_id bigint,
    p_kind text default null,
    p_title text default null,
    p_duration_minutes integer default null,
    p_title_zh text default null,
    p_description text default null,
    p_description_zh text default null,
    p_rating text default null,
    p_genres text[] default null,
    p_people text[] default null,
    p_released_on date default null,
    p_poster_url text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Shows that are there keep their length. Raises not_found, invalid_request (as create_event).
begin
    perform 1
    from catalog.events as e
    where e.event_id = p_event_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    perform catalog.check_event(p_kind, p_duration_minutes, p_released_on, nullif(p_poster_url, ''));

    update catalog.events as e
    set
        kind = coalesce(p_kind, e.kind),
        title = api.checked_text('title', coalesce(p_title, e.title), 300),
        title_zh = catalog.changed_text('title_zh', p_title_zh, e.title_zh, 300),
        description = api.checked_prose('description', coalesce(p_description, e.description), 0, 20000),
        description_zh = nullif(api.checked_prose('description_zh', coalesce(p_description_zh, e.description_zh, ''), 0, 20000), ''),
        duration_minutes = coalesce(p_duration_minutes, e.duration_minutes),
        rating = catalog.changed_text('rating', p_rating, e.rating, 20),
        genres = coalesce(api.checked_texts('genres', p_genres, 20, 100), e.genres),
        people = coalesce(api.checked_texts('people', p_people, 200, 200), e.people),
        released_on = coalesce(p_released_on, e.released_on),
        poster_url = nullif(coalesce(p_poster_url, e.poster_url), '')
    where e.event_id = p_event_id;
    perform catalog.learn_words(array[p_event_id]);
    perform catalog.refresh_playing(array[p_event_id]);
    return api.get_admin_event(p_actor, p_event_id);
end;
$$;

comment on function api.update_event is 'Change an event. Its shows keep their length.';
select api.add_route('PATCH', '/api/v1/admin/events/{event_id}', 'api.update_event', role => 'staff', lane => 'write');

create or replace function catalog.delete_event(p_event_id bigint)
returns void
language plpgsql
volatile
as $$
-- Raises not_found, in_use (used_by, count). Locks the row: who makes something of it meanwhile waits, and finds it gone.
declare
    v_count bigint;
begin
    perform 1
    from catalog.events as x
    where x.event_id = p_event_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;
    select count(*)
    into v_count
    from sales.shows as x
    where x.event_id = p_event_id;
    perform api.raise_in_use('shows', v_count);
    delete from catalog.events as x
    where x.event_id = p_event_id;
end;
$$;

create or replace function api.delete_event(
    p_actor bigint,
    p_event_id bigint
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.delete_event(p_event_id);
$$;

comment on function api.delete_event is 'Delete an event without shows. Errors: in_use.';
select api.add_route('DELETE', '/api/v1/admin/events/{event_id}', 'api.delete_event', role => 'staff', lane => 'write', status => 204);

create or replace function api.list_admin_shows(
    p_actor bigint,
    p_event_id bigint default null,
    p_venue_id bigint default null,
    p_hall_id bigint default null,
    p_status text default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(sales.show_json(s.show_id, true) order by s.starts_at desc, s.show_id)
            from (
                select s.show_id
                from sales.shows as s
                where (p_event_id is null or s.event_id = p_event_id)
                    and (p_venue_id is null or s.venue_id = p_venue_id)
                    and (p_hall_id is null or s.hall_id = p_hall_id)
                    and (p_status is null or s.status = p_status)
                order by
                    s.starts_at desc,
                    s.show_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as i
            inner join sales.shows as s
                on s.show_id = i.show_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from sales.shows as s
            where (p_event_id is null or s.event_id = p_event_id)
                and (p_venue_id is null or s.venue_id = p_venue_id)
                and (p_hall_id is null or s.hall_id = p_hall_id)
                and (p_status is null or s.status = p_status)
        )
    )
    from api.check_page(p_page, p_per_page);
$$;

comment on function api.list_admin_shows is 'All shows, the latest first, drafts too; or those of an event, a venue, a hall, or as staff has set their status (draft, on_sale, closed, cancelled).';
select api.add_route('GET', '/api/v1/admin/shows', 'api.list_admin_shows', role => 'staff', lane => 'search');

create or replace function api.update_show(
    p_actor bigint,
    p_show_id bigint,
    p_starts_at timestamptz default null,
    p_sale_starts_at timestamptz default null,
    p_status text default null,
    p_max_seats integer default null,
    p_hold_seconds integer default null,
    p_hold_grace_seconds integer default null,
    p_waitlist_enabled boolean default null,
    p_waitlist_policy text default null,
    p_waitlist_seconds integer default null,
    p_refund_cutoff_seconds integer default null,
    p_max_seats_per_buyer integer default null,
    p_waitlist_gather_seconds integer default null,
    p_max_seats_per_address integer default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises what sales.change_show does.
begin
    perform sales.change_show(
        p_show_id, p_actor, p_starts_at, p_sale_starts_at, p_status, p_max_seats, p_hold_seconds, p_hold_grace_seconds,
        p_waitlist_enabled, p_waitlist_policy, p_waitlist_seconds, p_refund_cutoff_seconds, p_max_seats_per_buyer,
        p_waitlist_gather_seconds, p_max_seats_per_address
    );
    return api.get_admin_show(p_actor, p_show_id);
end;
$$;

comment on function api.update_show is 'Change a show: when it starts, which its buyers are told; when its sale does; its status, draft, on_sale or closed; and its rules. Errors: too_late (it is cancelled), in_use (a draft with bookings), hall_taken.';
select api.add_route('PATCH', '/api/v1/admin/shows/{show_id}', 'api.update_show', role => 'staff', lane => 'write');

create or replace function api.update_show_seats(
    p_actor bigint,
    p_show_id bigint,
    p_seats jsonb
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises what sales.change_seats does.
begin
    return sales.change_seats(p_show_id, p_actor, p_seats);
end;
$$;

comment on function api.update_show_seats is 'Change seats of a show, all or none: their price in minor units, their tier, whether they are blocked. Errors: unknown_seat, in_use (held or sold).';
select api.add_route('PATCH', '/api/v1/admin/shows/{show_id}/seats', 'api.update_show_seats', role => 'staff', lane => 'write');

create or replace function api.delete_show(
    p_actor bigint,
    p_show_id bigint
)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select sales.delete_show(p_show_id);
$$;

comment on function api.delete_show is 'Delete a show that was never booked. Errors: in_use; such a one is cancelled instead.';
select api.add_route('DELETE', '/api/v1/admin/shows/{show_id}', 'api.delete_show', role => 'staff', lane => 'write', status => 204);
