-- The floor: what a hold costs at the least. The same tables in miniature, with the keys and checks without which a hold would promise
-- less, and one short function: no seat has two buyers, nobody waits for a seat, a buyer holds ten of a show at most, and the answer is
-- JSON. Benchmarks compare with it.
drop schema if exists bench_floor cascade;
create schema bench_floor;

create table bench_floor.shows (
    show_id bigint primary key,
    title text not null,
    venue text not null,
    starts_at timestamptz not null,
    status text not null,
    currency text not null
);

create table bench_floor.buyers (
    show_id bigint not null references bench_floor.shows (show_id),
    user_id bigint not null references account.users (user_id),
    held_count integer not null check (held_count between 0 and 10),
    primary key (show_id, user_id)
) with (fillfactor = 60);

create table bench_floor.bookings (
    show_id bigint not null,
    booking_id uuid not null,
    user_id bigint not null,
    status text not null default 'held' check (status in ('held', 'paid', 'released')),
    seat_nos integer[] not null check (cardinality(seat_nos) between 1 and 10),
    amount_minor bigint not null check (amount_minor >= 0),
    created_at timestamptz not null default now(),
    held_until timestamptz not null,
    primary key (show_id, booking_id),
    foreign key (show_id, user_id) references bench_floor.buyers (show_id, user_id)
);

create table bench_floor.seats (
    show_id bigint not null references bench_floor.shows (show_id),
    seat_no integer not null,
    seat text not null,
    price_minor bigint not null,
    status text not null default 'available' check (status in ('available', 'held', 'sold')),
    booking_id uuid check ((booking_id is null) = (status = 'available')),
    held_until timestamptz,
    primary key (show_id, seat_no),
    foreign key (show_id, booking_id) references bench_floor.bookings (show_id, booking_id)
) with (fillfactor = 60);

create function bench_floor.make_shows(
    p_count integer,
    p_places integer
)
returns bigint
language plpgsql
as $$
-- Makes shows whose ids follow each other; returns the first.
declare
    v_first constant bigint := (select coalesce(max(s.show_id), 0) + 1 from bench_floor.shows as s);
begin
    insert into bench_floor.shows (show_id, title, venue, starts_at, status, currency)
    select n, 'Show ' || n, 'Odeon', now() + interval '3 days', 'on_sale', 'EUR'
    from generate_series(v_first, v_first + p_count - 1) as n;
    insert into bench_floor.seats (show_id, seat_no, seat, price_minor)
    select n, k, k::text, 1200
    from generate_series(v_first, v_first + p_count - 1) as n
    cross join generate_series(1, p_places) as k;
    return v_first;
end;
$$;

create function bench_floor.hold(
    p_show_id bigint,
    p_user_id bigint,
    p_first_no integer
)
returns json
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Holds the first free seat from p_first_no on.
declare
    v_booking_id constant uuid := gen_random_uuid();
    v_held_until constant timestamptz := now() + interval '300 s';
    v_show bench_floor.shows;
    v_seat record;
begin
    select * into v_show from bench_floor.shows as s where s.show_id = p_show_id and s.status = 'on_sale' and s.starts_at > now();
    select s.seat_no, s.seat, s.price_minor
    into v_seat
    from bench_floor.seats as s
    where s.show_id = p_show_id and s.seat_no >= p_first_no and s.status = 'available'
    order by s.seat_no
    limit 1
    for update skip locked;
    if v_show.show_id is null or v_seat.seat_no is null then
        return json_build_object('code', 'sold_out');
    end if;

    insert into bench_floor.buyers as y (show_id, user_id, held_count)
    values (p_show_id, p_user_id, 1)
    on conflict (show_id, user_id) do update set held_count = y.held_count + 1 where y.held_count < 10;
    if not found then
        return json_build_object('code', 'too_many_seats');
    end if;
    insert into bench_floor.bookings (show_id, booking_id, user_id, seat_nos, amount_minor, held_until)
    values (p_show_id, v_booking_id, p_user_id, array[v_seat.seat_no], v_seat.price_minor, v_held_until);
    update bench_floor.seats as s
    set status = 'held', booking_id = v_booking_id, held_until = v_held_until
    where s.show_id = p_show_id and s.seat_no = v_seat.seat_no;

    return json_build_object(
        'booking_id', v_booking_id,
        'show', json_build_object('title', v_show.title, 'venue', v_show.venue, 'starts_at', v_show.starts_at),
        'status', 'held',
        'seats', json_build_array(json_build_object('seat', v_seat.seat, 'price', v_seat.price_minor)),
        'amount', json_build_object('value', v_seat.price_minor, 'currency', v_show.currency),
        'expires_at', v_held_until
    );
end;
$$;

grant usage on schema bench_floor to public;
