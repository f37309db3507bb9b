-- catalog.playing: what has shows to come, in the orders in which lists are read.

create or replace function catalog.refresh_playing(p_event_ids bigint[])
returns void
language plpgsql
volatile
as $$
-- Brings catalog.playing to what the shows of these events are now: for whoever writes shows or events. Locks the events, so that of
-- two who do this at once the later sees what the earlier has committed, and then the cities where they play.
begin
    perform
    from catalog.events as e
    where e.event_id = any (p_event_ids)
    order by e.event_id
    for no key update;

    with present as (
        select
            s.event_id,
            coalesce(s.city_id, 0) as city_id,
            e.kind,
            e.title,
            min(s.starts_at) as next_show_at,
            count(*) as show_count
        from catalog.events as e
        inner join sales.shows as s
            on s.event_id = e.event_id
        where e.event_id = any (p_event_ids)
            and s.starts_at > now()
            and s.status in ('on_sale', 'closed')
        group by
            grouping sets (
                (s.event_id, e.kind, e.title, s.city_id),
                (s.event_id, e.kind, e.title)
            )
    ),
    gone as (
        delete from catalog.playing as p
        where p.event_id = any (p_event_ids)
            and not exists (
                select
                from present as n
                where n.event_id = p.event_id
                    and n.city_id = p.city_id
            )
    )
    insert into catalog.playing as p (event_id, city_id, kind, name, next_show_at, show_count)
    select
        n.event_id,
        n.city_id,
        n.kind,
        n.title,
        n.next_show_at,
        n.show_count
    from present as n
    order by
        n.event_id,
        n.city_id
    on conflict (event_id, city_id) do update
    set
        kind = excluded.kind,
        name = excluded.name,
        next_show_at = excluded.next_show_at,
        show_count = excluded.show_count
    where (p.kind, p.name, p.next_show_at, p.show_count) is distinct from (excluded.kind, excluded.name, excluded.next_show_at, excluded.show_count);

    perform
    from catalog.cities as c
    where c.city_id in (select s.city_id from sales.shows as s where s.event_id = any (p_event_ids))
    order by c.city_id
    for no key update;
    update catalog.cities as c
    set playing_count = k.playing_count
    from (
        select
            i.city_id,
            (select count(*) from catalog.playing as p where p.city_id = i.city_id) as playing_count
        from catalog.cities as i
        where i.city_id in (select s.city_id from sales.shows as s where s.event_id = any (p_event_ids))
    ) as k
    where c.city_id = k.city_id
        and c.playing_count <> k.playing_count;
end;
$$;

create or replace function catalog.refresh_playing_of(p_show_id bigint)
returns void
language sql
volatile
as $$
-- catalog.refresh_playing for the event of this show.
    select catalog.refresh_playing(array_agg(s.event_id))
    from sales.shows as s
    where s.show_id = p_show_id;
$$;

create or replace procedure catalog.refresh_begun(p_seconds double precision default 55)
language plpgsql
as $$
-- catalog.refresh_playing for events whose next show has begun, a hundred a transaction, every five seconds for most of its minute.
declare
    v_event_ids bigint[];
    v_end timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
begin
    loop
        loop
            v_event_ids := array(
                select p.event_id
                from catalog.playing as p
                where p.next_show_at <= now()
                order by p.next_show_at
                limit 100
            );
            exit when cardinality(v_event_ids) = 0;
            perform catalog.refresh_playing(v_event_ids);
            commit;
        end loop;
        exit when clock_timestamp() >= v_end;
        perform pg_sleep(5);
        commit;
    end loop;
end;
$$;
