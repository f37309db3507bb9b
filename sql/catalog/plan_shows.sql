-- Planning a week: many shows of an event at once, each hall at each time of each day.

create or replace function sales.plan_shows(
    p_event_id bigint,
    p_hall_ids bigint[],
    p_from date,
    p_to date,
    p_times time[],
    p_weekdays integer[]
)
returns setof sales.planned_show
language sql
stable
as $$
-- The shows that these halls, days (p_from to p_to, both included; of p_weekdays, 1 Monday to 7 Sunday, or any when null) and times
-- make, in the order of their start. Days and times are those of the venue's zone.
-- problem: past; no_such_time (the clocks skip it that day); hall_taken, by the show conflict_show_id or, where that is null, by one
-- before it in this plan; null: it can be made.
    with planned as (
        select
            h.hall_id,
            h.name as hall_name,
            h.cleaning_minutes,
            c.timezone,
            d.day + t.local_time as local_start,
            (d.day + t.local_time) at time zone c.timezone as starts_at,
            (d.day + t.local_time) at time zone c.timezone + make_interval(mins => e.duration_minutes) as ends_at
        from catalog.halls as h
        inner join catalog.venues as v
            on v.venue_id = h.venue_id
        inner join catalog.cities as c
            on c.city_id = v.city_id
        inner join catalog.events as e
            on e.event_id = p_event_id
        cross join generate_series(p_from::timestamp, p_to::timestamp, interval '1 day') as d (day)
        cross join (select distinct x.local_time from unnest(p_times) as x (local_time)) as t
        where h.hall_id = any (p_hall_ids)
            and (p_weekdays is null or extract(isodow from d.day)::integer = any (p_weekdays))
    ),
    timed as (
        select
            p.*,
            sales.hall_time(p.starts_at, p.ends_at, p.cleaning_minutes) as hall_time
        from planned as p
    )
    select
        p.hall_id,
        p.hall_name,
        p.timezone,
        p.local_start,
        p.starts_at,
        p.ends_at,
        case
            when p.starts_at <= now() then 'past'
            when p.starts_at at time zone p.timezone <> p.local_start then 'no_such_time'
            when o.show_id is not null then 'hall_taken'
            when exists (
                select
                from timed as q
                where q.hall_id = p.hall_id
                    and q.starts_at < p.starts_at
                    and q.hall_time && p.hall_time
            ) then 'hall_taken'
        end,
        o.show_id
    from timed as p
    left join lateral (
        select s.show_id
        from sales.shows as s
        where s.hall_id = p.hall_id
            and s.status <> 'cancelled'
            and sales.hall_time(s.starts_at, s.ends_at, s.cleaning_minutes) && p.hall_time
        order by
            s.starts_at,
            s.show_id
        limit 1
    ) as o
        on true
    order by
        p.starts_at,
        p.hall_id;
$$;

create or replace function catalog.tiers_of_hall(p_hall_id bigint)
returns text[]
language sql
stable
as $$
-- The tiers of a hall's seats; null: it has places, all alike.
    select array_agg(distinct s.tier)
    from catalog.seats as s
    where s.hall_id = p_hall_id;
$$;

create or replace function catalog.prices_of_hall(
    p_hall_id bigint,
    p_prices jsonb
)
returns jsonb
language sql
stable
as $$
-- Of prices for several halls those of this hall's tiers; as they are where it has none of them, or no tiers.
    select coalesce(jsonb_object_agg(k.tier, k.price), p_prices)
    from jsonb_each(p_prices) as k (tier, price)
    where jsonb_typeof(p_prices) = 'object'
        and exists (
            select
            from catalog.seats as s
            where s.hall_id = p_hall_id
                and s.tier = k.tier
        );
$$;
