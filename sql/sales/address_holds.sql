-- Hoarding: many accounts of one network address hold a whole show, or the same seats again and again. Asked only where limits by
-- address apply (BOXOFFICE_RATE_EXEMPT); limits by account, refuse_buyer, apply to everybody.

create or replace function sales.network_of(p_address inet)
returns inet
language sql
immutable
as $$
-- What counts as one address: an IPv6 customer has a whole /64.
    select case family(p_address) when 6 then network(set_masklen(p_address, 64))::inet else p_address end;
$$;

create or replace function sales.refuse_address(
    p_show sales.shows,
    p_address inet,
    p_seat_nos integer[],
    p_given_to_address integer default 0
)
returns sales.verdict
language plpgsql
stable
as $$
-- Why these seats may not be held from this address; null: they may. Too many are held from it (too_many_seats), or one of them was
-- held from it three times lately and given up or left to expire each time (rate_limited, retry_after in seconds): lately means
-- until ten minutes after the hold's deadline.
-- p_given_to_address: seats granted earlier in the transaction and not yet written. Nothing is locked: transactions at the same time may
-- exceed the limit by what they hold, which hoarders gain nothing by.
declare
    c_times constant integer := 3;
    c_time constant interval := make_interval(mins => 10);
    v_address constant inet := sales.network_of(p_address);
    v_held_count integer;
    v_again_count integer;
    v_wait interval;
begin
    select
        coalesce(sum(cardinality(a.seat_nos)) filter (where b.status in ('held', 'paying') and a.held_until > now()), 0)
            + p_given_to_address,
        count(*) filter (where b.status in ('released', 'expired') and a.seat_nos && p_seat_nos)
    into v_held_count, v_again_count
    from sales.address_holds as a
    inner join sales.bookings as b
        on b.show_id = a.show_id
        and b.booking_id = a.booking_id
    where a.show_id = p_show.show_id
        and a.address = v_address
        and a.held_until > now() - c_time;
    if v_held_count + cardinality(p_seat_nos) > p_show.max_seats_per_address then
        return row(
            'too_many_seats',
            format(
                '%s seats of this show are held from your network address; %s at a time is the most.',
                v_held_count,
                p_show.max_seats_per_address
            ),
            json_build_object(
                'max_seats', p_show.max_seats, 'max_seats_per_address', p_show.max_seats_per_address, 'held', v_held_count
            ),
            null
        )::sales.verdict;
    elsif v_again_count < c_times then
        return null;
    end if;

    select min(s.held_until) + c_time - now()
    into v_wait
    from (
        select
            a.held_until,
            row_number() over (partition by n.seat_no order by a.held_until desc) as nth
        from sales.address_holds as a
        inner join sales.bookings as b
            on b.show_id = a.show_id
            and b.booking_id = a.booking_id
        cross join lateral unnest(a.seat_nos) as n (seat_no)
        where a.show_id = p_show.show_id
            and a.address = v_address
            and a.held_until > now() - c_time
            and b.status in ('released', 'expired')
            and n.seat_no = any (p_seat_nos)
    ) as s
    where s.nth = c_times;
    if v_wait is not null then
        return row(
            'rate_limited',
            'These seats were held from your network address several times and not paid for. Choose others, or try again later.',
            json_build_object('retry_after', ceil(extract(epoch from v_wait))::integer),
            null
        )::sales.verdict;
    end if;
    return null;
end;
$$;

create or replace function sales.note_address(
    p_show sales.shows,
    p_address inet,
    p_body json,
    p_seat_nos integer[]
)
returns void
language plpgsql
as $$
-- Remembers from which address a hold was made. p_body: the booking as write_hold returns it.
begin
    insert into sales.address_holds (
        show_id,
        booking_id,
        address,
        seat_nos,
        held_until
    )
    select
        k.show_id,
        k.id,
        sales.network_of(p_address),
        p_seat_nos,
        now() + make_interval(secs => p_show.hold_seconds + p_show.hold_grace_seconds)
    from sales.parse_public_id('bk', p_body ->> 'booking_id') as k;
end;
$$;
