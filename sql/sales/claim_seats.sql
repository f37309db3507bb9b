-- Claiming seats: each function here locks free seats of a show by `for update skip locked`, so that nobody waits for a seat,
-- and returns the numbers of those that it got. When it got too few the caller asks why (explain_taken, explain_shortage).
-- p_given: seat numbers that were given earlier in the transaction and are not written yet: they are no longer free.

create or replace function sales.claim_named(
    p_show_id bigint,
    p_seats text[],
    p_given integer[]
)
returns integer[]
language plpgsql
as $$
-- Locks the seats that have these names. Seat by seat in the order of their names, and no further once one cannot be had: of
-- those who want the same seats one always gets them, where a single sweep would leave each with a part and all with nothing.
declare
    v_seat_nos integer[] := array[]::integer[];
    v_seat_no integer;
    v_seat text;
begin
    if cardinality(p_seats) > 1 then
        p_seats := array(select n.seat from unnest(p_seats) as n (seat) order by n.seat);
    end if;
    foreach v_seat in array p_seats loop
        select s.seat_no
        into v_seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat = v_seat
            and s.status = 'available'
            and s.seat_no <> all (p_given)
        for update skip locked;
        exit when not found;
        v_seat_nos := v_seat_nos || v_seat_no;
    end loop;
    return v_seat_nos;
end;
$$;

create or replace function sales.claim_adjacent(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_given integer[],
    out seat_nos integer[],
    out is_contested boolean
)
language plpgsql
as $$
-- Locks the best free seats beside each other; seat_nos is empty when there are not enough. is_contested: some were passed over
-- because another transaction has them locked.
declare
    v_choice integer[];
    v_lost integer[] := array[]::integer[];
begin
    loop
        v_choice := sales.choose_adjacent(p_show_id, p_quantity, p_tier, p_given || v_lost);
        seat_nos := array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat_no = any (v_choice)
                and s.status = 'available'
            order by s.seat_no
            for update skip locked
        );
        exit when v_choice is null or cardinality(seat_nos) = p_quantity;
        -- Somebody has one of them: choose again without those.
        v_lost := v_lost || array(
            select c.seat_no
            from unnest(v_choice) as c (seat_no)
            where c.seat_no <> all (seat_nos)
        );
    end loop;
    is_contested := cardinality(v_lost) > 0;
end;
$$;

create or replace function sales.claim_best(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_given integer[]
)
returns integer[]
language plpgsql
as $$
-- Locks up to p_quantity seats of a seated show (of p_tier, or of any when null, the cheaper first), not necessarily beside each
-- other: first those that leave no single seat alone beside them, if that can be helped, then those nearest to the hall's best.
-- Ranked by what is seen now, with some to spare for those that others have locked; if that is not enough, all are tried.
declare
    v_best integer[];
    v_seat_nos integer[];
begin
    v_best := array(
        select f.seat_no
        from (
            select
                s.seat_no,
                s.tier,
                s.price_minor,
                s.quality,
                lag(s.seat_no, 1) over run is not distinct from s.seat_no - 1
                and lag(s.seat_no, 2) over run is distinct from s.seat_no - 2 as leaves_left,
                lead(s.seat_no, 1) over run is not distinct from s.seat_no + 1
                and lead(s.seat_no, 2) over run is distinct from s.seat_no + 2 as leaves_right
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and s.seat_no <> all (p_given)
            window run as (partition by s.block_no order by s.seat_no)
        ) as f
        where p_tier is null
            or f.tier = p_tier
        order by
            case when p_tier is null then f.price_minor end,
            f.leaves_left::integer + f.leaves_right::integer,
            f.quality,
            f.seat_no
        limit p_quantity + 100
    );
    v_seat_nos := array(
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (v_best)
            and s.status = 'available'
        order by array_position(v_best, s.seat_no)
        limit p_quantity
        for update skip locked
    );
    if cardinality(v_seat_nos) < p_quantity and cardinality(v_best) = p_quantity + 100 then
        v_seat_nos := v_seat_nos || array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
                and s.seat_no <> all (p_given || v_best)
            order by
                case when p_tier is null then s.price_minor end,
                s.quality,
                s.seat_no
            limit p_quantity - cardinality(v_seat_nos)
            for update skip locked
        );
    end if;
    return v_seat_nos;
end;
$$;

create or replace function sales.claim_places(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_given integer[]
)
returns integer[]
language plpgsql
as $$
-- Locks up to p_quantity places of a show whose places are all alike (of p_tier, or of any when null), from a random one on,
-- wrapping round: a search that always began at the first would read past all that is sold, and meet every other search there.
declare
    v_seat_nos integer[];
begin
    v_seat_nos := array(
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no >= (
                select 1 + floor(random() * max(k.seat_no))::integer
                from sales.show_seats as k
                where k.show_id = p_show_id
            )
            and s.status = 'available'
            and (p_tier is null or s.tier = p_tier)
            and s.seat_no <> all (p_given)
        order by s.seat_no
        limit p_quantity
        for update skip locked
    );
    if cardinality(v_seat_nos) < p_quantity then
        v_seat_nos := v_seat_nos || array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
                and s.seat_no <> all (p_given || v_seat_nos)
            order by s.seat_no
            limit p_quantity - cardinality(v_seat_nos)
            for update skip locked
        );
    end if;
    return v_seat_nos;
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

create or replace function sales.explain_taken(
    p_show_id bigint,
    p_user_id bigint,
    p_seats text[],
    p_given integer[]
)
returns sales.verdict
language plpgsql
stable
as $$
-- Why these seats could not all be claimed. unknown_seat: the show has no such seat. seats_taken: names those that are gone.
-- busy: none is gone, but some are locked by a transaction that may yet fail, or lapsed and not yet taken back.
declare
    v_unknown text[];
    v_taken text[];
begin
    select
        array_agg(n.seat order by n.i) filter (where s.seat_no is null),
        array_agg(n.seat order by n.i) filter (
            where (s.status <> 'available' and (s.held_until <= now()) is not true)
                or s.seat_no = any (p_given)
        )
    into v_unknown, v_taken
    from unnest(p_seats) with ordinality as n (seat, i)
    left join sales.show_seats as s
        on s.show_id = p_show_id
        and s.seat = n.seat;

    if v_unknown is not null then
        return row('unknown_seat', format('The show has no seat %s.', array_to_string(v_unknown, ', ')), json_build_object('seats', v_unknown), null)::sales.verdict;
    elsif v_taken is not null then
        return row(
            'seats_taken',
            format('%s %s taken.', array_to_string(v_taken, ', '), case cardinality(v_taken) when 1 then 'is' else 'are' end),
            json_build_object('taken', v_taken, 'yours', sales.seats_held_by(p_show_id, p_user_id, v_taken)),
            null
        )::sales.verdict;
    end if;
    return row('busy', null, '{}', null)::sales.verdict;
end;
$$;

create or replace function sales.explain_shortage(
    p_show sales.shows,
    p_quantity integer,
    p_tier text,
    p_together boolean,
    p_given integer[],
    p_found_count integer,
    p_is_contested boolean
)
returns sales.verdict
language plpgsql
stable
as $$
-- Why p_quantity seats could not be claimed. busy: enough may come free, some are locked by a transaction that may yet fail, or
-- lapsed and not yet taken back. sold_out: none is free, none of these. Else some are free, but too few (seats_taken), or not
-- beside each other (not_together). invalid_request: the show has no such tier.
-- p_found_count: how many could be locked; beside each other, p_is_contested: some were passed over because others had them.
declare
    v_free integer;
    v_lapsed integer;
    v_held integer;
begin
    if p_tier is not null and not exists (
        select
        from sales.show_tiers as t
        where t.show_id = p_show.show_id
            and t.tier = p_tier
    ) then
        return row('invalid_request', 'The show has no such tier.', json_build_object('field', 'tier'), null)::sales.verdict;
    end if;
    select
        count(*) filter (where s.status = 'available'),
        count(*) filter (where s.held_until <= now()),
        count(*) filter (where s.status in ('held', 'reserved'))
    into v_free, v_lapsed, v_held
    from sales.show_seats as s
    where s.show_id = p_show.show_id
        and (p_tier is null or s.tier = p_tier)
        and s.seat_no <> all (p_given);

    if (v_free + v_lapsed >= p_quantity or v_free = 0)
        and (v_lapsed > 0 or case when p_together then p_is_contested else v_free > p_found_count end)
    then
        return row('busy', null, '{}', null)::sales.verdict;
    elsif v_free = 0 then
        return row(
            'sold_out',
            'No seat is free.',
            json_build_object('waitlist_open', (v_held > 0 or cardinality(p_given) > 0) and p_show.waitlist_enabled),
            null
        )::sales.verdict;
    elsif p_together then
        return row(
            'not_together',
            format('There are not %s free seats beside each other.', p_quantity),
            json_build_object('available', v_free),
            null
        )::sales.verdict;
    end if;
    return row(
        'seats_taken',
        format('Only %s left.', v_free),
        json_build_object('taken', '{}'::text[], 'available', v_free),
        null
    )::sales.verdict;
end;
$$;
