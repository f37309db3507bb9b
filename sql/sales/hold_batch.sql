-- Holding seats: the one function behind every hold. It takes all the requests for one show that arrived while the last
-- call was under way, and judges each in arrival order, all or nothing; one transaction, one commit. A verdict is a
-- value, never an exception, so that one bad request cannot undo its neighbours.

create or replace function sales.write_holds(
    p_show_id bigint,
    p_user_ids bigint[],
    p_keys text[],
    p_show_json json,
    p_requests integer[],
    p_seat_nos integer[],
    p_seats text[],
    p_tiers text[],
    p_prices bigint[],
    p_lapsed_user_ids bigint[],
    p_lapsed_seat_counts integer[]
)
returns table (
    request integer,
    body json
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- Writes what hold_batch gives: p_requests, p_seat_nos, p_seats, p_tiers and p_prices are a seat each, which the caller has locked;
-- p_user_ids and p_keys a request each; p_show_json is sales.show_brief or null. Returns a row for each request that has its booking.
-- First the buyers: the row's lock and its check are what makes ten the most for two batches at once. Those whose holds
-- lapsed are counted down in the same statement, so that all buyers are locked in one order.
declare
    v_show record;
    v_show_json json := coalesce(p_show_json, sales.show_brief(p_show_id));
    v_granted bigint[];
    v_written integer[];
    v_bodies json[];
    v_fewer record;
begin
    select
        s.currency,
        now() + make_interval(secs => s.hold_seconds) as expires_at,
        now() + make_interval(secs => s.hold_seconds + s.hold_grace_seconds) as held_until
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id;

    with granted as (
        insert into sales.buyers as y (show_id, user_id, claimed_count)
        select
            p_show_id,
            u.user_id,
            sum(u.seat_count)
        from (
            select
                p_user_ids[g.request] as user_id,
                1 as seat_count
            from unnest(p_requests) as g (request)
            union all
            select
                l.user_id,
                0
            from unnest(p_lapsed_user_ids) as l (user_id)
        ) as u
        group by u.user_id
        order by u.user_id
        on conflict (show_id, user_id) do update
        set claimed_count = y.claimed_count + excluded.claimed_count
            - coalesce(p_lapsed_seat_counts[array_position(p_lapsed_user_ids, excluded.user_id)], 0)
        where y.claimed_count + excluded.claimed_count
            - coalesce(p_lapsed_seat_counts[array_position(p_lapsed_user_ids, excluded.user_id)], 0) <= 10
        returning y.user_id
    )
    select coalesce(array_agg(g.user_id), '{}')
    into v_granted
    from granted as g;

    with given as (
        select
            g.request,
            g.seat_no,
            g.seat,
            g.tier,
            g.price_minor
        from unnest(p_requests, p_seat_nos, p_seats, p_tiers, p_prices)
            as g (request, seat_no, seat, tier, price_minor)
        where p_user_ids[g.request] = any (v_granted)
    ),
    bundled as (
        select
            g.request,
            gen_random_uuid() as booking_id,
            array_agg(g.seat_no order by g.seat_no) as seat_nos,
            json_agg(
                json_build_object(
                    'seat', g.seat,
                    'tier', g.tier,
                    'price', api.money(g.price_minor, v_show.currency)
                )
                order by g.seat_no
            ) as seats,
            sum(g.price_minor)::bigint as amount_minor
        from given as g
        group by g.request
    ),
    booked as (
        insert into sales.bookings as b (
            show_id,
            booking_id,
            user_id,
            seat_nos,
            seats,
            amount_minor,
            currency,
            idempotency_key,
            expires_at,
            held_until
        )
        select
            p_show_id,
            u.booking_id,
            p_user_ids[u.request],
            u.seat_nos,
            u.seats,
            u.amount_minor,
            v_show.currency,
            p_keys[u.request],
            v_show.expires_at,
            v_show.held_until
        from bundled as u
        on conflict (show_id, user_id, idempotency_key) where idempotency_key is not null do nothing
        returning
            b.booking_id,
            b.held_until,
            sales.booking_body(b, v_show_json, null, '[]') as body
    ),
    held as (
        update sales.show_seats as s
        set
            status = 'held',
            booking_id = k.booking_id,
            held_until = k.held_until,
            change_count = s.change_count + 1
        from given as g
        inner join bundled as u
            on u.request = g.request
        inner join booked as k
            on k.booking_id = u.booking_id
        where s.show_id = p_show_id
            and s.seat_no = any (p_seat_nos)
            and s.seat_no = g.seat_no
    )
    select
        array_agg(u.request),
        array_agg(k.body)
    into v_written, v_bodies
    from bundled as u
    inner join booked as k
        on k.booking_id = u.booking_id;

    -- Given but not written: the same buyer or the same key won in another batch in this instant. What lapsed counts
    -- nevertheless.
    select
        array_agg(f.user_id) as user_ids,
        array_agg(f.seat_count) as seat_counts
    into v_fewer
    from (
        select
            p_user_ids[g.request],
            1
        from unnest(p_requests) as g (request)
        where g.request <> all (coalesce(v_written, '{}'))
            and p_user_ids[g.request] = any (v_granted)
        union all
        select
            l.user_id,
            l.seat_count
        from unnest(p_lapsed_user_ids, p_lapsed_seat_counts) as l (user_id, seat_count)
        where l.user_id <> all (v_granted)
    ) as f (user_id, seat_count);
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);

    return query
    select
        w.request,
        w.body
    from unnest(v_written, v_bodies) as w (request, body);
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
-- Plans are made once and kept, which halves the cost of a single hold (1.13 ms planned anew, 0.6 ms kept); without
-- sequential scans, because they may be made while the tables are still empty.
--
-- p_user_ids: who asks, in the order of p_requests; null: nobody is signed in.
-- p_requests: [{"n", "seats": ["C-7"] | "quantity": 2, "tier", "together", "idempotency_key"}]; n is given back.
-- Returns a row a request: code null and the booking, or a code of api.error and its members.
--
-- Keeps: a seat has one buyer; a booking has all its seats; ten seats at most a booking, and held a buyer.
-- Locks, in order: lapsed bookings (skip locked), the waitlist's queue if any have lapsed, free seats (skip locked: waits for
-- nobody), then the buyers, both those whose holds
-- lapsed and those who get seats, by user_id in one statement. Whoever else locks these takes the buyers last too, so that
-- nobody who waits is waited for.
-- A seat that another transaction has locked may yet come free: then the verdict is busy, not taken and not sold out.
declare
    v_show record;
    v_show_json json;
    v_lapsed record;
    r record;
    v_position integer;
    v_seat text;
    -- a request each
    v_n integer[] := array[]::integer[];
    v_wanted_from integer[] := array[]::integer[];
    v_wanted_count integer[] := array[]::integer[];
    v_quantity integer[] := array[]::integer[];
    v_tier text[] := array[]::text[];
    v_together boolean[] := array[]::boolean[];
    v_key text[] := array[]::text[];
    v_code text[] := array[]::text[];
    v_message text[] := array[]::text[];
    v_body json[] := array[]::json[];
    v_held_count integer[];
    v_users_repeat boolean;
    -- named seats that are asked for, as each request names them and in the order of locking; the next to lock; those of
    -- them that are ours to give; those that are not
    v_wanted text[] := array[]::text[];
    v_sorted text[] := array[]::text[];
    v_try text[];
    v_free_seat text[] := array[]::text[];
    v_free_no integer[] := array[]::integer[];
    v_free_tier text[] := array[]::text[];
    v_free_price bigint[] := array[]::bigint[];
    v_known text[];
    v_locked text[];
    -- places asked for by number only; at the end of the list those free seats that somebody named
    v_place_next integer := 1;
    v_place_no integer[] := array[]::integer[];
    v_place_seat text[] := array[]::text[];
    v_place_tier text[] := array[]::text[];
    v_place_price bigint[] := array[]::bigint[];
    v_place_given boolean[] := array[]::boolean[];
    v_place_count integer;
    v_missing integer;
    -- tiers ('*': without one) of which there is no place but those above
    v_exhausted text[] := array[]::text[];
    v_lost integer[] := array[]::integer[];
    v_choice integer[];
    v_chosen record;
    -- what is given: a seat each
    v_give_request integer[] := array[]::integer[];
    v_give_no integer[] := array[]::integer[];
    v_give_seat text[] := array[]::text[];
    v_give_tier text[] := array[]::text[];
    v_give_price bigint[] := array[]::bigint[];
    v_positions integer[];
    v_taken text[];
    v_unknown text[];
    v_is_busy boolean;
    v_shortage record;
    v_held integer;
begin
    select
        s.status,
        s.admission,
        s.currency,
        s.max_seats,
        s.hold_seconds,
        s.hold_grace_seconds,
        s.sale_starts_at,
        s.starts_at,
        s.waitlist_enabled
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id
        and s.status <> 'draft';

    if not found then
        return query
        select
            q.n,
            case when p_user_ids[q.i] is null then 'not_signed_in' else 'not_found' end,
            null::text,
            '{}'::json
        from rows from (jsonb_to_recordset(p_requests) as (n integer)) with ordinality as q (n, i);
        return;
    end if;

    select
        l.booking_ids,
        l.user_ids,
        l.seat_counts
    into v_lapsed
    from sales.take_back_lapsed(p_show_id, 1000) as l;

    -- 1. What is asked, and what of it cannot be granted whatever is free.
    for r in
        select
            q.i::integer as i,
            q.n,
            q.seats,
            q.quantity,
            q.tier,
            q.together,
            q.idempotency_key
        from rows from (
            jsonb_to_recordset(p_requests) as (
                n integer,
                seats text[],
                quantity integer,
                tier text,
                together boolean,
                idempotency_key text
            )
        ) with ordinality as q (n, seats, quantity, tier, together, idempotency_key, i)
    loop
        v_n[r.i] := r.n;
        v_key[r.i] := r.idempotency_key;
        v_quantity[r.i] := r.quantity;
        v_tier[r.i] := r.tier;
        v_together[r.i] := coalesce(r.together, true) and v_show.admission = 'seated' and r.quantity > 1;
        v_wanted_from[r.i] := cardinality(v_wanted) + 1;
        v_wanted_count[r.i] := coalesce(cardinality(r.seats), 0);
        v_body[r.i] := null;
        v_message[r.i] := null;
        v_code[r.i] := case
            when p_user_ids[r.i] is null then 'not_signed_in'
            when (r.seats is null) = (r.quantity is null)
                or r.quantity < 1
                or cardinality(r.seats) = 0
                or array_ndims(r.seats) > 1
                then 'invalid_request'
            when greatest(r.quantity, cardinality(r.seats)) > v_show.max_seats then 'too_many_seats'
        end;
        if v_code[r.i] = 'invalid_request' then
            v_message[r.i] := 'Give either "seats", the names of some, or "quantity", a number from 1.';
            v_body[r.i] := json_build_object('field', case when r.quantity is null then 'seats' else 'quantity' end);
        elsif v_code[r.i] = 'too_many_seats' then
            v_message[r.i] := format('At most %s seats a booking.', v_show.max_seats);
            v_body[r.i] := json_build_object('max_seats', v_show.max_seats);
        end if;
        continue when v_code[r.i] is not null;

        if array_position(r.seats, null) is not null then
            v_code[r.i] := 'invalid_request';
            v_message[r.i] := 'A seat has no name.';
            v_body[r.i] := json_build_object('field', 'seats');
        elsif cardinality(r.seats) > 1
            and (select count(distinct s.seat) from unnest(r.seats) as s (seat)) < cardinality(r.seats)
        then
            v_code[r.i] := 'invalid_request';
            v_message[r.i] := 'A seat is named twice.';
            v_body[r.i] := json_build_object('field', 'seats');
        elsif r.tier is not null and not exists (
            select
            from sales.show_tiers as t
            where t.show_id = p_show_id
                and t.tier = r.tier
        ) then
            v_code[r.i] := 'invalid_request';
            v_message[r.i] := 'The show has no such tier.';
            v_body[r.i] := json_build_object('field', 'tier');
        elsif r.seats is not null then
            v_wanted := v_wanted || r.seats;
            v_sorted := v_sorted || array(select s.seat from unnest(r.seats) as s (seat) order by s.seat);
        end if;
    end loop;

    -- 2. A repeat gets the booking that its first sending made.
    if array_length(array_remove(v_key, null), 1) > 0 then
        v_show_json := sales.show_brief(p_show_id);
        for r in
            select
                k.i,
                b.seat_nos,
                sales.booking_json(p_show_id, b.booking_id, v_show_json) as body
            from unnest(p_user_ids, v_key) with ordinality as k (user_id, idempotency_key, i)
            cross join lateral (
                select
                    w.booking_id,
                    w.seat_nos
                from sales.bookings as w
                where w.show_id = p_show_id
                    and w.user_id = k.user_id
                    and w.idempotency_key = k.idempotency_key
                limit 1
            ) as b
        loop
            continue when v_code[r.i] is not null;
            if (case
                when v_quantity[r.i] is null then (
                    select array_agg(s.seat_no order by s.seat_no)
                    from sales.show_seats as s
                    where s.show_id = p_show_id
                        and s.seat = any (v_wanted[v_wanted_from[r.i] : v_wanted_from[r.i] + v_wanted_count[r.i] - 1])
                ) is not distinct from r.seat_nos
                else v_quantity[r.i] = cardinality(r.seat_nos)
            end) then
                v_code[r.i] := 'repeat';
                v_body[r.i] := r.body;
            else
                v_code[r.i] := 'idempotency_key_reused';
                v_message[r.i] := 'The first request with this Idempotency-Key asked for something else.';
                v_body[r.i] := '{}';
            end if;
        end loop;
        -- The same key twice in one batch: the later one is asked again, and then finds the booking.
        for r in
            select k.i
            from (
                select
                    u.i,
                    row_number() over (partition by u.user_id, u.idempotency_key order by u.i) as nth
                from unnest(p_user_ids, v_key) with ordinality as u (user_id, idempotency_key, i)
                where u.idempotency_key is not null
                    and v_code[u.i] is null
            ) as k
            where k.nth > 1
        loop
            v_code[r.i] := 'busy';
        end loop;
    end if;

    -- 3. On sale, and no more than ten live held seats a buyer. Read without a lock here; step 6 is the guard.
    -- Each is looked up: a join could read all buyers of the show.
    select
        array_agg(
            coalesce(
                (
                    select y.claimed_count
                    from sales.buyers as y
                    where y.show_id = p_show_id
                        and y.user_id = u.user_id
                ),
                0
            )
            order by u.i
        ),
        count(distinct u.user_id) < count(u.user_id)
    into v_held_count, v_users_repeat
    from unnest(p_user_ids) with ordinality as u (user_id, i);
    if v_lapsed.user_ids is not null then
        for i in 1 .. cardinality(v_n) loop
            v_held_count[i] := v_held_count[i]
                - coalesce(v_lapsed.seat_counts[array_position(v_lapsed.user_ids, p_user_ids[i])], 0);
        end loop;
    end if;

    for i in 1 .. cardinality(v_n) loop
        continue when v_code[i] is not null;
        if v_show.status <> 'on_sale' or now() < v_show.sale_starts_at or now() >= v_show.starts_at then
            v_code[i] := 'not_on_sale';
            v_message[i] := case
                when v_show.status = 'cancelled' then 'The show is cancelled.'
                when now() < v_show.sale_starts_at then 'The sale has not begun.'
                else 'The sale is over.'
            end;
            v_body[i] := json_build_object('sale_starts_at', api.rfc3339(v_show.sale_starts_at));
        end if;
    end loop;

    -- 4. Claim what is free of what is asked, without waiting for anybody.
    -- The seats of one request are locked one after the other by name, and no further once one is not to be had: of those who
    -- collide one always goes on, where locking in one sweep would leave each with a part and all with nothing.
    for k in 1 .. coalesce((select max(w.seat_count) from unnest(v_wanted_count) as w (seat_count)), 0) loop
        v_try := array[]::text[];
        for i in 1 .. cardinality(v_n) loop
            continue when v_code[i] is not null or v_wanted_count[i] < k;
            continue when k > 1 and array_position(v_free_seat, v_sorted[v_wanted_from[i] + k - 2]) is null;
            v_try := v_try || v_sorted[v_wanted_from[i] + k - 1];
        end loop;
        exit when cardinality(v_try) = 0;
        select
            v_free_seat || coalesce(array_agg(s.seat), '{}'),
            v_free_no || coalesce(array_agg(s.seat_no), '{}'),
            v_free_tier || coalesce(array_agg(s.tier), '{}'),
            v_free_price || coalesce(array_agg(s.price_minor), '{}')
        into v_free_seat, v_free_no, v_free_tier, v_free_price
        from (
            select
                s.seat,
                s.seat_no,
                s.tier,
                s.price_minor
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat = any (v_try)
                and s.seat <> all (v_free_seat)
                and s.status = 'available'
            order by s.seat_no
            for update skip locked
        ) as s;
    end loop;

    if cardinality(v_free_seat) < cardinality(v_wanted) then
        select
            array_agg(s.seat),
            array_agg(s.seat) filter (
                where (s.status = 'available' and s.seat <> all (v_free_seat))
                    or s.held_until <= now()
            )
        into v_known, v_locked
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat = any (v_wanted);
    else
        v_known := v_free_seat;
    end if;

    for r in
        select
            u.tier,
            sum(u.quantity)::integer as quantity
        from unnest(v_tier, v_quantity, v_together, v_code) as u (tier, quantity, together, code)
        where u.quantity is not null
            and not u.together
            and u.code is null
        group by u.tier
        order by u.tier
    loop
        v_place_count := cardinality(v_place_no);
        select
            v_place_no || coalesce(array_agg(c.seat_no), '{}'),
            v_place_seat || coalesce(array_agg(c.seat), '{}'),
            v_place_tier || coalesce(array_agg(c.tier), '{}'),
            v_place_price || coalesce(array_agg(c.price_minor), '{}')
        into v_place_no, v_place_seat, v_place_tier, v_place_price
        from sales.claim_places(p_show_id, r.quantity, r.tier, v_free_no || v_place_no) as c;
        if cardinality(v_place_no) - v_place_count < r.quantity then
            v_exhausted := v_exhausted || coalesce(r.tier, '*');
        end if;
    end loop;
    -- Whoever named a free seat may have come later, or be refused: then it is a place like any other.
    v_place_no := v_place_no || v_free_no;
    v_place_seat := v_place_seat || v_free_seat;
    v_place_tier := v_place_tier || v_free_tier;
    v_place_price := v_place_price || v_free_price;
    v_place_given := array_fill(false, array[cardinality(v_place_no)]);

    -- 5. Give, in arrival order.
    for i in 1 .. cardinality(v_n) loop
        continue when v_code[i] is not null;

        v_held := v_held_count[i];
        if v_users_repeat then
            for j in 1 .. cardinality(v_give_request) loop
                if p_user_ids[v_give_request[j]] = p_user_ids[i] then
                    v_held := v_held + 1;
                end if;
            end loop;
        end if;
        if v_held + coalesce(v_quantity[i], v_wanted_count[i]) > 10 then
            v_code[i] := 'too_many_seats';
            v_message[i] := format('You hold %s seats of this show, with those you wait for; ten is the most.', v_held);
            v_body[i] := json_build_object('max_seats', v_show.max_seats, 'held', v_held);
            continue;
        end if;

        v_positions := array[]::integer[];
        if v_quantity[i] is null then
            v_taken := array[]::text[];
            v_unknown := array[]::text[];
            v_is_busy := false;
            foreach v_seat in array v_wanted[v_wanted_from[i] : v_wanted_from[i] + v_wanted_count[i] - 1] loop
                v_position := array_position(v_free_seat, v_seat);
                if array_position(v_give_no, v_free_no[v_position]) is null and v_position is not null then
                    v_positions := v_positions || v_position;
                elsif array_position(v_known, v_seat) is null then
                    v_unknown := v_unknown || v_seat;
                elsif v_position is null and array_position(v_locked, v_seat) is not null then
                    v_is_busy := true;
                else
                    v_taken := v_taken || v_seat;
                end if;
            end loop;
            if cardinality(v_unknown) > 0 then
                v_code[i] := 'unknown_seat';
                v_message[i] := format('The show has no seat %s.', array_to_string(v_unknown, ', '));
                v_body[i] := json_build_object('seats', v_unknown);
            elsif cardinality(v_taken) > 0 then
                v_code[i] := 'seats_taken';
                v_message[i] := format('%s taken.', array_to_string(v_taken, ', ') || case cardinality(v_taken) when 1 then ' is' else ' are' end);
                v_body[i] := json_build_object(
                    'taken', v_taken,
                    'yours', sales.seats_held_by(p_show_id, p_user_ids[i], v_taken)
                );
            elsif v_is_busy then
                v_code[i] := 'busy';
            else
                foreach v_position in array v_positions loop
                    v_give_request := v_give_request || i;
                    v_give_no := v_give_no || v_free_no[v_position];
                    v_give_seat := v_give_seat || v_free_seat[v_position];
                    v_give_tier := v_give_tier || v_free_tier[v_position];
                    v_give_price := v_give_price || v_free_price[v_position];
                end loop;
            end if;

        elsif v_together[i] then
            loop
                v_choice := sales.choose_adjacent(
                    p_show_id, v_quantity[i], v_tier[i], v_give_no || v_lost
                );
                exit when v_choice is null;
                select
                    array_agg(s.seat_no) as seat_no,
                    array_agg(s.seat) as seat,
                    array_agg(s.tier) as tier,
                    array_agg(s.price_minor) as price_minor
                into v_chosen
                from (
                    select
                        s.seat_no,
                        s.seat,
                        s.tier,
                        s.price_minor
                    from sales.show_seats as s
                    where s.show_id = p_show_id
                        and s.seat_no = any (v_choice)
                        and s.status = 'available'
                    order by s.seat_no
                    for update skip locked
                ) as s;
                exit when cardinality(v_chosen.seat_no) = v_quantity[i];
                -- Somebody has one of them: choose again without those.
                v_lost := v_lost || array(
                    select c.seat_no
                    from unnest(v_choice) as c (seat_no)
                    where c.seat_no <> all (coalesce(v_chosen.seat_no, '{}'))
                );
            end loop;
            if v_choice is not null then
                v_give_request := v_give_request || array_fill(i, array[v_quantity[i]]);
                v_give_no := v_give_no || v_chosen.seat_no;
                v_give_seat := v_give_seat || v_chosen.seat;
                v_give_tier := v_give_tier || v_chosen.tier;
                v_give_price := v_give_price || v_chosen.price_minor;
            end if;

        else
            while v_place_given[v_place_next] loop
                v_place_next := v_place_next + 1;
            end loop;
            for j in v_place_next .. cardinality(v_place_no) loop
                exit when cardinality(v_positions) = v_quantity[i];
                if not v_place_given[j]
                    and (v_tier[i] is null or v_place_tier[j] = v_tier[i])
                    and (
                        v_show.admission = 'general' and cardinality(v_wanted) = 0
                        or array_position(v_give_no, v_place_no[j]) is null
                    )
                then
                    v_positions := v_positions || j;
                end if;
            end loop;
            -- Others of this batch had places that were meant for this one: are there more?
            v_missing := v_quantity[i] - cardinality(v_positions);
            if v_missing > 0 and not v_exhausted && array[coalesce(v_tier[i], '*'), '*'] then
                v_place_count := cardinality(v_place_no);
                select
                    v_place_no || coalesce(array_agg(c.seat_no), '{}'),
                    v_place_seat || coalesce(array_agg(c.seat), '{}'),
                    v_place_tier || coalesce(array_agg(c.tier), '{}'),
                    v_place_price || coalesce(array_agg(c.price_minor), '{}')
                into v_place_no, v_place_seat, v_place_tier, v_place_price
                from sales.claim_places(p_show_id, v_missing, v_tier[i], v_place_no || v_give_no) as c;
                for j in v_place_count + 1 .. cardinality(v_place_no) loop
                    v_place_given[j] := false;
                    v_positions := v_positions || j;
                end loop;
                if cardinality(v_positions) < v_quantity[i] then
                    v_exhausted := v_exhausted || coalesce(v_tier[i], '*');
                end if;
            end if;
            if cardinality(v_positions) = v_quantity[i] then
                foreach v_position in array v_positions loop
                    v_place_given[v_position] := true;
                    v_give_request := v_give_request || i;
                    v_give_no := v_give_no || v_place_no[v_position];
                    v_give_seat := v_give_seat || v_place_seat[v_position];
                    v_give_tier := v_give_tier || v_place_tier[v_position];
                    v_give_price := v_give_price || v_place_price[v_position];
                end loop;
            end if;
        end if;

        -- A number that could not be given: say whether that is for now, for this number, or for good.
        if v_quantity[i] is not null and v_give_request[cardinality(v_give_request)] is distinct from i then
            select
                x.code,
                x.message,
                x.body
            into v_shortage
            from sales.explain_shortage(
                p_show_id,
                v_quantity[i],
                v_tier[i],
                v_together[i],
                v_give_no,
                v_lost,
                v_place_no,
                cardinality(v_n)
            ) as x;
            v_code[i] := v_shortage.code;
            v_message[i] := v_shortage.message;
            v_body[i] := v_shortage.body;
        end if;
    end loop;

    -- 6. Write. What is given but could not be written is asked again.
    if cardinality(v_give_no) = 0 then
        perform sales.count_fewer(p_show_id, v_lapsed.user_ids, v_lapsed.seat_counts);
    else
        for r in
            select
                w.request,
                w.body
            from sales.write_holds(
                p_show_id,
                p_user_ids,
                v_key,
                v_show_json,
                v_give_request,
                v_give_no,
                v_give_seat,
                v_give_tier,
                v_give_price,
                v_lapsed.user_ids,
                v_lapsed.seat_counts
            ) as w
        loop
            v_code[r.request] := 'held';
            v_body[r.request] := r.body;
        end loop;
    end if;

    return query
    select
        v.n,
        nullif(nullif(coalesce(v.code, 'busy'), 'held'), 'repeat'),
        v.message,
        coalesce(v.body, '{}'::json)
    from unnest(v_n, v_code, v_message, v_body) as v (n, code, message, body);
end;
$$;

comment on function sales.hold_batch is 'Holds seats of one show for all of p_requests, each with its own verdict in arrival order.';
