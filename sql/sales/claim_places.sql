-- The small questions that hold_batch asks.

create or replace function sales.claim_places(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_excluded integer[]
)
returns table (
    seat_no integer,
    seat text,
    tier text,
    price_minor bigint
)
language plpgsql
as $$
-- Locks up to p_quantity free places (of p_tier, or any when null) and returns them, the best first: seats that leave no
-- single one alone beside them, if that can be helped, then those nearest to the hall's best. Skips what others have locked. Places that are all alike are sought from a random one on, wrapping round: a search that always began at
-- the first would read past all that is sold, and meet every other search there.
-- p_excluded: seat numbers that the caller has claimed already.
declare
    v_best integer[];
    v_start integer;
    v_found integer;
begin
    if (select s.admission from sales.shows as s where s.show_id = p_show_id) = 'seated' then
        -- Ranked by what is seen now, with some to spare for those that others have locked.
        v_best := array(
            select f.seat_no
            from (
                select
                    s.seat_no,
                    s.tier,
                    s.quality,
                    lag(s.seat_no, 1) over run is not distinct from s.seat_no - 1
                    and lag(s.seat_no, 2) over run is distinct from s.seat_no - 2 as leaves_left,
                    lead(s.seat_no, 1) over run is not distinct from s.seat_no + 1
                    and lead(s.seat_no, 2) over run is distinct from s.seat_no + 2 as leaves_right
                from sales.show_seats as s
                where s.show_id = p_show_id
                    and s.status = 'available'
                    and s.seat_no <> all (p_excluded)
                window run as (partition by s.block_no order by s.seat_no)
            ) as f
            where p_tier is null
                or f.tier = p_tier
            order by
                f.leaves_left::integer + f.leaves_right::integer,
                f.quality,
                f.seat_no
            limit p_quantity + 100
        );
        return query
        select
            s.seat_no,
            s.seat,
            s.tier,
            s.price_minor
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (v_best)
            and s.status = 'available'
        order by array_position(v_best, s.seat_no)
        limit p_quantity
        for update skip locked;
        get diagnostics v_found = row_count;

        if v_found < p_quantity then
            return query
            select
                s.seat_no,
                s.seat,
                s.tier,
                s.price_minor
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
                and s.seat_no <> all (p_excluded || v_best)
            order by
                s.quality,
                s.seat_no
            limit p_quantity - v_found
            for update skip locked;
        end if;
        return;
    end if;

    select 1 + floor(random() * max(s.seat_no))::integer
    into v_start
    from sales.show_seats as s
    where s.show_id = p_show_id;

    return query
    select
        s.seat_no,
        s.seat,
        s.tier,
        s.price_minor
    from sales.show_seats as s
    where s.show_id = p_show_id
        and s.seat_no >= v_start
        and s.status = 'available'
        and (p_tier is null or s.tier = p_tier)
        and s.seat_no <> all (p_excluded)
    order by s.seat_no
    limit p_quantity
    for update skip locked;
    get diagnostics v_found = row_count;

    if v_found < p_quantity then
        return query
        select
            s.seat_no,
            s.seat,
            s.tier,
            s.price_minor
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no < v_start
            and s.status = 'available'
            and (p_tier is null or s.tier = p_tier)
            and s.seat_no <> all (p_excluded)
        order by s.seat_no
        limit p_quantity - v_found
        for update skip locked;
    end if;
end;
$$;

create or replace function sales.seats_held_by(
    p_show_id bigint,
    p_user_id bigint,
    p_seats text[]
)
returns text[]
language sql
stable
as $$
-- Which of these seats the buyer holds already: so that nobody is told that somebody else was faster when it was they.
    select coalesce(array_agg(s.seat order by s.seat_no), '{}')
    from sales.show_seats as s
    inner join sales.bookings as b
        on b.show_id = s.show_id
        and b.booking_id = s.booking_id
    where s.show_id = p_show_id
        and s.seat = any (p_seats)
        and b.user_id = p_user_id;
$$;

create or replace function sales.explain_shortage(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_together boolean,
    p_given integer[],
    p_lost integer[],
    p_claimed integer[],
    p_request_count integer,
    out code text,
    out message text,
    out body json
)
language plpgsql
stable
as $$
-- Why p_quantity seats could not be given. busy: enough may come free, some are locked by a transaction that may yet fail,
-- or lapsed and not yet taken back. sold_out: none is free, none of these. Else some are free, but too few (seats_taken),
-- or not beside each other (not_together).
-- p_given: seat numbers given in this batch; p_lost: chosen, but locked by others; p_claimed: locked by this batch;
-- p_request_count: how many ask at once. In a crowd the server may remember for "remember_ms" that it is sold out; where few
-- ask, each is judged here, so that a seat that comes free is had at once.
declare
    v_free integer;
    v_locked integer;
    v_lapsed integer;
    v_held integer;
begin
    select
        count(*) filter (where s.status = 'available'),
        count(*) filter (where s.status = 'available' and s.seat_no <> all (p_claimed)),
        count(*) filter (where s.held_until <= now()),
        count(*) filter (where s.status in ('held', 'reserved'))
    into v_free, v_locked, v_lapsed, v_held
    from sales.show_seats as s
    where s.show_id = p_show_id
        and (p_tier is null or s.tier = p_tier)
        and s.seat_no <> all (p_given);

    if (v_free + v_lapsed >= p_quantity or v_free = 0)
        and (v_lapsed > 0 or case when p_together then cardinality(p_lost) > 0 else v_locked > 0 end)
    then
        code := 'busy';
        body := '{}';
    elsif v_free = 0 then
        code := 'sold_out';
        message := 'No seat is free.';
        body := json_build_object(
            'waitlist_open', (v_held > 0 or cardinality(p_given) > 0) and (
                select s.waitlist_enabled
                from sales.shows as s
                where s.show_id = p_show_id
            ),
            'remember_ms', case when p_request_count >= 8 then 1000 else 0 end
        );
    elsif p_together then
        code := 'not_together';
        message := format('There are not %s free seats beside each other.', p_quantity);
        body := json_build_object('available', v_free);
    else
        code := 'seats_taken';
        message := format('Only %s left.', v_free);
        body := json_build_object('taken', '{}'::text[], 'available', v_free);
    end if;
end;
$$;
