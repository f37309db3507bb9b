-- Holds: any number of them for one show in one transaction, each judged in the order in which they arrived.

create or replace function sales.lock_holders(
    p_show_id bigint,
    p_user_ids bigint[]
)
returns void
language plpgsql
as $$
-- Sees to it that each of these users (null: nobody) has a row as the show's buyer, and locks the rows by user_id. That order, and
-- that a transaction locks its buyers last, is why two that have the same ones queue and do not deadlock. Who is new comes first,
-- and in the same order; so nobody waits for a new one with an old one's lock in hand.
begin
    if cardinality(p_user_ids) = 1 then
        perform 1
        from sales.buyers as y
        where y.show_id = p_show_id
            and y.user_id = p_user_ids[1]
        for no key update;
        if found then
            return;
        end if;
    end if;
    insert into sales.buyers as y (show_id, user_id)
    select
        p_show_id,
        u.user_id
    from (
        select distinct k.user_id
        from unnest(p_user_ids) as k (user_id)
        where k.user_id is not null
    ) as u
    where not exists (
        select
        from sales.buyers as y
        where y.show_id = p_show_id
            and y.user_id = u.user_id
    )
    order by u.user_id
    on conflict (show_id, user_id) do nothing;
    perform sales.lock_buyers(p_show_id, p_user_ids);
end;
$$;

create or replace function sales.begin_holds(
    p_show_id bigint,
    p_user_ids bigint[],
    p_lock_later boolean default false
)
returns sales.shows
language plpgsql
as $$
-- What comes before any number of holds of one show: takes back what has lapsed, and locks the buyers who are about to hold.
-- Returns the show; null when there is none, or a draft.
-- Locks, in order: lapsed bookings (skip locked), the waitlist's queue if any have lapsed and their seats, then the buyers, both
-- those whose holds lapsed and those who ask, by user_id. After that a hold waits for nobody.
-- p_lock_later: write_hold will lock the one buyer who asks, so that a refusal writes nothing. Not where holds have lapsed (their
-- buyers are locked in one order with this one), nor where what is paid counts, which is read under the lock.
declare
    v_show sales.shows;
    v_user_ids bigint[];
    v_seat_counts integer[];
begin
    select s.*
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id
        and s.status <> 'draft';
    if not found then
        return null;
    end if;

    -- Asked first, because the call alone costs 0.03 ms, and mostly none has lapsed.
    if exists (
        select
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.status = 'held'
            and b.held_until <= now()
    ) then
        select
            l.user_ids,
            l.seat_counts
        into v_user_ids, v_seat_counts
        from sales.take_back_lapsed(p_show_id, 1000) as l;
    end if;
    if v_user_ids is null and p_lock_later and v_show.max_seats_per_buyer is null then
        return v_show;
    end if;
    perform sales.lock_holders(p_show_id, p_user_ids || v_user_ids);
    perform sales.count_fewer(p_show_id, v_user_ids, v_seat_counts);
    return v_show;
end;
$$;

create or replace function sales.hold_batch(
    p_show_id bigint,
    p_user_ids bigint[],
    p_requests jsonb
)
returns table (
    n integer,
    code text,
    message text,
    body json
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- p_user_ids: who asks, in the order of p_requests; null: nobody is signed in.
-- p_requests: [{"n", "seats": ["C-7"] | "quantity": 2, "tier", "together", "idempotency_key", "address"}]; n is given back. address: the
-- client's, where limits by address apply.
-- Returns a row a request: code null and the booking, or a code of api.error and its members. Locks as begin_holds and judge_hold.
-- A seat that another transaction has locked may yet come free: then the verdict is busy, not taken and not sold out.
-- Where eight or more ask at once, the server may remember for "remember_ms" that a show is sold out; where few ask, each is
-- judged here, so that a seat that comes free is had at once.
declare
    v_show sales.shows;
    v_verdict sales.verdict;
    v_sold_out sales.verdict;
    v_refusal sales.verdict;
    -- what is granted: one a hold; then one a seat, v_holds the place of its hold in the former
    v_numbers integer[] := array[]::integer[];
    v_user_ids bigint[] := array[]::bigint[];
    v_keys text[] := array[]::text[];
    v_addresses inet[] := array[]::inet[];
    v_bodies json[];
    v_holds integer[] := array[]::integer[];
    v_given integer[] := array[]::integer[];
    v_given_to bigint[] := array[]::bigint[];
    r record;
begin
    if jsonb_array_length(p_requests) = 1 then
        return query
        select
            q.n,
            h.code,
            h.message,
            h.body
        from jsonb_to_recordset(p_requests) as q (
            n integer,
            seats text[],
            quantity integer,
            tier text,
            together boolean,
            idempotency_key text,
            address inet
        )
        cross join lateral sales.hold_seats(
            p_show_id, p_user_ids[1], q.seats, q.quantity, q.tier, q.together, q.idempotency_key, q.address
        ) as h;
        return;
    end if;

    v_show := sales.begin_holds(p_show_id, p_user_ids);
    for r in
        select
            q.i,
            q.n,
            q.seats,
            q.quantity,
            q.tier,
            q.together,
            q.idempotency_key,
            q.address
        from rows from (
            jsonb_to_recordset(p_requests) as (
                n integer,
                seats text[],
                quantity integer,
                tier text,
                together boolean,
                idempotency_key text,
                address inet
            )
        ) with ordinality as q (n, seats, quantity, tier, together, idempotency_key, address, i)
    loop
        v_verdict := sales.judge_hold(
            v_show,
            p_user_ids[r.i],
            r.seats,
            r.quantity,
            r.tier,
            r.together,
            r.idempotency_key,
            v_given,
            cardinality(array_positions(v_given_to, p_user_ids[r.i])),
            v_sold_out
        );
        -- The same key twice in one batch: the later one is asked again, and then finds the booking.
        if v_verdict.seat_nos is not null and r.idempotency_key is not null and exists (
            select
            from unnest(v_user_ids, v_keys) as g (user_id, idempotency_key)
            where g.user_id = p_user_ids[r.i]
                and g.idempotency_key = r.idempotency_key
        ) then
            v_verdict := row('busy', null, '{}', null)::sales.verdict;
        end if;

        if v_verdict.seat_nos is not null and r.address is not null then
            v_refusal := sales.refuse_address(
                v_show,
                r.address,
                v_verdict.seat_nos,
                (
                    select count(*)::integer
                    from unnest(v_holds) as g (hold)
                    where sales.network_of(v_addresses[g.hold]) = sales.network_of(r.address)
                )
            );
            if v_refusal.code is not null then
                v_verdict := v_refusal;
            end if;
        end if;

        if v_verdict.seat_nos is not null then
            v_numbers := v_numbers || r.n;
            v_user_ids := v_user_ids || p_user_ids[r.i];
            v_keys := v_keys || r.idempotency_key;
            v_addresses := v_addresses || r.address;
            v_holds := v_holds || array_fill(cardinality(v_user_ids), array[cardinality(v_verdict.seat_nos)]);
            v_given := v_given || v_verdict.seat_nos;
            v_given_to := v_given_to || array_fill(p_user_ids[r.i], array[cardinality(v_verdict.seat_nos)]);
        else
            if v_verdict.code = 'sold_out' and r.tier is null then
                v_sold_out := v_verdict;
            end if;
            n := r.n;
            code := v_verdict.code;
            message := v_verdict.message;
            body := v_verdict.body;
            if code = 'sold_out' and jsonb_array_length(p_requests) >= 8 then
                body := body::jsonb || '{"remember_ms": 1000}';
            end if;
            return next;
        end if;
    end loop;

    v_bodies := array(
        select w.body
        from sales.write_holds(v_show, v_user_ids, v_keys, v_holds, v_given) as w (body)
    );
    perform sales.note_address(
        v_show,
        a.address,
        v_bodies[a.hold],
        array(
            select g.seat_no
            from unnest(v_holds, v_given) as g (hold, seat_no)
            where g.hold = a.hold
        )
    )
    from unnest(v_addresses) with ordinality as a (address, hold)
    where a.address is not null;
    return query
    select
        w.number,
        null::text,
        null::text,
        w.body
    from unnest(v_numbers, v_bodies) as w (number, body);
end;
$$;

comment on function sales.hold_batch is 'Holds seats of one show for all of p_requests, each with its own verdict in arrival order.';
