-- A show: its seat map, and taking seats from it by a form.

create or replace function page.show(
    p_actor bigint,
    p_show_id bigint,
    p_language text,
    p_refused text default null,
    p_gone text[] default null,
    p_keep text[] default null,
    p_quantity integer default null,
    p_tier text default null,
    p_together boolean default true,
    p_available integer default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- What comes after p_language is what page.create_hold says of a form that it refused (or that came before signing in):
-- why, which seats are gone, which stay ticked, what else was asked; or page.join_waitlist of its form. Of the seats only those
-- are named that the show has.
declare
    v_show json := api.get_show(p_show_id);
    v_status text := v_show ->> 'status';
    v_is_seated boolean := v_show ->> 'admission' = 'seated';
    v_state text := case
        when v_status = 'scheduled' then 'soon'
        when v_status = 'cancelled' then 'cancelled'
        when (v_show ->> 'starts_at')::timestamptz <= now() then 'over'
        when v_status = 'closed' then 'closed'
    end;
    v_kept text;
    v_join json;
    v_own_entry json := page.live_entry(p_actor, p_show_id);
begin
    if v_show is null then
        perform api.raise('not_found');
    end if;
    v_kept := page.seats_of_show(p_show_id, p_keep);
    v_join := page.join_form(
        p_actor,
        v_show,
        greatest(p_quantity, coalesce(cardinality(p_gone), 0) + coalesce(cardinality(p_keep), 0), 1),
        p_tier
    );

    return json_build_object(
        'show', page.show_head(p_show_id, p_language),
        'is_open', v_state is null,
        'state', v_state,
        'sale_starts_at', page.at((v_show ->> 'sale_starts_at')::timestamptz, v_show #>> '{venue,timezone}'),
        'is_sold_out', v_status = 'sold_out' and p_refused is null and v_join is null and v_own_entry is null
            and v_show ->> 'seats_held' <> '0',
        'is_sold', v_status = 'sold_out' and v_show ->> 'seats_held' = '0',
        'join', v_join,
        'own_entry', v_own_entry,
        'seats_held', v_show -> 'seats_held',
        'is_general', not v_is_seated,
        'max_seats', v_show -> 'max_seats',
        'hold_minutes', ceil((v_show ->> 'hold_seconds')::numeric / 60),
        'seats_available', v_show -> 'seats_available',
        'own_bookings', page.live_bookings(p_actor, p_show_id),
        'refusal', case
            when p_refused ~ '^[a-z_]{1,40}$'
                then json_build_object(
                    'refused', p_refused,
                    'gone_list', page.seats_of_show(p_show_id, p_gone),
                    'available', p_available,
                    'kept', v_kept is not null,
                    'kept_list', v_kept
                )
        end,
        'quantities', (
            select json_agg(
                json_build_object('quantity', n.n, 'is_chosen', n.n = coalesce(p_quantity, least(2, n.most)))
                order by n.n
            )
            from (
                select
                    g.n,
                    max(g.n) over () as most
                from generate_series(1, (v_show ->> 'max_seats')::integer) as g (n)
            ) as n
        ),
        'tiers', (
            select json_agg(t.value || jsonb_build_object('is_chosen', coalesce(t.value ->> 'tier' = p_tier, false)))
            from jsonb_array_elements((v_show -> 'tiers')::jsonb) as t (value)
        ),
        'together', p_together,
        'map', case when v_state is null and v_is_seated then page.seat_map(p_show_id, p_keep) end
    );
end;
$$;

comment on function page.show is 'A show with its seat map.';
select api.add_route('GET', '/shows/{show_id}', 'page.show', answer => 'page', template => 'show', cache_seconds => 1);

create or replace function page.seats_of_show(
    p_show_id bigint,
    p_seats text[]
)
returns text
language sql
stable
as $$
-- Those of the seats that the show has, as a list in words; null: none.
    select string_agg(s.seat, ', ' order by s.seat_no)
    from sales.show_seats as s
    where s.show_id = p_show_id
        and s.seat = any (p_seats);
$$;

create or replace function page.live_bookings(
    p_user_id bigint,
    p_show_id bigint
)
returns json
language sql
stable
as $$
-- What the reader holds of the show already; null: nothing.
    select json_agg(
        page.seats_of(b.show_id, b.seats)::jsonb || jsonb_build_object('booking_id', sales.public_id('bk', b.show_id, b.booking_id))
        order by b.created_at
    )
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.user_id = p_user_id
        and b.status in ('held', 'paying')
        and (b.status = 'paying' or b.expires_at > now());
$$;

create or replace function page.seat_map(
    p_show_id bigint,
    p_ticked text[]
)
returns json
language plpgsql
stable
as $$
-- The seats as templates/_seat_map.tpl draws them:
--   "columns"        the hall's width in seats, at most 120
--   "prices"         [{"price_class", "price_no", "tier", "price", "price_value", "currency", "decimals"}]: each tier and price that a
--                    seat has, the cheapest first; there are six colours, from the seventh on one is told by price_no
--   "has_accessible"
--   "rows"           [{"row", "aisle", "price_class", "tier", "price", "seats": [{"seat", "number", "gap", …}]}]
-- "gap": the space before a seat in halves of a seat, at most 120; "aisle": one goes before the row. In a seat only what is
-- true of it is named: accessible, is_held, is_sold, is_taken (held or sold), is_ticked; and price_class, tier and price only
-- where they differ from its row's. As text: json_agg took five times as long, 170 ms against 30 for 2,666 seats on a busy machine.
declare
    v_hall_id bigint;
    v_currency text;
    v_decimals integer;
    v_tiers text[];
    v_prices bigint[];
    v_left real;
    v_right real;
    v_has_accessible boolean;
    v_rows text;
begin
    select s.hall_id, s.currency, coalesce(c.minor_digits, 2)
    into v_hall_id, v_currency, v_decimals
    from sales.shows as s
    left join catalog.currencies as c
        on c.currency = s.currency
    where s.show_id = p_show_id;

    select
        array_agg(p.tier order by p.price_minor, p.tier),
        array_agg(p.price_minor order by p.price_minor, p.tier)
    into v_tiers, v_prices
    from (
        select distinct s.tier, s.price_minor
        from sales.show_seats as s
        where s.show_id = p_show_id
    ) as p;

    select min(h.x), max(h.x), bool_or(h.accessible)
    into v_left, v_right, v_has_accessible
    from catalog.seats as h
    where h.hall_id = v_hall_id;

    select string_agg(
        '{"row":' || to_json(r.row_label)
        || case when r.y - r.y_before > 1.5 then ',"aisle":true' else '' end
        || page.seat_price(r.tier, r.price_minor, v_currency, v_tiers, v_prices)
        || ',"seats":[' || r.seats || ']}',
        ','
        order by r.first_seat_no
    )
    into v_rows
    from (
        select
            l.row_label,
            l.row_tier as tier,
            l.row_price_minor as price_minor,
            min(l.y) as y,
            lag(min(l.y)) over (order by min(l.seat_no)) as y_before,
            min(l.seat_no) as first_seat_no,
            string_agg(
                '{"seat":' || to_json(l.seat) || ',"number":' || l.number
                || case when l.gap > 0 then ',"gap":' || least(l.gap, 120) else '' end
                || case when l.accessible then ',"accessible":true' else '' end
                || case
                    when l.is_held then ',"is_held":true,"is_taken":true'
                    when l.is_sold then ',"is_sold":true,"is_taken":true'
                    when l.seat = any (p_ticked) then ',"is_ticked":true'
                    else ''
                end
                || case
                    when l.tier = l.row_tier and l.price_minor = l.row_price_minor then ''
                    else page.seat_price(l.tier, l.price_minor, v_currency, v_tiers, v_prices)
                end
                || '}',
                ','
                order by l.seat_no
            ) as seats
        from (
            select
                s.seat_no,
                s.seat,
                s.tier,
                s.price_minor,
                s.status = 'reserved' or (s.status = 'held' and s.held_until > now()) as is_held,
                s.status in ('sold', 'blocked') as is_sold,
                h.row_label,
                h.number,
                h.y,
                h.accessible,
                round(2 * coalesce(h.x - lag(h.x) over in_row - 1, h.x - v_left))::integer as gap,
                first_value(s.tier) over in_row as row_tier,
                first_value(s.price_minor) over in_row as row_price_minor
            from sales.show_seats as s
            inner join catalog.seats as h
                on h.hall_id = v_hall_id
                and h.seat_no = s.seat_no
            where s.show_id = p_show_id
            window in_row as (partition by h.row_label order by s.seat_no)
        ) as l
        group by
            l.row_label,
            l.row_tier,
            l.row_price_minor
    ) as r;

    return json_build_object(
        'columns', least(ceil(v_right - v_left + 1), 120),
        'has_accessible', v_has_accessible,
        'prices', (
            select json_agg(
                json_build_object(
                    'price_class', (p.place - 1) % 6,
                    'price_no', p.place,
                    'tier', p.tier,
                    'price', api.money(p.price_minor, v_currency),
                    'price_value', p.price_minor,
                    'currency', v_currency,
                    'decimals', v_decimals
                )
                order by p.place
            )
            from unnest(v_tiers, v_prices) with ordinality as p (tier, price_minor, place)
        ),
        'rows', ('[' || v_rows || ']')::json
    );
end;
$$;

create or replace function page.seat_price(
    p_tier text,
    p_price_minor bigint,
    p_currency text,
    p_tiers text[],
    p_prices bigint[]
)
returns text
language sql
immutable
as $$
-- A seat's tier and price as members of a JSON object, with the place that they have among all of the show's: by its colour, and by
-- its number where the colours are used up.
    select format(
        ',"price_class":%s%s,"tier":"%s","price":{"value":%s,"currency":"%s"}',
        (p.place - 1) % 6,
        case when p.place > 6 then format(',"price_no":%s', p.place) end,
        p_tier,
        p_price_minor,
        p_currency
    )
    from unnest(p_tiers, p_prices) with ordinality as p (tier, price_minor, place)
    where p.tier = p_tier
        and p.price_minor = p_price_minor;
$$;

create or replace function page.create_hold(
    p_actor bigint,
    p_show_id bigint,
    p_seats text[] default null,
    p_quantity integer default null,
    p_tier text default null,
    p_together boolean default null,
    p_limited_address inet default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The form of the seat map. Leads to the booking; or back to the map, which says what was refused and keeps what was chosen;
-- or, for a stranger, to signing in and then back. Who sends the form twice comes to the booking that the first one made.
declare
    v_path text := '/shows/' || p_show_id;
    v_asked text[] := array[
        'quantity', p_quantity::text,
        'tier', p_tier,
        'together', case when p_quantity is not null then coalesce(p_together, false)::text end
    ];
    v_gone text[];
    v_hold record;
    v_is_short boolean;
    v_booking_id uuid;
begin
    if p_actor is null then
        return json_build_object(
            'location',
            page.link('/login', 'next', page.link(v_path, variadic v_asked || page.repeated('keep', p_seats)))
        );
    end if;
    if p_seats is null and p_quantity is null then
        return json_build_object('location', page.link(v_path, 'refused', 'no_seats'));
    end if;

    select h.code, h.body
    into v_hold
    from sales.hold_seats(
        p_show_id, p_actor, p_seats, p_quantity, p_tier, coalesce(p_together, false), p_address => p_limited_address
    ) as h;
    if v_hold.code = 'not_found' then
        perform api.raise('not_found');
    elsif v_hold.code is null then
        return json_build_object('location', '/bookings/' || (v_hold.body ->> 'booking_id'));
    end if;

    if json_array_length(v_hold.body -> 'yours') = cardinality(p_seats) then
        select s.booking_id
        into v_booking_id
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.seat = p_seats[1];
        return json_build_object('location', '/bookings/' || sales.public_id('bk', p_show_id, v_booking_id));
    end if;

    v_gone := array(
        select g.seat
        from json_array_elements_text(v_hold.body -> 'taken') as g (seat)
    );
    v_is_short := v_hold.code = 'seats_taken' and p_quantity is not null;
    return json_build_object(
        'location',
        page.link(
            v_path,
            variadic array[
                'refused', case when v_is_short then 'too_few' else v_hold.code end,
                'available', case when v_is_short then v_hold.body ->> 'available' end
            ]
            || v_asked
            || page.repeated('gone', v_gone)
            || page.repeated('keep', array(select k.seat from unnest(p_seats) as k (seat) where k.seat <> all (v_gone)))
        )
    );
end;
$$;

create or replace function page.repeated(
    p_name text,
    p_values text[]
)
returns text[]
language sql
immutable
parallel safe
as $$
-- One name with several values, as page.link takes them: {name, value, name, value …}.
    select coalesce(array_agg(f.field order by v.place, f.place), '{}')
    from unnest(p_values) with ordinality as v (value, place)
    cross join lateral (values (1, p_name), (2, v.value)) as f (place, field);
$$;

comment on function page.create_hold is 'The form that takes seats.';
select api.add_route('POST', '/shows/{show_id}/holds', 'page.create_hold', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'hold');
