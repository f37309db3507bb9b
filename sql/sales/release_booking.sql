-- Giving a hold back. As with holds, all that arrive for a show while the last call is under way are one transaction: where
-- somebody waits they queue for the show's queue, and its one decision is made once for all of them.

create or replace function sales.release_batch(
    p_show_id bigint,
    p_user_ids bigint[],
    p_booking_ids uuid[]
)
returns table (
    n integer,
    code text,
    body json
)
language plpgsql
as $$
-- Gives held bookings of one show back; their seats are free at once. p_user_ids: who asks, null: nobody is signed in.
-- Returns a row a request, n its place: code null when it was given back, else not_signed_in, not_found (also for another's)
-- or not_held, with what that says. Locks the bookings by booking_id, then as end_holds.
declare
    v_booking_ids uuid[];
    v_user_ids bigint[];
    v_statuses text[];
    v_given_ids uuid[];
begin
    select
        array_agg(b.booking_id),
        array_agg(b.user_id),
        array_agg(b.status)
    into v_booking_ids, v_user_ids, v_statuses
    from (
        select
            b.booking_id,
            b.user_id,
            b.status
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = any (p_booking_ids)
            and b.user_id = any (p_user_ids)
        order by b.booking_id
        for update
    ) as b;

    v_given_ids := array(
        select k.booking_id
        from unnest(v_booking_ids, v_user_ids, v_statuses) as k (booking_id, user_id, status)
        where k.status = 'held'
            and exists (
                select
                from unnest(p_booking_ids, p_user_ids) as a (booking_id, user_id)
                where a.booking_id = k.booking_id
                    and a.user_id = k.user_id
            )
    );
    if cardinality(v_given_ids) > 0 then
        perform sales.end_holds(p_show_id, v_given_ids, 'released', 'cancelled', 'offer_released');
    end if;

    return query
    select
        v.nth::integer,
        v.code,
        case when v.code = 'not_held' then json_build_object('booking_status', v.status) else '{}' end
    from (
        select
            a.nth,
            case when k.booking_id = any (v_given_ids) then 'released' else k.status end as status,
            case
                when a.user_id is null then 'not_signed_in'
                when k.booking_id is null then 'not_found'
                -- Of two who give the same back, the second comes too late.
                when k.booking_id <> all (v_given_ids) or a.turn > 1 then 'not_held'
            end as code
        from (
            select
                r.nth,
                r.booking_id,
                r.user_id,
                row_number() over (partition by r.booking_id, r.user_id order by r.nth) as turn
            from unnest(p_booking_ids, p_user_ids) with ordinality as r (booking_id, user_id, nth)
        ) as a
        left join unnest(v_booking_ids, v_user_ids, v_statuses) as k (booking_id, user_id, status)
            on k.booking_id = a.booking_id
            and k.user_id = a.user_id
    ) as v;
end;
$$;

comment on function sales.release_batch is 'Gives held bookings of one show back, each with its own verdict, in one transaction.';

create or replace function sales.release_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint
)
returns void
language plpgsql
as $$
-- release_batch for one. Raises not_found (also for another's), not_held.
declare
    v_verdict record;
begin
    select
        r.code,
        r.body
    into v_verdict
    from sales.release_batch(p_show_id, array[p_user_id], array[p_booking_id]) as r;
    if v_verdict.code is not null then
        perform api.raise(v_verdict.code, v_verdict.body::jsonb);
    end if;
end;
$$;
