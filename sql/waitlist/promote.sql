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

create or replace function waitlist.why_ask(
    p_mode text,
    p_agreed_minor bigint,
    p_amount_minor bigint,
    p_agreed_starts_at timestamptz,
    p_starts_at timestamptz
)
returns text
language sql
immutable
as $$
-- Why one who wanted the seats bought is asked first: price_higher, show_moved; null: all is as agreed.
    select case
        when p_mode <> 'buy' then null
        when p_starts_at <> p_agreed_starts_at then 'show_moved'
        when p_amount_minor > p_agreed_minor then 'price_higher'
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
-- In both, seats gather for the show's waitlist_gather_seconds. After that those who have been waiting so far get seats only when there
-- are enough for them at once, and what has gathered goes to the next who fits, or on sale. A new offer starts the time anew.
--
-- An offer is a booking of the buyer, held for the show's hold_seconds; in mode `buy` its charge begins at once. What a buyer
-- waits for is claimed already (sales.buyers), so an offer changes no count. An entry whose time is over is ended when its
-- turn comes: returns as waitlist.end_entries what the caller is to count.
-- However many wait, it looks at the first of each kind (a tier and a quantity) and at those whom it serves, decides in memory, and
-- writes all decisions at once.
-- The caller has locked the queue. Locks the seats, which nobody else locks without the queue.
declare
    c_slice constant integer := 200;
    v_show record;
    v_todo integer[] := coalesce(p_seat_nos, '{}');
    v_waiting_count integer;
    v_head_position bigint;
    v_last_position bigint;
    v_gathering_since timestamptz;
    v_gathered_position bigint;  -- up to it nobody gathers seats any more
    v_gathering_is_over boolean;
    v_kept integer[] := array[]::integer[];
    -- of each kind of which somebody waits ('': of any tier): the first who has not had a turn; no position when all had
    v_kind_tier text[];
    v_kind_quantity integer[];
    v_kind_first bigint[];
    v_kind_entry uuid[];
    v_kind_user bigint[];
    v_kind_buys boolean[];
    v_kind_end timestamptz[];
    -- seats to give, the best first
    v_no integer[];
    v_tier text[];
    v_block integer[];
    v_quality integer[];
    v_usable record;
    v_chosen integer[];
    v_closed_tiers text[];
    v_opened integer[];
    v_next record;
    v_entry record;
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
        q.head_position,
        q.last_position,
        q.gathering_since,
        q.gathered_position
    into v_no, v_waiting_count, v_head_position, v_last_position, v_gathering_since, v_gathered_position
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
        s.starts_at,
        s.status = 'on_sale' and s.starts_at > now() as is_on_sale,
        s.waitlist_policy = 'strict' as is_strict,
        s.currency,
        make_interval(secs => s.waitlist_gather_seconds) as gathering_time,
        now() + make_interval(secs => s.hold_seconds) as expires_at,
        now() + make_interval(secs => s.hold_seconds + s.hold_grace_seconds) as held_until
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id;

    v_gathering_is_over := coalesce(v_gathering_since + v_show.gathering_time <= now(), false);
    if v_gathering_is_over then
        v_gathered_position := v_last_position;
    end if;

    -- Nothing is given while nothing is sold.
    if not v_show.is_on_sale then
        v_kept := v_no || v_todo;
        v_todo := '{}';
        v_no := '{}';
    end if;

    select
        array_agg(t.tier),
        array_agg(n.quantity),
        array_agg(f.position),
        array_agg(f.entry_id),
        array_agg(f.user_id),
        array_agg(f.mode = 'buy'),
        array_agg(f.expires_at)
    into v_kind_tier, v_kind_quantity, v_kind_first, v_kind_entry, v_kind_user, v_kind_buys, v_kind_end
    from (
        select ''
        union all
        select k.tier
        from sales.show_tiers as k
        where k.show_id = p_show_id
    ) as t (tier)
    cross join generate_series(1, 10) as n (quantity)
    cross join lateral (
        select
            w.position,
            w.entry_id,
            w.user_id,
            w.mode,
            w.expires_at
        from waitlist.entries as w
        where w.show_id = p_show_id
            and coalesce(w.tier, '') = t.tier
            and w.quantity = n.quantity
            and w.status = 'waiting'
            and w.position >= v_head_position
        order by w.position
        limit 1
    ) as f
    where v_waiting_count > 0;

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
        while cardinality(v_no) > 0 and '' <> all (v_closed_tiers) loop
            -- The first in line of those who may be served; in strict also of those who must be waited for.
            select
                k.kind,
                k.tier,
                k.quantity,
                k.position,
                k.entry_id,
                k.user_id,
                k.buys,
                k.ends_at > now() as is_in_time,
                (select min(f.position) from unnest(v_kind_first) as f (position)) as first_position
            into v_next
            from unnest(v_kind_tier, v_kind_quantity, v_kind_first, v_kind_entry, v_kind_user, v_kind_buys, v_kind_end)
                with ordinality as k (tier, quantity, position, entry_id, user_id, buys, ends_at, kind)
            where k.position is not null
                and case when v_show.is_strict and k.position > v_gathered_position then 1 else k.quantity end <= (
                    select count(*)
                    from unnest(v_tier) as s (tier)
                    where s.tier <> all (v_closed_tiers)
                        and k.tier in ('', s.tier)
                )
            order by k.position
            limit 1;
            exit when not found;

            if v_next.is_in_time then
                if v_next.tier = '' and cardinality(v_closed_tiers) = 0 and v_next.quantity <= cardinality(v_no)
                    and (v_next.quantity = 1 or not v_show.is_seated) then
                    -- Any of them will do.
                    v_chosen := v_no[: v_next.quantity];
                    v_no := v_no[v_next.quantity + 1 :];
                    v_tier := v_tier[v_next.quantity + 1 :];
                    v_block := v_block[v_next.quantity + 1 :];
                    v_quality := v_quality[v_next.quantity + 1 :];
                else
                    select
                        coalesce(array_agg(k.seat_no), '{}') as seat_nos,
                        array_agg(k.tier) as tiers,
                        array_agg(k.block_no) as block_nos,
                        array_agg(k.quality) as qualities
                    into v_usable
                    from unnest(v_no, v_tier, v_block, v_quality) as k (seat_no, tier, block_no, quality)
                    where k.tier <> all (v_closed_tiers)
                        and v_next.tier in ('', k.tier);

                    if cardinality(v_usable.seat_nos) < v_next.quantity then
                        -- strict only. The seats gather; told again only when there are more of them.
                        if v_usable.seat_nos && p_seat_nos then
                            v_note_decision := v_note_decision || 'gathered'::text;
                            v_note_entry := v_note_entry || v_next.entry_id;
                            v_note_reason := v_note_reason || 'wants_more'::text;
                            v_note_detail := v_note_detail || jsonb_build_object(
                                'position', v_next.position,
                                'wants', v_next.quantity,
                                'gathered', cardinality(v_usable.seat_nos)
                            );
                        end if;
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
                if v_next.first_position < v_next.position then
                    v_note_decision := v_note_decision || 'skipped'::text;
                    v_note_entry := v_note_entry || null::uuid;
                    v_note_reason := v_note_reason || case
                        when v_show.is_strict and v_next.first_position > v_gathered_position then 'other_tier'
                        else 'wants_more'
                    end;
                    v_note_detail := v_note_detail || jsonb_build_object(
                        'from_position', v_next.first_position,
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

                -- Mostly all that was freed is given now.
                exit when cardinality(v_no) = 0 and cardinality(v_todo) = 0;
            else
                v_late := v_late || v_next.entry_id;
            end if;

            -- It had its turn: who is behind it of its kind? Found from there on, past all that were served before.
            select
                w.position,
                w.entry_id,
                w.user_id,
                w.mode = 'buy' as buys,
                w.expires_at
            into v_entry
            from waitlist.entries as w
            where w.show_id = p_show_id
                and coalesce(w.tier, '') = v_next.tier
                and w.quantity = v_next.quantity
                and w.status = 'waiting'
                and w.position > v_next.position
            order by w.position
            limit 1;
            v_kind_first[v_next.kind] := v_entry.position;
            v_kind_entry[v_next.kind] := v_entry.entry_id;
            v_kind_user[v_next.kind] := v_entry.user_id;
            v_kind_buys[v_next.kind] := v_entry.buys;
            v_kind_end[v_next.kind] := v_entry.expires_at;
        end loop;
        exit when cardinality(v_todo) = 0;
    end loop;

    -- What is left: for everybody if nobody who waits can use it or it has gathered for long enough, else it goes on gathering.
    v_kept := v_no || v_kept;
    v_opened := array[]::integer[];
    if cardinality(v_kept) > 0 then
        v_opened := array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show_id
                and s.seat_no = any (v_kept)
                and not exists (
                    select
                    from unnest(v_kind_tier, v_kind_first) as k (tier, position)
                    where k.position > v_gathered_position
                        and k.tier in ('', s.tier)
                )
            order by s.seat_no
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
        v_note_reason := v_note_reason || case when v_gathering_is_over then 'gathered_long_enough' else 'nobody_waits_for_them' end;
        v_note_detail := v_note_detail || jsonb_build_object('seat_nos', v_opened);
    end if;

    if cardinality(v_late) > 0 then
        select
            x.user_ids,
            x.seat_counts
        into user_ids, seat_counts
        from waitlist.end_entries(p_show_id, v_late, 'expired', 'time_over') as x;
    end if;
    with counted as (
        update waitlist.queues as q
        set
            waiting_count = q.waiting_count - cardinality(v_offer_entry),
            head_position = coalesce((select min(k.position) from unnest(v_kind_first) as k (position)), q.last_position + 1),
            last_decision = q.last_decision + cardinality(v_note_decision),
            reserved_seat_nos = array(
                select k.seat_no
                from unnest(v_kept) as k (seat_no)
                where k.seat_no <> all (v_opened)
            ),
            gathered_position = v_gathered_position,
            gathering_since = case
                when cardinality(v_kept) = cardinality(v_opened) or not v_show.is_on_sale then null
                when cardinality(v_offer_entry) > 0 then now()
                else coalesce(q.gathering_since, now())
            end
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

    if cardinality(v_offer_entry) = 0 then
        return;
    end if;
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
    asked as (
        select
            w.entry_id,
            h.booking_id,
            waitlist.why_ask(w.mode, w.agreed_price_minor * w.quantity, sum(h.price_minor)::bigint, w.agreed_starts_at, v_show.starts_at) as why
        from held as h
        inner join waitlist.entries as w
            on w.show_id = p_show_id
            and w.entry_id = v_offer_entry[array_position(v_offer_booking, h.booking_id)]
        group by
            w.show_id,
            w.entry_id,
            h.booking_id
    ),
    offered as (
        update waitlist.entries as e
        set
            status = 'offered',
            booking_id = a.booking_id,
            offered_at = now(),
            mode = case when a.why is null then e.mode else 'offer' end,
            payment_method = case when a.why is null then e.payment_method end
        from asked as a
        where e.show_id = p_show_id
            and e.entry_id = a.entry_id
        returning
            e.entry_id,
            e.user_id,
            e.mode,
            e.booking_id,
            a.why
    )
    insert into ops.outbox (
        show_id,
        kind,
        payload
    )
    select
        p_show_id,
        'mail',
        jsonb_strip_nulls(
            jsonb_build_object(
                'mail', 'waitlist_offer',
                'user_id', e.user_id,
                'entry_id', e.entry_id,
                'booking_id', e.booking_id,
                'reason', e.why
            )
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
        into v_next
        from sales.charge_booking(p_show_id, v_entry.booking_id, v_entry.payment_method, p_is_off_session => true) as c;
        if v_next.is_free then
            perform sales.sell_booking(p_show_id, v_entry.booking_id, v_next.payment_id, null);
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
