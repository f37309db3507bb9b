-- Making a show: its own row, its tiers, and one row for every seat or place that it sells.

create or replace function sales.checked_tiers(
    p_prices jsonb,
    p_tiers text[],
    p_currency text
)
returns text[]
language plpgsql
stable
as $$
-- The tiers that p_prices = {tier: minor units} has prices for. Raises invalid_request (prices) unless these are p_tiers,
-- or, when that is null, exactly one, and each price is one that the provider charges in p_currency.
declare
    v_tiers text[];
    v_problem text;
begin
    if jsonb_typeof(p_prices) is distinct from 'object' then
        perform api.raise_invalid('prices', 'Prices are given by tier, in minor units.');
    end if;

    select
        array_agg(p.tier order by p.tier),
        min(
            case
                when p.tier !~ '^[a-z][a-z0-9_]{0,39}$' then 'A tier is a name in lower case.'
                when p.tier <> all (p_tiers) then format('The hall has no tier %s.', p.tier)
                when not catalog.is_whole_number(p.price, 0, 999999999999)
                    then format('The price of %s is not a whole number from 0 to 999999999999.', p.tier)
                else catalog.price_fault(p.price::numeric, p_currency)
            end
        )
    into v_tiers, v_problem
    from jsonb_each(p_prices) as p (tier, price);

    if v_problem is null and p_tiers is null and cardinality(v_tiers) is distinct from 1 then
        v_problem := 'Places that are all alike have one price.';
    end if;
    if v_problem is null and not coalesce(v_tiers, '{}') @> p_tiers then
        v_problem := format('There are prices missing: the hall has the tiers %s.', array_to_string(p_tiers, ', '));
    end if;
    if v_problem is not null then
        perform api.raise_invalid('prices', v_problem);
    end if;
    return v_tiers;
end;
$$;

create or replace function sales.check_show_times(
    p_starts_at timestamptz,
    p_sale_starts_at timestamptz,
    p_starts_at_before timestamptz default null
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (starts_at, sale_starts_at) unless the show is to come, or starts when it did before, within ten years, and
-- its sale before that.
begin
    if p_starts_at is null
        or (p_starts_at is distinct from p_starts_at_before and (p_starts_at <= now() or p_starts_at > now() + interval '10 years'))
    then
        perform api.raise_invalid('starts_at', 'A show starts in the future, within ten years.');
    end if;
    if p_sale_starts_at is null or p_sale_starts_at < now() - interval '10 years' then
        perform api.raise_invalid('sale_starts_at', 'A sale starts within ten years.');
    end if;
    if p_sale_starts_at > p_starts_at then
        perform api.raise_invalid('sale_starts_at', 'A sale starts before the show.');
    end if;
end;
$$;

create or replace function sales.raise_hall_taken(
    p_hall_id bigint,
    p_time tstzrange,
    p_show_id bigint default null
)
returns void
language plpgsql
stable
as $$
-- Raises hall_taken (show_id), naming the first other show than p_show_id that has the hall in p_time, which is sales.hall_time.
declare
    v_other record;
begin
    select
        s.show_id,
        t.hall_time
    into v_other
    from sales.shows as s
    cross join lateral sales.hall_time(s.starts_at, s.ends_at, s.cleaning_minutes) as t (hall_time)
    where s.hall_id = p_hall_id
        and s.status <> 'cancelled'
        and s.show_id is distinct from p_show_id
        and t.hall_time && p_time
    order by
        s.starts_at,
        s.show_id
    limit 1;
    perform api.raise(
        'hall_taken',
        jsonb_build_object('show_id', v_other.show_id),
        format(
            'The hall has another show from %s to %s, with the time to clean it.',
            api.rfc3339(lower(v_other.hall_time)),
            api.rfc3339(upper(v_other.hall_time))
        )
    );
end;
$$;

create or replace function sales.create_show(
    p_event_id bigint,
    p_hall_id bigint,
    p_starts_at timestamptz,
    p_prices jsonb,
    p_currency text,
    p_status text default 'on_sale',
    p_sale_starts_at timestamptz default null
)
returns bigint
language plpgsql
volatile
as $$
-- Makes a show and returns its id. p_prices: {tier: minor units} with each tier of the hall; for places that are all
-- alike exactly one tier of any name. The sale starts at once unless p_sale_starts_at is given, to the second. Locks the
-- event as refresh_playing does, and hall, venue and city against whoever changes them (for update), so that seats and names stay
-- as they are meanwhile.
-- Raises invalid_request (event_id, hall_id, starts_at, prices, currency, status, sale_starts_at), hall_taken (show_id).
declare
    v_sale_starts_at timestamptz := date_trunc('second', coalesce(p_sale_starts_at, least(now(), p_starts_at)));
    v_event record;
    v_hall record;
    v_tiers text[];
    v_show_id bigint;
begin
    select make_interval(mins => e.duration_minutes) as duration, catalog.event_brief(e) as brief
    into v_event
    from catalog.events as e
    where e.event_id = p_event_id
    for no key update;
    if v_event.duration is null then
        perform api.raise_invalid('event_id', 'There is no such event.');
    end if;

    select
        h.venue_id,
        h.name,
        h.admission,
        h.capacity,
        h.layout_version,
        h.cleaning_minutes,
        v.city_id,
        c.timezone,
        catalog.venue_brief(v, c.name) as venue_brief
    into v_hall
    from catalog.halls as h
    inner join catalog.venues as v
        on v.venue_id = h.venue_id
    inner join catalog.cities as c
        on c.city_id = v.city_id
    where h.hall_id = p_hall_id
    for key share of h, v, c;
    if v_hall.venue_id is null then
        perform api.raise_invalid('hall_id', 'There is no such hall.');
    end if;

    perform sales.check_show_times(p_starts_at, v_sale_starts_at);
    perform catalog.check_currency(p_currency);
    if p_status is null or p_status not in ('draft', 'on_sale', 'closed') then
        perform api.raise_invalid('status', 'A new show is draft, on_sale or closed.');
    end if;

    v_tiers := sales.checked_tiers(p_prices, catalog.tiers_of_hall(p_hall_id), p_currency);

    begin
        insert into sales.shows (
            event_id, hall_id, venue_id, city_id, admission, status, starts_at, ends_at, cleaning_minutes, sale_starts_at,
            currency, layout_version, event_brief, venue_brief, hall_name, timezone
        )
        values (
            p_event_id, p_hall_id, v_hall.venue_id, v_hall.city_id, v_hall.admission, p_status, p_starts_at,
            p_starts_at + v_event.duration, v_hall.cleaning_minutes, v_sale_starts_at, p_currency, v_hall.layout_version,
            v_event.brief, v_hall.venue_brief, v_hall.name, v_hall.timezone
        )
        returning show_id into v_show_id;
    exception when exclusion_violation then
        perform sales.raise_hall_taken(p_hall_id, sales.hall_time(p_starts_at, p_starts_at + v_event.duration, v_hall.cleaning_minutes));
    end;

    insert into waitlist.queues (show_id)
    values (v_show_id);

    insert into sales.show_tiers (show_id, tier, price_minor)
    select v_show_id, t.tier, (p_prices ->> t.tier)::bigint
    from unnest(v_tiers) as t (tier);

    if v_hall.admission = 'seated' then
        insert into sales.show_seats (show_id, seat_no, seat, tier, price_minor, block_no, quality)
        select v_show_id, s.seat_no, s.seat, s.tier, (p_prices ->> s.tier)::bigint, s.block_no, s.quality
        from catalog.seats as s
        where s.hall_id = p_hall_id
        order by s.seat_no;
    else
        insert into sales.show_seats (show_id, seat_no, seat, tier, price_minor)
        select v_show_id, place_no, 'GA-' || place_no, v_tiers[1], (p_prices ->> v_tiers[1])::bigint
        from generate_series(1, v_hall.capacity) as place_no;
    end if;
    perform catalog.refresh_playing(array[p_event_id]);
    return v_show_id;
end;
$$;
