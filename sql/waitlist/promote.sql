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
-- Gives the seats p_seat_nos, which the caller frees, whatever they were, and those that had gathered before, to those who wait,
-- in the order in which they joined. What nobody who waits can use is available; the rest is reserved.
--
-- strict: who is first in line for a seat gets it. Whoever wants more than there is has it gathered for them, and nobody
-- behind is served from seats of that tier (a buyer without a tier: of any tier).
-- first_fit: the first in line who can be served with what there is.
--
-- An offer is a booking of the buyer, held for the show's hold_seconds; in mode `buy` its charge begins at once. What a buyer
-- waits for is claimed already (sales.buyers), so an offer changes no count. An entry whose time is over is ended when its
-- turn comes: returns as waitlist.end_entries what the caller is to count.
-- However many wait, it looks, of each kind (a tier and a quantity), at as many as the seats could be for and at one more, decides in
-- memory, and writes all decisions at once.
-- The caller has locked the queue. Locks the seats, which nobody else locks without the queue.
declare
    c_slice constant integer := 200;
    v_show record;
    v_todo integer[] := coalesce(p_seat_nos, '{}');
    v_waiting_count integer;
    v_head_position bigint;
    v_kept integer[] := array[]::integer[];
    -- of each kind, the position of the last who had a turn; kinds 1 to 10 want so many seats of the first of v_show.tiers, 11 to 20 of
    -- the second, …; null: nobody waits
    v_after bigint[];
    -- seats to give, the best first
    v_no integer[];
    v_tier text[];
    v_block integer[];
    v_quality integer[];
    v_usable record;
    v_usable_count integer;
    v_chosen integer[];
    v_closed_tiers text[];
    v_wanted_tiers text[];
    v_opened integer[];
    v_next record;
    v_first_passed bigint;
    v_is_settled boolean;
    v_entry record;
    v_charge record;
    -- what is decided: entries whose time is over; an offer each; a seat each; a note each
    v_late uuid[] := array[]::uuid[];
    v_offer_entry uuid[] := array[]::uuid[];
    v_offer_user bigint[] := array[]::bigint[];
    v_offer_booking uuid[] := array[]::uuid[];
    v_give_no integer[] := array[]::integer[];
    v_give_booking uuid[] := array[]::uuid[];
    v_note_decision text[] := array[]::text[];
    v_note_entry uuid[] := array[]::uuid[];
    v_note_reason text[] := array[]::text[];
    v_note_detail jsonb[] := array[]::jsonb[];
    v_booking_id uuid;
    v_fewer record;
    v_has_buyers boolean := false;
    v_was_sold boolean := false;
begin
    select
        q.reserved_seat_nos,
        q.waiting_count,
        q.head_position
    into v_no, v_waiting_count, v_head_position
    from waitlist.queues as q
    where q.show_id = p_show_id;
    if cardinality(v_no) = 0 and cardinality(v_todo) = 0 then
        return;
    end if;

    if cardinality(v_no) > 0 then
        v_no := array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat_no = any (v_no)
                and s.status = 'reserved'
        );
    end if;

    select
        s.admission = 'seated' as is_seated,
        s.status = 'on_sale' and s.starts_at > now() as is_on_sale,
        s.waitlist_policy = 'strict' as is_strict,
        s.currency,
        array(
            select ''
            union all
            select k.tier
            from sales.show_tiers as k
            where k.show_id = p_show_id
        ) as tiers, -- '': of any tier
        now() + make_interval(secs => s.hold_seconds) as expires_at,
        now() + make_interval(secs => s.hold_seconds + s.hold_grace_seconds) as held_until
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id;

    -- Nothing is given while nothing is sold.
    if not v_show.is_on_sale then
        v_kept := v_no || v_todo;
        v_todo := '{}';
        v_no := '{}';
    end if;

    if v_waiting_count > 0 then
        v_after := array_fill(v_head_position - 1, array[10 * cardinality(v_show.tiers)]);
    end if;

    -- In slices, so that a thousand holds that end at once are not a thousand times a thousand steps.
    while cardinality(v_no) > 0 or cardinality(v_todo) > 0 loop
        select
            coalesce(array_agg(s.seat_no), '{}'),
            array_agg(s.tier),
            array_agg(s.block_no),
            array_agg(s.quality)
        into v_no, v_tier, v_block, v_quality
        from (
            select
                s.seat_no,
                s.tier,
                s.block_no,
                s.quality
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat_no = any (v_no || v_todo[1 : c_slice])
            order by
                s.quality,
                s.seat_no
        ) as s;
        v_todo := v_todo[c_slice + 1 :];

        v_closed_tiers := '{}';
        -- Anew when the last who was looked at of a kind had a turn, which takes entries whose time was over: who is next?
        v_is_settled := false;
        while not v_is_settled loop
            v_is_settled := true;
            v_first_passed := null;
            for v_next in
                select
                    k.kind,
                    v_show.tiers[(k.kind + 9) / 10] as tier,
                    w.quantity,
                    w.position,
                    w.entry_id,
                    w.user_id,
                    w.mode = 'buy' as buys,
                    w.expires_at > now() as is_in_time,
                    w.nth > cardinality(v_no) / w.quantity as is_last
                from unnest(v_after) with ordinality as k (position, kind)
                cross join lateral (
                    select
                        e.position,
                        e.quantity,
                        e.entry_id,
                        e.user_id,
                        e.mode,
                        e.expires_at,
                        row_number() over (order by e.position) as nth
                    from waitlist.entries as e
                    where e.show_id = p_show_id
                        and coalesce(e.tier, '') = v_show.tiers[(k.kind + 9) / 10]
                        and e.quantity = (k.kind + 9) % 10 + 1
                        and e.status = 'waiting'
                        and e.position > k.position
                    order by e.position
                    limit cardinality(v_no) / ((k.kind + 9) % 10 + 1) + 1
                ) as w
                order by w.position
            loop
                exit when cardinality(v_no) = 0 or '' = any (v_closed_tiers);
                v_usable_count := case
                    when v_next.tier = any (v_closed_tiers) then 0
                    when v_next.tier <> '' and v_next.tier <> all (v_tier) then 0
                    when v_next.tier = '' and cardinality(v_closed_tiers) = 0 then cardinality(v_no)
                    else (
                        select count(*)
                        from unnest(v_tier) as s (tier)
                        where s.tier <> all (v_closed_tiers)
                            and v_next.tier in ('', s.tier)
                    )
                end;
                -- In strict one seat is enough, to begin to gather.
                if v_usable_count < (case when v_show.is_strict then 1 else v_next.quantity end) then
                    v_first_passed := coalesce(v_first_passed, v_next.position);
                    continue;
                end if;
                if not v_next.is_in_time then
                    v_late := v_late || v_next.entry_id;
                else
                    if v_next.tier = '' and v_usable_count = cardinality(v_no) and v_next.quantity <= v_usable_count
                        and (v_next.quantity = 1 or not v_show.is_seated) then
                        -- Any of them will do.
                        v_chosen := v_no[: v_next.quantity];
                        v_no := v_no[v_next.quantity + 1 :];
                        v_tier := v_tier[v_next.quantity + 1 :];
                        v_block := v_block[v_next.quantity + 1 :];
                        v_quality := v_quality[v_next.quantity + 1 :];
                    else
                        select
                            array_agg(k.seat_no) as seat_nos,
                            array_agg(k.tier) as tiers,
                            array_agg(k.block_no) as block_nos,
                            array_agg(k.quality) as qualities
                        into v_usable
                        from unnest(v_no, v_tier, v_block, v_quality) as k (seat_no, tier, block_no, quality)
                        where k.tier <> all (v_closed_tiers)
                            and v_next.tier in ('', k.tier);

                        if v_usable_count < v_next.quantity then
                            -- strict only. The seats gather; told again only when there are more of them.
                            if v_usable.seat_nos && p_seat_nos then
                                v_note_decision := v_note_decision || 'gathered'::text;
                                v_note_entry := v_note_entry || v_next.entry_id;
                                v_note_reason := v_note_reason || 'wants_more'::text;
                                v_note_detail := v_note_detail || jsonb_build_object(
                                    'position', v_next.position,
                                    'wants', v_next.quantity,
                                    'gathered', v_usable_count
                                );
                            end if;
                            v_first_passed := coalesce(v_first_passed, v_next.position);
                            v_closed_tiers := v_closed_tiers || v_next.tier;
                            continue;
                        end if;

                        v_chosen := waitlist.choose_seats(
                            v_next.quantity, v_show.is_seated,
                            v_usable.seat_nos, v_usable.tiers, v_usable.block_nos, v_usable.qualities
                        );
                        select
                            coalesce(array_agg(k.seat_no), '{}'),
                            array_agg(k.tier),
                            array_agg(k.block_no),
                            array_agg(k.quality)
                        into v_no, v_tier, v_block, v_quality
                        from unnest(v_no, v_tier, v_block, v_quality) as k (seat_no, tier, block_no, quality)
                        where k.seat_no <> all (v_chosen);
                    end if;

                    -- Whoever stands before the one who is served was passed over, for this reason.
                    if v_first_passed is not null then
                        v_note_decision := v_note_decision || 'skipped'::text;
                        v_note_entry := v_note_entry || null::uuid;
                        v_note_reason := v_note_reason || case when v_show.is_strict then 'other_tier' else 'wants_more' end;
                        v_note_detail := v_note_detail || jsonb_build_object(
                            'from_position', v_first_passed,
                            'to_position', v_next.position - 1,
                            'free', cardinality(v_no) + v_next.quantity,
                            'served', v_next.position
                        );
                    end if;

                    v_booking_id := gen_random_uuid();
                    v_offer_entry := v_offer_entry || v_next.entry_id;
                    v_offer_user := v_offer_user || v_next.user_id;
                    v_offer_booking := v_offer_booking || v_booking_id;
                    v_give_no := v_give_no || v_chosen;
                    v_give_booking := v_give_booking || array_fill(v_booking_id, array[v_next.quantity]);
                    v_note_decision := v_note_decision || 'offered'::text;
                    v_note_entry := v_note_entry || v_next.entry_id;
                    v_note_reason := v_note_reason || case when v_show.is_strict then 'first_in_line' else 'first_fit' end;
                    v_note_detail := v_note_detail || jsonb_build_object(
                        'position', v_next.position,
                        'seat_nos', v_chosen,
                        'mode', case when v_next.buys then 'buy' else 'offer' end,
                        'booking_id', sales.public_id('bk', p_show_id, v_booking_id)
                    );
                    v_has_buyers := v_has_buyers or v_next.buys;
                end if;
                v_after[v_next.kind] := v_next.position;
                if v_next.is_last then
                    v_is_settled := false;
                    exit;
                end if;
            end loop;
        end loop;
        exit when cardinality(v_todo) = 0;
    end loop;

    -- What is left: for everybody if nobody who waits can use it, else it goes on gathering.
    v_kept := v_no || v_kept;
    v_opened := array[]::integer[];
    if cardinality(v_kept) > 0 then
        v_wanted_tiers := array(
            select v_show.tiers[(k.kind + 9) / 10]
            from unnest(v_after) with ordinality as k (position, kind)
            where exists (
                select
                from waitlist.entries as e
                where e.show_id = p_show_id
                    and coalesce(e.tier, '') = v_show.tiers[(k.kind + 9) / 10]
                    and e.quantity = (k.kind + 9) % 10 + 1
                    and e.status = 'waiting'
                    and e.position > k.position
            )
        );
        v_opened := array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat_no = any (v_kept)
                and s.tier <> all (v_wanted_tiers)
                and '' <> all (v_wanted_tiers)
        );
        update sales.show_seats as s
        set
            status = case when s.seat_no = any (v_opened) then 'available' else 'reserved' end,
            booking_id = null,
            held_until = null,
            change_count = s.change_count + 1
        where s.show_id = p_show_id
            -- Those that change. One array: of two the planner makes each pair a look-up.
            and s.seat_no = any (
                array(
                    select k.seat_no
                    from unnest(v_kept) as k (seat_no)
                    intersect
                    select k.seat_no
                    from unnest(v_opened || p_seat_nos) as k (seat_no)
                )
            );
    end if;
    if cardinality(v_opened) > 0 then
        v_note_decision := v_note_decision || 'opened'::text;
        v_note_entry := v_note_entry || null::uuid;
        v_note_reason := v_note_reason || 'nobody_waits_for_them'::text;
        v_note_detail := v_note_detail || jsonb_build_object('seat_nos', v_opened);
    end if;

    if cardinality(v_late) > 0 then
        select
            x.user_ids,
            x.seat_counts
        into user_ids, seat_counts
        from waitlist.end_entries(p_show_id, v_late, 'expired', 'time_over') as x;
    end if;
    if cardinality(v_offer_entry) > 0 then
        with held as (
            update sales.show_seats as s
            set
                status = 'held',
                booking_id = g.booking_id,
                held_until = v_show.held_until,
                change_count = s.change_count + 1
            from unnest(v_give_no, v_give_booking) as g (seat_no, booking_id)
            where s.show_id = p_show_id
                and s.seat_no = any (v_give_no)
                and s.seat_no = g.seat_no
            returning
                s.seat_no,
                s.seat,
                s.tier,
                s.price_minor,
                s.booking_id
        ),
        booked as (
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
                h.booking_id,
                v_offer_user[array_position(v_offer_booking, h.booking_id)],
                array_agg(h.seat_no order by h.seat_no),
                json_agg(
                    json_build_object('seat', h.seat, 'tier', h.tier, 'price', api.money(h.price_minor, v_show.currency))
                    order by h.seat_no
                ),
                sum(h.price_minor)::bigint,
                v_show.currency,
                v_show.expires_at,
                v_show.held_until
            from held as h
            group by h.booking_id
        ),
        offered as (
            update waitlist.entries as e
            set
                status = 'offered',
                booking_id = v_offer_booking[array_position(v_offer_entry, e.entry_id)],
                offered_at = now()
            where e.show_id = p_show_id
                and e.entry_id = any (v_offer_entry)
            returning
                e.entry_id,
                e.user_id,
                e.mode,
                e.booking_id
        )
        insert into ops.outbox (
            show_id,
            kind,
            payload
        )
        select
            p_show_id,
            'mail',
            jsonb_build_object(
                'mail', 'waitlist_offer',
                'user_id', e.user_id,
                'entry_id', e.entry_id,
                'booking_id', e.booking_id
            )
        from offered as e
        where e.mode = 'offer'
        union all
        select
            p_show_id,
            'live',
            jsonb_build_object('messages', jsonb_agg(m.message))
        from (
            select
                waitlist.message_of(p_show_id, e.entry_id, e.user_id, 'offered', e.booking_id) as message,
                (row_number() over () - 1) / 50 as part
            from offered as e
            cross join lateral (
                select
                from ops.listening as w
                where w.user_id = e.user_id
                limit 1
            ) as l
        ) as m
        group by m.part;
    end if;
    with counted as (
        update waitlist.queues as q
        set
            waiting_count = q.waiting_count - cardinality(v_offer_entry),
            head_position = coalesce(
                (
                    select min(e.position)
                    from waitlist.entries as e
                    where e.show_id = p_show_id
                        and e.status = 'waiting'
                        and e.position >= v_head_position
                ),
                q.last_position + 1
            ),
            last_decision = q.last_decision + cardinality(v_note_decision),
            reserved_seat_nos = array(
                select k.seat_no
                from unnest(v_kept) as k (seat_no)
                where k.seat_no <> all (v_opened)
            )
        where q.show_id = p_show_id
        returning q.last_decision - cardinality(v_note_decision) as decision_no
    )
    insert into waitlist.decisions (
        show_id,
        decision_no,
        decision,
        entry_id,
        reason,
        detail
    )
    select
        p_show_id,
        c.decision_no + n.nth,
        n.decision,
        n.entry_id,
        n.reason,
        n.detail
    from counted as c
    cross join unnest(v_note_decision, v_note_entry, v_note_reason, v_note_detail)
        with ordinality as n (decision, entry_id, reason, detail, nth);

    if not v_has_buyers then
        return;
    end if;
    -- Who buys is charged at once; what costs nothing is bought with that.
    for v_entry in
        select
            e.entry_id,
            e.user_id,
            e.quantity,
            e.booking_id,
            e.payment_method
        from waitlist.entries as e
        where e.show_id = p_show_id
            and e.entry_id = any (v_offer_entry)
            and e.mode = 'buy'
        order by e.position
    loop
        select
            c.payment_id,
            c.is_free
        into v_charge
        from sales.charge_booking(p_show_id, v_entry.booking_id, v_entry.payment_method, p_is_off_session => true) as c;
        if v_charge.is_free then
            perform sales.sell_booking(p_show_id, v_entry.booking_id, v_charge.payment_id, null);
            perform waitlist.end_entries(p_show_id, array[v_entry.entry_id], 'fulfilled', 'bought');
            user_ids := user_ids || v_entry.user_id;
            seat_counts := seat_counts || v_entry.quantity;
            v_was_sold := true;
        end if;
    end loop;

    if v_was_sold then
        select
            x.user_ids,
            x.seat_counts
        into v_fewer
        from waitlist.end_hopeless(p_show_id) as x;
        user_ids := user_ids || v_fewer.user_ids;
        seat_counts := seat_counts || v_fewer.seat_counts;
    end if;
end;
$$;
