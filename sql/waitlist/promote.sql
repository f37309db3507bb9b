-- Who gets what was freed: the waitlist's one decision, made in the transaction that frees.

create or replace function waitlist.choose_seats(
    p_quantity integer,
    p_is_seated boolean,
    p_seat_nos integer[],
    p_tiers text[],
    p_block_nos integer[],
    p_qualities integer[]
)
returns integer[]
language plpgsql
immutable
as $$
-- Which p_quantity of these seats, which are at least as many and in seat order, a group gets: in a seated show such as are
-- beside each other and of one tier, if there are; else the best ones. Returns their numbers in seat order.
declare
    v_chosen integer[];
begin
    if p_is_seated and p_quantity > 1 then
        select array_agg(n.seat_no order by n.seat_no)
        into v_chosen
        from (
            select
                k.seat_no,
                lead(k.seat_no, p_quantity - 1) over run as last_seat_no,
                sum(k.quality) over (run rows between current row and p_quantity - 1 following) as quality
            from unnest(p_seat_nos, p_tiers, p_block_nos, p_qualities) as k (seat_no, tier, block_no, quality)
            window run as (partition by k.block_no, k.tier order by k.seat_no)
            order by
                lead(k.seat_no, p_quantity - 1) over run is distinct from k.seat_no + p_quantity - 1,
                quality,
                k.seat_no
            limit 1
        ) as best
        cross join lateral generate_series(best.seat_no, best.last_seat_no) as n (seat_no)
        where best.last_seat_no = best.seat_no + p_quantity - 1;
    end if;
    if v_chosen is null then
        v_chosen := array(
            select best.seat_no
            from (
                select k.seat_no
                from unnest(p_seat_nos, p_qualities) as k (seat_no, quality)
                order by
                    k.quality,
                    k.seat_no
                limit p_quantity
            ) as best
            order by best.seat_no
        );
    end if;
    return v_chosen;
end;
$$;

create or replace function waitlist.promote(
    p_show_id bigint,
    p_seat_nos integer[],
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- Gives the seats p_seat_nos, which the caller has made `reserved`, and those that had gathered before, to those who wait, in
-- the order in which they joined. What nobody who waits can use is available again; the rest stays reserved.
--
-- strict: who is first in line for a seat gets it. Whoever wants more than there is has it gathered for them, and nobody
-- behind is served from seats of that tier (a buyer without a tier: of any tier).
-- first_fit: the first in line who can be served with what there is.
--
-- An offer is a booking of the buyer, held for the show's hold_seconds; in mode `buy` its charge begins at once. What a buyer
-- waits for is claimed already (sales.buyers), so an offer changes no count. An entry whose time is over is ended when its
-- turn comes: returns as waitlist.end_entries what the caller is to count.
-- The caller has locked the queue for update. Locks the seats, which nobody else locks without the queue.
declare
    c_slice constant integer := 200;
    v_show record;
    v_todo integer[] := p_seat_nos;
    v_waiting_count integer;
    v_decision_no bigint;
    -- seats to give, in seat order
    v_no integer[];
    v_tier text[];
    v_block integer[];
    v_quality integer[];
    v_usable record;
    v_chosen integer[];
    v_closed_tiers text[];
    v_is_closed boolean;
    v_entry record;
    v_first bigint;
    v_offer record;
    v_over record;
    v_was_sold boolean := false;
    v_kept integer[];
begin
    select
        s.admission,
        s.status,
        s.starts_at,
        s.waitlist_policy
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id;

    select
        q.reserved_seat_nos,
        q.waiting_count,
        q.last_decision
    into v_no, v_waiting_count, v_decision_no
    from waitlist.queues as q
    where q.show_id = p_show_id;

    -- Nothing is given while nothing is sold.
    if v_show.status <> 'on_sale' or v_show.starts_at <= now() then
        v_kept := v_no || v_todo;
        v_todo := '{}';
        v_no := '{}';
    else
        v_kept := '{}';
    end if;

    -- In slices, so that a thousand holds that end at once are not a thousand times a thousand steps.
    while cardinality(v_no) > 0 or cardinality(v_todo) > 0 loop
        select
            array_agg(s.seat_no order by s.seat_no),
            array_agg(s.tier order by s.seat_no),
            array_agg(s.block_no order by s.seat_no),
            array_agg(s.quality order by s.seat_no)
        into v_no, v_tier, v_block, v_quality
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (v_no || v_todo[1 : c_slice])
            and s.status = 'reserved';
        v_todo := v_todo[c_slice + 1 :];

        v_closed_tiers := '{}';
        v_is_closed := false;
        while cardinality(v_no) > 0 and v_waiting_count > 0 and not v_is_closed loop
            -- The first in line of those who may be served; in strict also of those who must be waited for.
            select
                e.entry_id,
                e.user_id,
                e.position,
                e.quantity,
                coalesce(e.tier, '') as tier,
                e.mode,
                e.payment_method,
                e.expires_at
            into v_entry
            from (
                select
                    coalesce(k.tier, '') as tier,
                    count(*) as seat_count
                from unnest(v_tier) as k (tier)
                where k.tier <> all (v_closed_tiers)
                group by rollup (k.tier)
            ) as c
            cross join generate_series(
                1,
                case v_show.waitlist_policy when 'strict' then 10 else least(c.seat_count, 10)::integer end
            ) as n (quantity)
            cross join lateral (
                select w.entry_id
                from waitlist.entries as w
                where w.show_id = p_show_id
                    and coalesce(w.tier, '') = c.tier
                    and w.quantity = n.quantity
                    and w.status = 'waiting'
                order by w.position
                limit 1
            ) as f
            inner join waitlist.entries as e
                on e.show_id = p_show_id
                and e.entry_id = f.entry_id
            order by e.position
            limit 1;
            exit when not found;

            if v_entry.expires_at <= now() then
                update waitlist.queues as q
                set last_decision = v_decision_no
                where q.show_id = p_show_id;
                select
                    x.user_ids,
                    x.seat_counts
                into v_over
                from waitlist.end_entries(p_show_id, array[v_entry.entry_id], 'expired', 'time_over') as x;
                user_ids := user_ids || v_over.user_ids;
                seat_counts := seat_counts || v_over.seat_counts;
                v_waiting_count := v_waiting_count - 1;
                v_decision_no := v_decision_no + 1;
                continue;
            end if;

            select
                coalesce(array_agg(k.seat_no order by k.seat_no), '{}') as seat_nos,
                array_agg(k.tier order by k.seat_no) as tiers,
                array_agg(k.block_no order by k.seat_no) as block_nos,
                array_agg(k.quality order by k.seat_no) as qualities
            into v_usable
            from unnest(v_no, v_tier, v_block, v_quality) as k (seat_no, tier, block_no, quality)
            where k.tier <> all (v_closed_tiers)
                and (v_entry.tier = '' or k.tier = v_entry.tier);

            if cardinality(v_usable.seat_nos) < v_entry.quantity then
                -- strict only. The seats gather; told again only when there are more of them.
                if v_usable.seat_nos && p_seat_nos then
                    v_decision_no := v_decision_no + 1;
                    insert into waitlist.decisions (show_id, decision_no, decision, entry_id, reason, detail)
                    values (
                        p_show_id, v_decision_no, 'gathered', v_entry.entry_id, 'wants_more',
                        jsonb_build_object('position', v_entry.position, 'wants', v_entry.quantity, 'gathered', cardinality(v_usable.seat_nos))
                    );
                end if;
                v_is_closed := v_entry.tier = '';
                v_closed_tiers := v_closed_tiers || v_entry.tier;
                continue;
            end if;

            -- Whoever stands before the one who is served was passed over, for this reason.
            select w.position
            into v_first
            from waitlist.entries as w
            where w.show_id = p_show_id
                and w.status = 'waiting'
            order by w.position
            limit 1;
            if v_first < v_entry.position then
                v_decision_no := v_decision_no + 1;
                insert into waitlist.decisions (show_id, decision_no, decision, entry_id, reason, detail)
                values (
                    p_show_id, v_decision_no, 'skipped', null,
                    case v_show.waitlist_policy when 'strict' then 'other_tier' else 'wants_more' end,
                    jsonb_build_object(
                        'from_position', v_first,
                        'to_position', v_entry.position - 1,
                        'free', (select count(*) from unnest(v_no)),
                        'served', v_entry.position
                    )
                );
            end if;

            v_chosen := waitlist.choose_seats(
                v_entry.quantity, v_show.admission = 'seated',
                v_usable.seat_nos, v_usable.tiers, v_usable.block_nos, v_usable.qualities
            );
            select
                o.booking_id,
                o.is_paid
            into v_offer
            from waitlist.offer_seats(p_show_id, v_entry.entry_id, v_chosen) as o;
            v_waiting_count := v_waiting_count - 1;
            v_decision_no := v_decision_no + 1;
            insert into waitlist.decisions (show_id, decision_no, decision, entry_id, reason, detail)
            values (
                p_show_id, v_decision_no, 'offered', v_entry.entry_id,
                case v_show.waitlist_policy when 'strict' then 'first_in_line' else 'first_fit' end,
                jsonb_build_object(
                    'position', v_entry.position,
                    'seat_nos', v_chosen,
                    'mode', v_entry.mode,
                    'booking_id', sales.public_id('bk', p_show_id, v_offer.booking_id)
                )
            );
            if v_offer.is_paid then
                v_was_sold := true;
                v_decision_no := v_decision_no + 1;
                insert into waitlist.decisions (show_id, decision_no, decision, entry_id, reason, detail)
                values (p_show_id, v_decision_no, 'ended', v_entry.entry_id, 'bought', '{"status": "fulfilled"}');
                user_ids := user_ids || v_entry.user_id;
                seat_counts := seat_counts || v_entry.quantity;
            end if;

            select
                coalesce(array_agg(k.seat_no order by k.seat_no), '{}'),
                array_agg(k.tier order by k.seat_no),
                array_agg(k.block_no order by k.seat_no),
                array_agg(k.quality order by k.seat_no)
            into v_no, v_tier, v_block, v_quality
            from unnest(v_no, v_tier, v_block, v_quality) as k (seat_no, tier, block_no, quality)
            where k.seat_no <> all (v_chosen);
        end loop;
        v_no := coalesce(v_no, '{}');
        exit when cardinality(v_todo) = 0;
    end loop;

    -- Nobody who waits can use them: they are for everybody.
    v_chosen := array(
        select s.seat_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat_no = any (v_no || v_kept)
            and s.status = 'reserved'
            and (
                v_waiting_count = 0
                or not exists (
                    select
                    from generate_series(1, 10) as n (quantity)
                    cross join (values (''), (s.tier)) as t (tier)
                    cross join lateral (
                        select
                        from waitlist.entries as w
                        where w.show_id = p_show_id
                            and coalesce(w.tier, '') = t.tier
                            and w.quantity = n.quantity
                            and w.status = 'waiting'
                        limit 1
                    ) as w
                )
            )
    );
    if cardinality(v_chosen) > 0 then
        update sales.show_seats as s
        set
            status = 'available',
            change_count = s.change_count + 1
        where s.show_id = p_show_id
            and s.seat_no = any (v_chosen);
        v_decision_no := v_decision_no + 1;
        insert into waitlist.decisions (show_id, decision_no, decision, entry_id, reason, detail)
        values (p_show_id, v_decision_no, 'opened', null, 'nobody_waits_for_them', jsonb_build_object('seat_nos', v_chosen));
    end if;

    update waitlist.queues as q
    set
        waiting_count = v_waiting_count,
        last_decision = v_decision_no,
        reserved_seat_nos = array(
            select k.seat_no
            from unnest(v_no || v_kept) as k (seat_no)
            where k.seat_no <> all (v_chosen)
        )
    where q.show_id = p_show_id;

    if v_was_sold then
        select
            x.user_ids,
            x.seat_counts
        into v_over
        from waitlist.end_hopeless(p_show_id) as x;
        user_ids := user_ids || v_over.user_ids;
        seat_counts := seat_counts || v_over.seat_counts;
    end if;
end;
$$;

create or replace function waitlist.offer_seats(
    p_show_id bigint,
    p_entry_id uuid,
    p_seat_nos integer[],
    out booking_id uuid,
    out is_paid boolean
)
language plpgsql
as $$
-- Makes these reserved seats a held booking of the entry's buyer; in mode `buy` its charge begins, and what costs nothing is
-- paid (is_paid): then the entry is fulfilled. Part of promote, which counts and notes.
declare
    v_entry record;
    v_charge record;
begin
    booking_id := gen_random_uuid();
    select
        e.user_id,
        e.mode,
        e.payment_method
    into v_entry
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.entry_id = p_entry_id;

    insert into sales.bookings (
        show_id,
        booking_id,
        user_id,
        seat_nos,
        seats,
        amount_minor,
        currency,
        expires_at,
        held_until
    )
    select
        p_show_id,
        offer_seats.booking_id,
        v_entry.user_id,
        k.seat_nos,
        k.seats,
        k.amount_minor,
        s.currency,
        now() + make_interval(secs => s.hold_seconds),
        now() + make_interval(secs => s.hold_seconds + s.hold_grace_seconds)
    from sales.shows as s
    cross join lateral (
        select
            array_agg(k.seat_no order by k.seat_no) as seat_nos,
            json_agg(
                json_build_object('seat', k.seat, 'tier', k.tier, 'price', api.money(k.price_minor, s.currency))
                order by k.seat_no
            ) as seats,
            sum(k.price_minor)::bigint as amount_minor
        from sales.show_seats as k
        where k.show_id = p_show_id
            and k.seat_no = any (p_seat_nos)
    ) as k
    where s.show_id = p_show_id;

    update sales.show_seats as s
    set
        status = 'held',
        booking_id = b.booking_id,
        held_until = b.held_until,
        change_count = s.change_count + 1
    from sales.bookings as b
    where s.show_id = p_show_id
        and s.seat_no = any (p_seat_nos)
        and b.show_id = p_show_id
        and b.booking_id = offer_seats.booking_id;

    update waitlist.entries as e
    set
        status = 'offered',
        booking_id = offer_seats.booking_id,
        offered_at = now()
    where e.show_id = p_show_id
        and e.entry_id = p_entry_id;

    if v_entry.mode = 'buy' then
        select
            c.payment_id,
            c.is_free
        into v_charge
        from sales.charge_booking(p_show_id, booking_id, v_entry.payment_method, p_is_off_session => true) as c;
        is_paid := v_charge.is_free;
        if is_paid then
            perform sales.sell_booking(p_show_id, booking_id, v_charge.payment_id, null);
            update waitlist.entries as e
            set
                status = 'fulfilled',
                ended_at = now(),
                end_reason = 'bought'
            where e.show_id = p_show_id
                and e.entry_id = p_entry_id;
        end if;
    else
        is_paid := false;
        perform ops.add_mail(
            p_show_id,
            v_entry.user_id,
            'waitlist_offer',
            jsonb_build_object('entry_id', p_entry_id, 'booking_id', booking_id)
        );
    end if;
    perform ops.add_live(
        p_show_id,
        'user:' || v_entry.user_id,
        jsonb_build_object(
            'type', 'waitlist',
            'entry_id', sales.public_id('wl', p_show_id, p_entry_id),
            'show_id', p_show_id,
            'status', case when is_paid then 'fulfilled' else 'offered' end,
            'booking_id', sales.public_id('bk', p_show_id, booking_id)
        )
    );
end;
$$;
