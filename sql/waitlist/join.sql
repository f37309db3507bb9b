-- Getting into the queue and out of it.

create or replace function waitlist.join_queue(
    p_show_id bigint,
    p_user_id bigint,
    p_quantity integer,
    p_tier text,
    p_mode text,
    p_payment_method text default null,
    p_idempotency_key text default null
)
returns json
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- Puts the buyer at the end of the show's queue for p_quantity seats (of p_tier, or of any when null). p_mode 'offer': they are
-- held for the buyer when it is their turn; 'buy': bought at once with p_payment_method, or with the buyer's saved one.
-- Free seats that are too few for the buyer gather for the queue from now on. Returns entry_json; with the same
-- p_idempotency_key the entry that the first call made.
-- Keeps: one live entry a buyer; ten seats at most held and waited for.
-- Locks, in order: the queue, what has lapsed, free seats, the buyers.
-- Raises not_found, not_on_sale, invalid_request, too_many_seats, waitlist_closed, already_waiting, seats_available,
-- cannot_be_met, no_payment_method.
declare
    v_show record;
    v_entry record;
    v_entry_id uuid := gen_random_uuid();
    v_position bigint;
    v_method text := p_payment_method;
    v_is_saved boolean;
    v_lapsed record;
    v_free integer;
    v_free_nos integer[];
    v_claimed integer;
    v_bought integer;
    v_user_ids bigint[];
    v_seat_counts integer[];
    v_fewer record;
begin
    perform waitlist.lock_to_join(p_show_id);
    select
        s.status,
        s.starts_at,
        s.sale_starts_at,
        s.max_seats,
        s.max_seats_per_buyer,
        s.waitlist_enabled,
        s.waitlist_seconds
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id
        and s.status <> 'draft';
    if not found then
        perform api.raise('not_found');
    elsif p_quantity is null or p_quantity < 1 then
        perform api.raise_invalid('quantity', 'A number from 1.');
    elsif p_quantity > v_show.max_seats then
        perform api.raise(
            'too_many_seats',
            jsonb_build_object('max_seats', v_show.max_seats),
            format('At most %s seats a booking.', v_show.max_seats)
        );
    elsif p_mode is null or p_mode not in ('offer', 'buy') then
        perform api.raise_invalid('mode', 'Either "offer" or "buy".');
    elsif p_mode = 'offer' and p_payment_method is not null then
        perform api.raise_invalid('payment_method', 'Only with mode "buy".');
    elsif not sales.is_payment_method(p_payment_method) then
        perform api.raise_invalid('payment_method', 'It is the id of a payment method that the provider made, such as pm_card_visa; never the number of a card.');
    elsif p_tier is not null and not exists (
        select
        from sales.show_tiers as t
        where t.show_id = p_show_id
            and t.tier = p_tier
    ) then
        perform api.raise_invalid('tier', 'The show has no such tier.');
    end if;

    -- Of two with one key the later one finds the earlier one's.
    select
        e.entry_id,
        e.quantity,
        e.tier,
        e.mode
    into v_entry
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.user_id = p_user_id
        and e.idempotency_key = p_idempotency_key;
    if found then
        if (v_entry.quantity, v_entry.mode) is distinct from (p_quantity, p_mode) or v_entry.tier is distinct from p_tier then
            perform api.raise(
                'idempotency_key_reused',
                p_message => 'The first request with this Idempotency-Key asked for something else.'
            );
        end if;
        return waitlist.entry_json(p_show_id, v_entry.entry_id);
    end if;

    if v_show.status <> 'on_sale' or now() < v_show.sale_starts_at or now() >= v_show.starts_at then
        perform api.raise(
            'not_on_sale',
            jsonb_build_object('sale_starts_at', api.rfc3339(v_show.sale_starts_at)),
            case
                when v_show.status = 'cancelled' then 'The show is cancelled.'
                when now() < v_show.sale_starts_at then 'The sale has not begun.'
                else 'The sale is over.'
            end
        );
    elsif not v_show.waitlist_enabled then
        perform api.raise('waitlist_closed');
    end if;

    select e.entry_id
    into v_entry
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.user_id = p_user_id
        and e.status in ('waiting', 'offered');
    if found then
        perform api.raise(
            'already_waiting',
            jsonb_build_object('entry_id', sales.public_id('wl', p_show_id, v_entry.entry_id))
        );
    end if;

    if p_mode = 'buy' then
        select
            m.method_ref,
            true
        into v_method, v_is_saved
        from account.payment_methods as m
        where m.user_id = p_user_id
            and m.removed_at is null
            and m.method_ref = coalesce(p_payment_method, m.method_ref)
        order by m.saved_at desc
        limit 1;
        v_method := coalesce(v_method, p_payment_method);
        if v_method is null then
            perform api.raise('no_payment_method');
        end if;
    end if;

    -- What has lapsed is for those who wait already, and then for everybody.
    select
        l.user_ids,
        l.seat_counts
    into v_lapsed
    from sales.take_back_lapsed(p_show_id, 1000) as l;

    -- As long as somebody waits who could use them, free seats are gathered, and there is hope for whoever waits: then neither
    -- is sought among all seats of the show.
    v_free_nos := '{}';
    if not exists (
        select
        from waitlist.entries as e
        where e.show_id = p_show_id
            and coalesce(e.tier, '') in ('', coalesce(p_tier, ''))
            and e.status = 'waiting'
    ) then
        select count(*)
        into v_free
        from (
            select
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
            limit p_quantity
        ) as s;
        if v_free >= p_quantity then
            perform api.raise('seats_available', jsonb_build_object('available', v_free));
        end if;
        -- Fewer than the buyer wants are free: from now on they gather for the queue. If somebody is just taking one, it is
        -- seen what becomes of it, so that none is left that comes free unseen.
        v_free_nos := array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.status = 'available'
                and (p_tier is null or s.tier = p_tier)
            order by s.seat_no
            for update
        );
    end if;
    if not exists (
        select
        from waitlist.entries as e
        where e.show_id = p_show_id
            and coalesce(e.tier, '') = coalesce(p_tier, '')
            and e.quantity >= p_quantity
            and e.status = 'waiting'
    ) and waitlist.count_possible(p_show_id, p_tier, p_quantity) < p_quantity then
        perform api.raise('cannot_be_met');
    end if;

    update waitlist.queues as q
    set
        last_position = q.last_position + 1,
        waiting_count = q.waiting_count + 1
    where q.show_id = p_show_id
    returning q.last_position into v_position;

    insert into sales.buyers (show_id, user_id)
    values (p_show_id, p_user_id)
    on conflict (show_id, user_id) do nothing;

    insert into waitlist.entries (
        show_id,
        entry_id,
        user_id,
        position,
        quantity,
        tier,
        mode,
        payment_method,
        expires_at,
        idempotency_key,
        agreed_price_minor,
        agreed_starts_at
    )
    values (
        p_show_id,
        v_entry_id,
        p_user_id,
        v_position,
        p_quantity,
        p_tier,
        p_mode,
        case when p_mode = 'buy' then v_method end,
        least(now() + make_interval(secs => v_show.waitlist_seconds), v_show.starts_at),
        p_idempotency_key,
        (
            select max(t.price_minor)
            from sales.show_tiers as t
            where t.show_id = p_show_id
                and t.tier = coalesce(p_tier, t.tier)
        ),
        v_show.starts_at
    );
    perform waitlist.note(
        p_show_id,
        'joined',
        v_entry_id,
        p_mode,
        jsonb_strip_nulls(jsonb_build_object('position', v_position, 'quantity', p_quantity, 'tier', p_tier))
    );
    if p_mode = 'buy' and v_is_saved is null then
        perform ops.add_work(
            p_show_id,
            'save_method',
            jsonb_strip_nulls(
                jsonb_build_object(
                    'entry_id', v_entry_id,
                    'user_id', p_user_id,
                    'customer', (
                        select c.customer_ref
                        from account.provider_customers as c
                        where c.user_id = p_user_id
                    ),
                    'payment_method', v_method,
                    'idempotency_key', v_entry_id
                )
            )
        );
    end if;

    -- With first_fit those that were free may suffice for somebody; also for this one, when others had them gather.
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from waitlist.promote(p_show_id, v_free_nos) as x;

    -- The buyers last: who claims less, and this one, who claims more, within the limits of sales.refuse_buyer.
    v_user_ids := v_lapsed.user_ids || v_fewer.user_ids || p_user_id;
    v_seat_counts := v_lapsed.seat_counts || v_fewer.seat_counts || -p_quantity;
    perform sales.lock_buyers(p_show_id, v_user_ids);
    select y.claimed_count - sum(k.seat_count)
    into v_claimed
    from unnest(v_user_ids, v_seat_counts) as k (user_id, seat_count)
    inner join sales.buyers as y
        on y.show_id = p_show_id
        and y.user_id = k.user_id
    where k.user_id = p_user_id
    group by y.claimed_count;
    if v_claimed > v_show.max_seats then
        perform api.raise(
            'too_many_seats',
            jsonb_build_object('max_seats', v_show.max_seats, 'held', v_claimed - p_quantity),
            format('You hold %s seats of this show; %s is the most, with those you wait for.', v_claimed - p_quantity, v_show.max_seats)
        );
    elsif v_show.max_seats_per_buyer is not null then
        v_bought := sales.bought_count(p_show_id, p_user_id);
        if v_claimed + v_bought > v_show.max_seats_per_buyer then
            perform api.raise(
                'too_many_seats',
                jsonb_build_object(
                    'max_seats', v_show.max_seats_per_buyer, 'max_seats_per_buyer', v_show.max_seats_per_buyer,
                    'held', v_claimed - p_quantity, 'bought', v_bought
                ),
                format('You have %s seats of this show; %s a buyer is the most.', v_claimed + v_bought - p_quantity, v_show.max_seats_per_buyer)
            );
        end if;
    end if;
    perform sales.count_fewer(p_show_id, v_user_ids, v_seat_counts);
    return waitlist.entry_json(p_show_id, v_entry_id);
end;
$$;

create or replace function waitlist.leave_queue(
    p_show_id bigint,
    p_entry_id uuid,
    p_user_id bigint
)
returns void
language plpgsql
as $$
-- The buyer leaves the queue, from wherever in it; what was offered passes on at once. Locks, in order: the offer's booking, the
-- queue, the seats, the buyers. Raises not_found (also for another's), not_waiting.
-- Whoever is offered something in that very instant gets serialization_failure, and the call is made again.
declare
    v_entry record;
    v_booking_status text;
    v_status text;
    v_fewer record;
begin
    select
        e.status,
        e.booking_id
    into v_entry
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.entry_id = p_entry_id
        and e.user_id = p_user_id;
    if not found then
        perform api.raise('not_found');
    end if;

    if v_entry.status = 'offered' then
        select b.status
        into v_booking_status
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = v_entry.booking_id
        for update;
    end if;
    perform waitlist.lock_queue(p_show_id);
    select e.status
    into v_status
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.entry_id = p_entry_id;
    if v_entry.status = 'waiting' and v_status = 'offered' then
        raise serialization_failure using message = 'offered in this instant';
    elsif v_status not in ('waiting', 'offered') or v_booking_status = 'paying' then
        perform api.raise('not_waiting', jsonb_build_object('entry_status', v_status));
    end if;

    if v_status = 'offered' then
        perform sales.end_holds(p_show_id, array[v_entry.booking_id], 'released', 'cancelled', 'left');
        return;
    end if;
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from waitlist.dismiss_entries(p_show_id, array[p_entry_id], 'cancelled', 'left') as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
end;
$$;

create or replace function waitlist.method_saved(
    p_show_id bigint,
    p_entry_id uuid,
    p_user_id bigint,
    p_customer_ref text,
    p_method_ref text,
    p_label text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider has kept the payment method of an entry in mode `buy`: from now on it is charged as the buyer's saved one. A
-- repeat is harmless. Locks the queue.
begin
    perform waitlist.lock_queue(p_show_id);
    perform account.keep_payment_method(p_user_id, p_customer_ref, p_method_ref, p_label);
    update waitlist.entries as e
    set payment_method = p_method_ref
    where e.show_id = p_show_id
        and e.entry_id = p_entry_id
        and e.status = 'waiting';
end;
$$;

create or replace function waitlist.method_refused(
    p_show_id bigint,
    p_entry_id uuid,
    p_failure_code text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider refused the payment method of an entry in mode `buy`: it could never be bought with, so the entry ends and the
-- buyer is told. A repeat, or an entry that waits no more, changes nothing. Locks the queue, the seats, the buyers.
declare
    v_fewer record;
begin
    perform waitlist.lock_queue(p_show_id);
    if not exists (
        select
        from waitlist.entries as e
        where e.show_id = p_show_id
            and e.entry_id = p_entry_id
            and e.status = 'waiting'
    ) then
        return;
    end if;
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from waitlist.dismiss_entries(
        p_show_id, array[p_entry_id], 'failed', 'payment_failed', jsonb_build_object('code', p_failure_code)
    ) as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
end;
$$;

create or replace function waitlist.sweep_queue(p_show_id bigint)
returns integer
language plpgsql
as $$
-- What runs by the clock for a show for which somebody waits: entries whose time is over end, as do all once the show has begun;
-- stray free seats that somebody waits for (one that a hold had locked when the first one joined, and gave up) are gathered; and
-- whoever can be met no more is told. Returns how many entries ended. Locks: the queue, the seats, the buyers.
declare
    v_is_over boolean;
    v_gathered_position bigint;
    v_entry_ids uuid[];
    v_tiers text[];
    v_seat_nos integer[];
    v_late record;
    v_fewer record;
    v_hopeless record;
begin
    if waitlist.lock_queue(p_show_id) = 0 then
        return 0;
    end if;
    select
        s.starts_at <= now(),
        q.gathered_position
    into v_is_over, v_gathered_position
    from sales.shows as s
    inner join waitlist.queues as q
        on q.show_id = s.show_id
    where s.show_id = p_show_id;

    v_entry_ids := array(
        select e.entry_id
        from waitlist.entries as e
        where e.show_id = p_show_id
            and e.status = 'waiting'
            and (v_is_over or e.expires_at <= now())
        order by e.position
        limit 1000
    );
    select
        x.user_ids,
        x.seat_counts
    into v_late
    from waitlist.end_entries(
        p_show_id, v_entry_ids, 'expired', case when v_is_over then 'show_over' else 'time_over' end
    ) as x;

    -- Asked once a tier: ten thousand who wait for one, held against ten thousand free seats of another, took 13 s.
    -- For whom seats no longer gather, free ones are taken only if there are enough.
    v_tiers := array(
        select t.tier
        from sales.show_tiers as t
        where t.show_id = p_show_id
            and exists (
                select
                from unnest(array['', t.tier]) as k (tier)
                cross join generate_series(1, 10) as n (quantity)
                cross join lateral (
                    select e.position
                    from waitlist.entries as e
                    where e.show_id = p_show_id
                        and coalesce(e.tier, '') = k.tier
                        and e.quantity = n.quantity
                        and e.status = 'waiting'
                    order by e.position
                    limit 1
                ) as f
                where f.position > v_gathered_position
                    or n.quantity = waitlist.count_free(p_show_id, nullif(k.tier, ''), n.quantity)
            )
    );
    v_seat_nos := array(
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.status = 'available'
            and s.tier = any (v_tiers)
        order by s.seat_no
        for update skip locked
    );
    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from waitlist.promote(p_show_id, v_seat_nos) as x;
    select
        x.user_ids,
        x.seat_counts
    into v_hopeless
    from waitlist.end_hopeless(p_show_id) as x;

    perform sales.count_fewer(
        p_show_id,
        v_late.user_ids || v_fewer.user_ids || v_hopeless.user_ids,
        v_late.seat_counts || v_fewer.seat_counts || v_hopeless.seat_counts
    );
    return cardinality(v_entry_ids);
end;
$$;
