-- Which seats have changed, for those who look on. A hold tells nobody: a NOTIFY in its transaction would take a lock that
-- all commits share. Instead the gateway asks whether a show may be listened to, which notes it as watched; and the worker
-- that leads reads what has changed in all watched shows, some six times a second, and publishes it.

-- Takes or renews the lead in a task for p_seconds; answers whether p_worker has it. Locks the task's row.
create or replace function ops.take_lead(p_task text, p_worker text, p_seconds integer) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.leads as l (task, worker, led_until)
    values (p_task, p_worker, clock_timestamp() + p_seconds * interval '1 s')
    on conflict (task) do update
    set
        worker = excluded.worker,
        led_until = excluded.led_until
    where l.worker = excluded.worker
        or l.led_until <= clock_timestamp();
    return found;
end;
$$;

-- Gives up the lead, so that another need not wait for its end.
create or replace function ops.leave_lead(p_task text, p_worker text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from ops.leads as l
    where l.task = p_task
        and l.worker = p_worker;
end;
$$;

-- May the show be listened to? If so it is watched from now on: what changes from this moment will be published. False for
-- a show that is not there, or a draft. The first one to come tells the leader (NOTIFY live); for who comes while others
-- listen nothing is written, but for a mark each five seconds.
create or replace function ops.watch_show(p_show_id bigint) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select
        from sales.shows as s
        where s.show_id = p_show_id
            and s.status <> 'draft'
    ) then
        return false;
    end if;

    update ops.watched_shows as w
    set asked_at = now()
    where w.show_id = p_show_id
        and w.asked_at < now() - interval '5 s';
    if found or exists (select from ops.watched_shows as w where w.show_id = p_show_id) then
        return true;
    end if;

    insert into ops.watched_shows as w (show_id, version, changes)
    select
        p_show_id,
        coalesce(sum(k.changes), 0),
        coalesce(array_agg(k.changes), '{}')
    from (
        select sales.seat_changes(s.change_count, s.held_until) as changes
        from sales.show_seats as s
        where s.show_id = p_show_id
        order by s.seat_no
    ) as k
    on conflict (show_id) do update
    set asked_at = excluded.asked_at;
    notify live;
    return true;
end;
$$;

-- Notes that this user listens to their own channel, so that they are told what becomes of their bookings; answers them again,
-- the name of the channel behind "user:", and whether they are new: then ops.await_tellers is to be called before they are let in.
create or replace function ops.watch_user(p_user_id bigint, out user_id bigint, out is_new boolean, out listener text)
language plpgsql volatile
as $$
declare
    v_asked_at timestamptz;
begin
    user_id := p_user_id;
    select l.asked_at
    into v_asked_at
    from ops.listeners as l
    where l.user_id = p_user_id;
    is_new := coalesce(v_asked_at < now() - interval '6 minutes', true);
    if is_new or v_asked_at < now() - interval '1 minute' then
        insert into ops.listeners as l (user_id)
        values (p_user_id)
        on conflict on constraint listeners_pkey do update
        set asked_at = excluded.asked_at;
    end if;
    listener := substr(ops.channel_of(p_user_id), length('user:') + 1);
end;
$$;

-- The same for the user behind a credential, for the server. Raises not_signed_in.
create or replace function ops.watch_caller(p_credential bytea, out is_new boolean, out listener text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    select w.is_new, w.listener
    into is_new, listener
    from ops.watch_user(account.authenticate(p_credential, 'customer')) as w;
end;
$$;

-- Waits, half a second at most, until every transaction has ended that may have asked who listens before somebody came: what it
-- tells, it would tell without them, and they may have read the state before it.
create or replace function ops.await_tellers() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_next xid8 := pg_snapshot_xmax(pg_current_snapshot());
begin
    for i in 1 .. 50 loop
        exit when pg_snapshot_xmin(pg_current_snapshot()) >= v_next;
        perform pg_sleep(0.01);
    end loop;
end;
$$;

-- What is watched and has another version than the caller knows (p_versions, beside p_show_ids), in one scan; and only of
-- those shows that moved the seats themselves, in the layout's order.
-- Each: version; states, a character a seat as api.get_seat_states has them; changes of each seat. Of a show that the caller
-- does not know also the seats' names, and from which version and changes on the listeners are to be told.
-- p_left_out are shows to be left out this time: of those where nothing happens the worker reads some each time only, for 2,300
-- of them, with nobody there any more, cost a fifth of a core.
-- Costs 1 ms a tick for a watched show of 10,000 places, 13 ms for 1,000 shows with 170,000 seats; 3 ms more for 10,000 of
-- them that moved. An index on what a hold changes would cost each hold more than it could save here.
create or replace function ops.watched_changes(p_show_ids bigint[], p_versions bigint[], p_left_out bigint[])
returns table (
    show_id bigint,
    version bigint,
    states text,
    changes integer[],
    seats json,
    first_version bigint,
    first_changes integer[]
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_show_ids bigint[];
begin
    select array_agg(m.show_id)
    into v_show_ids
    from (
        select
            s.show_id,
            sum(sales.seat_changes(s.change_count, s.held_until)) as version
        from sales.show_seats as s
        where s.show_id = any (
            array(
                select w.show_id
                from ops.watched_shows as w
                where not exists (
                    select
                    from unnest(p_left_out) as x (show_id)
                    where x.show_id = w.show_id
                )
            )
        )
        group by s.show_id
    ) as m
    left join unnest(p_show_ids, p_versions) as k (show_id, version)
        on k.show_id = m.show_id
    where k.version is distinct from m.version;

    return query
    select
        w.show_id,
        n.version,
        n.states,
        n.changes,
        case when k.show_id is null then n.seats end,
        case when k.show_id is null then w.version end,
        case when k.show_id is null then w.changes end
    from unnest(v_show_ids) as v (show_id)
    inner join ops.watched_shows as w
        on w.show_id = v.show_id
    left join unnest(p_show_ids) as k (show_id)
        on k.show_id = v.show_id
    cross join lateral (
        select
            sum(s.changes) as version,
            string_agg(s.state, '') as states,
            array_agg(s.changes) as changes,
            case when k.show_id is null then json_agg(s.seat) end as seats
        from (
            select
                c.seat,
                sales.seat_state(c.status, c.held_until) as state,
                sales.seat_changes(c.change_count, c.held_until) as changes
            from sales.show_seats as c
            where c.show_id = v.show_id
            order by c.seat_no
        ) as s
    ) as n;
end;
$$;

-- Lets go of the shows to which nobody has come for six minutes: a listener must come again after five (the gateway's
-- nchan_subscriber_timeout). Counting them is no way: nchan 1.3.6 miscounts the listeners of a channel whose processes are not
-- the channel's own. Returns the shows that are watched no more.
create or replace function ops.forget_unwatched() returns setof bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    delete from ops.watched_shows as w
    where w.asked_at < now() - interval '6 minutes'
    returning w.show_id;
end;
$$;

-- Notes what a worker counted: p_counters is what to add, p_gauges what is so now; {name: number} each.
create or replace function ops.note_figures(p_counters jsonb, p_gauges jsonb) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into ops.figures as f (name, kind, value)
    select
        n.name,
        n.kind,
        n.value
    from (
        select c.key as name, 'counter' as kind, c.value::double precision as value
        from jsonb_each_text(p_counters) as c
        union all
        select g.key, 'gauge', g.value::double precision
        from jsonb_each_text(p_gauges) as g
    ) as n
    order by n.name
    on conflict (name) do update
    set
        value = case when f.kind = 'counter' then f.value + excluded.value else excluded.value end,
        noted_at = excluded.noted_at;
end;
$$;

-- What /metrics shows of the database's own figures. A gauge that nobody has renewed for a minute is not told; what ops.checks
-- counted is, with when that was.
create or replace function ops.metrics()
returns table (name text, kind text, value double precision)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select f.name, f.kind, f.value
    from ops.figures as f
    where f.kind = 'counter'
        or f.noted_at > now() - interval '1 minute'
    union all
    select
        c.name || k.suffix,
        'gauge',
        k.value
    from ops.checks as c
    cross join lateral (
        values
            ('_rows', c.row_count::double precision),
            ('_checked_at_seconds', extract(epoch from c.checked_at)::double precision)
    ) as k (suffix, value)
    order by 1;
end;
$$;
