create or replace function sales.choose_adjacent(
    p_show_id bigint,
    p_quantity integer,
    p_tier text,
    p_excluded integer[]
)
returns integer[]
language sql
stable
as $$
-- The best p_quantity free seats beside each other (of p_tier, or of any one tier when null), in seat order, or null.
-- Best is: without a tier, what costs least; then what leaves no single seat alone beside it, if that can be helped; then what is
-- nearest to the hall's best seat.
-- p_excluded: seat numbers that are as good as taken. Only chooses; the caller locks, and chooses again when it lost one.
    with free as (
        select
            s.seat_no,
            s.block_no,
            s.tier,
            s.price_minor,
            s.quality,
            s.seat_no - row_number() over (partition by s.block_no order by s.seat_no) as run_no
        from sales.show_seats as s
        where s.show_id = p_show_id
            and s.status = 'available'
            and s.seat_no <> all (p_excluded)
    ),
    placed as (
        select
            f.seat_no,
            f.tier,
            f.seat_no - min(f.seat_no) over run as seats_before,
            max(f.seat_no) over run - f.seat_no + 1 as seats_from_here,
            sum(f.price_minor) over ahead as price_minor,
            sum(f.quality) over ahead as quality,
            min(f.tier) over ahead as least_tier,
            max(f.tier) over ahead as greatest_tier
        from free as f
        window
            run as (partition by f.block_no, f.run_no),
            ahead as (
                partition by f.block_no, f.run_no
                order by f.seat_no
                rows between current row and (p_quantity - 1) following
            )
    )
    select array_agg(n.seat_no order by n.seat_no)
    from (
        select p.seat_no
        from placed as p
        where p.seats_from_here >= p_quantity
            and p.least_tier = p.greatest_tier
            and (p_tier is null or p.tier = p_tier)
        order by
            case when p_tier is null then p.price_minor end,
            (p.seats_before = 1)::integer + (p.seats_from_here - p_quantity = 1)::integer,
            p.quality,
            p.seat_no
        limit 1
    ) as best
    cross join lateral generate_series(best.seat_no, best.seat_no + p_quantity - 1) as n (seat_no);
$$;
