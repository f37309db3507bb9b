-- What staff does to single seats of a show.

create or replace function sales.checked_seat_changes(p_seats jsonb)
returns jsonb
language plpgsql
stable
as $$
-- p_seats if it is a list of 1 to 1000 {"seat", "price", "tier", "blocked"}, each with a seat of its own and at least one wish;
-- else raises invalid_request (seats). Whether the show has these seats and tiers is not asked here.
declare
    v_problem text;
begin
    if jsonb_typeof(p_seats) is distinct from 'array' or jsonb_array_length(p_seats) not between 1 and 1000 then
        perform api.raise_invalid('seats', 'Name 1 to 1000 seats.');
    end if;
    if exists (select from jsonb_array_elements(p_seats) as k where jsonb_typeof(k) <> 'object') then
        perform api.raise_invalid('seats', 'A seat is {"seat", "price", "tier", "blocked"}.');
    end if;

    select min(
        case
            when jsonb_typeof(k -> 'seat') is distinct from 'string' then 'A seat has a name: {"seat": "C-7"}.'
            when k - array['seat', 'price', 'tier', 'blocked'] <> '{}' then format('%s: a seat has price, tier and blocked, nothing else.', k ->> 'seat')
            when k - 'seat' = '{}' then format('%s: nothing is to be changed.', k ->> 'seat')
            when k ? 'price' and not catalog.is_whole_number(k -> 'price', 0, 999999999999)
                then format('%s: a price is a whole number from 0 to 999999999999.', k ->> 'seat')
            when k ? 'tier' and jsonb_typeof(k -> 'tier') <> 'string' then format('%s: a tier is a text.', k ->> 'seat')
            when k ? 'blocked' and jsonb_typeof(k -> 'blocked') <> 'boolean' then format('%s: blocked is true or false.', k ->> 'seat')
        end
    )
    into v_problem
    from jsonb_array_elements(p_seats) as k;
    if v_problem is null and (select count(*) <> count(distinct k ->> 'seat') from jsonb_array_elements(p_seats) as k) then
        v_problem := 'A seat is named twice.';
    end if;
    if v_problem is not null then
        perform api.raise_invalid('seats', v_problem);
    end if;
    return p_seats;
end;
$$;

create or replace function sales.seat_wishes(
    p_show_id bigint,
    p_seats jsonb
)
returns table (
    seat_no integer,
    seat text,
    status text,
    tier text,
    price_minor bigint,
    is_blocked boolean,
    is_priced boolean
)
language sql
stable
as $$
-- What each seat of p_seats would be: its tier and price, whether blocked; is_priced: tier or price differ from what they are.
    select
        s.seat_no,
        s.seat,
        s.status,
        w.tier,
        w.price_minor,
        coalesce((k ->> 'blocked')::boolean, s.status = 'blocked'),
        (w.tier, w.price_minor) is distinct from (s.tier, s.price_minor)
    from jsonb_array_elements(p_seats) as k
    inner join sales.show_seats as s
        on s.show_id = p_show_id
        and s.seat = k ->> 'seat'
    left join sales.show_tiers as t
        on t.show_id = p_show_id
        and t.tier = k ->> 'tier'
    cross join lateral (
        select
            coalesce(t.tier, s.tier) as tier,
            coalesce((k ->> 'price')::numeric::bigint, t.price_minor, s.price_minor) as price_minor
    ) as w;
$$;

create or replace function sales.change_seats(
    p_show_id bigint,
    p_user_id bigint,
    p_seats jsonb
)
returns json
language plpgsql
volatile
as $$
-- Changes seats of a show, all or none: p_seats = [{"seat": "C-7", "price": minor units, "tier": one of the show's, "blocked"}]. A
-- tier brings its price, unless one is given. Blocked seats are not for sale; who waits gets those that are blocked no longer, and
-- free ones that become of the tier that they wait for.
-- A seat that is held or sold stays as its buyer knows it. Noted in sales.show_events as seats_changed, by p_user_id.
-- Returns {"show_id", "changed": how many are not as they were, "seats": [{"seat", "tier", "price", "status"}]}.
-- Locks, in order: the show, the queue, lapsed bookings, the seats, the buyers. The queue comes before the bookings, whose
-- locks are skipped and not waited for, so that it is locked once, for update. The show is locked so that a new buyer, whose
-- row refers to it, does not wait: that buyer's hold may have locked seats already.
-- Raises not_found, invalid_request (seats), unknown_seat (seats), in_use (used_by, seats).
declare
    v_seats jsonb := sales.checked_seat_changes(p_seats);
    v_currency text;
    v_waiting_count integer;
    v_lapsed_user_ids bigint[];
    v_lapsed_seat_counts integer[];
    v_freed_user_ids bigint[];
    v_freed_seat_counts integer[];
    v_hopeless_user_ids bigint[];
    v_hopeless_seat_counts integer[];
    v_bad text[];
    v_fault text;
    v_blocked integer[];
    v_opened integer[];
    v_priced integer[];
    v_retiered integer[];
begin
    select s.currency
    into v_currency
    from sales.shows as s
    where s.show_id = p_show_id
    for no key update;
    if v_currency is null then
        perform api.raise('not_found');
    end if;

    select array_agg(k ->> 'seat' order by k ->> 'seat')
    into v_bad
    from jsonb_array_elements(v_seats) as k
    where k ->> 'seat' not in (select w.seat from sales.seat_wishes(p_show_id, v_seats) as w);
    if v_bad is not null then
        perform api.raise('unknown_seat', jsonb_build_object('seats', v_bad));
    end if;
    select array_agg(distinct k ->> 'tier')
    into v_bad
    from jsonb_array_elements(v_seats) as k
    where k ->> 'tier' not in (select t.tier from sales.show_tiers as t where t.show_id = p_show_id);
    if v_bad is not null then
        perform api.raise_invalid('seats', format('The show has no tier %s.', array_to_string(v_bad, ', ')));
    end if;

    perform waitlist.lock_queue(p_show_id);
    select
        x.user_ids,
        x.seat_counts
    into v_lapsed_user_ids, v_lapsed_seat_counts
    from sales.take_back_lapsed(p_show_id, 1000) as x;
    perform 1
    from sales.show_seats as s
    where s.show_id = p_show_id
        and s.seat in (select k ->> 'seat' from jsonb_array_elements(v_seats) as k)
    order by s.seat_no
    for update;

    select
        array_agg(w.seat order by w.seat_no) filter (where w.status in ('held', 'sold') and (w.is_priced or w.is_blocked)),
        array_agg(w.seat_no) filter (where w.is_priced),
        array_agg(w.seat_no) filter (where w.is_blocked and w.status <> 'blocked'),
        array_agg(w.seat_no) filter (where not w.is_blocked and w.status = 'blocked')
    into v_bad, v_priced, v_blocked, v_opened
    from sales.seat_wishes(p_show_id, v_seats) as w;
    if v_bad is not null then
        perform api.raise(
            'in_use',
            jsonb_build_object('used_by', 'buyers', 'seats', v_bad),
            format('Held or sold: %s.', array_to_string(v_bad, ', '))
        );
    end if;
    select min(w.seat || ': ' || catalog.price_fault(w.price_minor, v_currency))
    into v_fault
    from sales.seat_wishes(p_show_id, v_seats) as w
    where w.is_priced;
    if v_fault is not null then
        perform api.raise_invalid('seats', v_fault);
    end if;

    select array_agg(w.seat_no)
    into v_retiered
    from sales.seat_wishes(p_show_id, v_seats) as w
    inner join sales.show_seats as s
        on s.show_id = p_show_id
        and s.seat_no = w.seat_no
    where s.status in ('available', 'reserved')
        and s.tier <> w.tier
        and not w.is_blocked;

    if v_priced is not null then
        update sales.show_seats as s
        set
            tier = w.tier,
            price_minor = w.price_minor
        from sales.seat_wishes(p_show_id, v_seats) as w
        where s.show_id = p_show_id
            and s.seat_no = w.seat_no
            and w.is_priced;
        update sales.shows as s
        set layout_version = s.layout_version + 1
        where s.show_id = p_show_id;
    end if;

    v_waiting_count := waitlist.lock_queue(p_show_id);
    if v_blocked is not null then
        update waitlist.queues as q
        set reserved_seat_nos = array(
            select k.seat_no
            from unnest(q.reserved_seat_nos) as k (seat_no)
            where k.seat_no <> all (v_blocked)
        )
        where q.show_id = p_show_id
            and q.reserved_seat_nos && v_blocked;
        update sales.show_seats as s
        set
            status = 'blocked',
            change_count = s.change_count + 1
        where s.show_id = p_show_id
            and s.seat_no = any (v_blocked);
    end if;
    if v_waiting_count = 0 then
        v_retiered := null;
    else
        -- Those that had gathered are given anew with the rest.
        update waitlist.queues as q
        set reserved_seat_nos = array(
            select k.seat_no
            from unnest(q.reserved_seat_nos) as k (seat_no)
            where k.seat_no <> all (v_retiered)
        )
        where q.show_id = p_show_id
            and q.reserved_seat_nos && v_retiered;
    end if;
    if v_opened is not null or v_retiered is not null then
        select
            x.user_ids,
            x.seat_counts
        into v_freed_user_ids, v_freed_seat_counts
        from sales.hand_on_seats(p_show_id, v_opened || v_retiered, v_waiting_count) as x;
    end if;
    if (v_blocked is not null or v_retiered is not null) and v_waiting_count > 0 then
        select
            x.user_ids,
            x.seat_counts
        into v_hopeless_user_ids, v_hopeless_seat_counts
        from waitlist.end_hopeless(p_show_id) as x;
    end if;

    insert into sales.show_events (show_id, kind, user_id, detail)
    values (p_show_id, 'seats_changed', p_user_id, jsonb_build_object('seats', v_seats));
    perform sales.count_fewer(
        p_show_id,
        v_lapsed_user_ids || v_freed_user_ids || v_hopeless_user_ids,
        v_lapsed_seat_counts || v_freed_seat_counts || v_hopeless_seat_counts
    );

    return (
        select json_build_object(
            'show_id', p_show_id,
            'changed', (
                select count(distinct k.seat_no)
                from unnest(v_priced || v_blocked || v_opened) as k (seat_no)
            ),
            'seats', json_agg(
                json_build_object(
                    'seat', s.seat,
                    'tier', s.tier,
                    'price', api.money(s.price_minor, v_currency),
                    'status', s.status
                )
                order by s.seat_no
            )
        )
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat in (select k ->> 'seat' from jsonb_array_elements(v_seats) as k)
    );
end;
$$;
