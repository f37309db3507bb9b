-- One hold: what may be said against it, and the claim. Each step is a function; judge_hold is the order in which they come.

create or replace function sales.refuse_wish(
    p_show sales.shows,
    p_seats text[],
    p_quantity integer
)
returns sales.verdict
language plpgsql
stable
as $$
-- What of a wish cannot be granted whatever is free; null: nothing. Looks nothing up.
begin
    if (p_seats is null) = (p_quantity is null) or p_quantity < 1 or cardinality(p_seats) = 0 or array_ndims(p_seats) > 1 then
        return row(
            'invalid_request',
            'Give either "seats", the names of some, or "quantity", a number from 1.',
            json_build_object('field', case when p_quantity is null then 'seats' else 'quantity' end),
            null
        )::sales.verdict;
    elsif coalesce(p_quantity, cardinality(p_seats)) > p_show.max_seats then
        return row(
            'too_many_seats',
            format('At most %s seats a booking.', p_show.max_seats),
            json_build_object('max_seats', p_show.max_seats),
            null
        )::sales.verdict;
    elsif array_position(p_seats, null) is not null then
        return row('invalid_request', 'A seat has no name.', json_build_object('field', 'seats'), null)::sales.verdict;
    elsif cardinality(p_seats) > 1 then
        if (select count(distinct n.seat) from unnest(p_seats) as n (seat)) < cardinality(p_seats) then
            return row('invalid_request', 'A seat is named twice.', json_build_object('field', 'seats'), null)::sales.verdict;
        end if;
    end if;
    return null;
end;
$$;

create or replace function sales.refuse_sale(p_show sales.shows)
returns sales.verdict
language plpgsql
stable
as $$
-- Why the show is not on sale now; null: it is. Looks nothing up.
begin
    if p_show.status = 'on_sale' and now() >= p_show.sale_starts_at and now() < p_show.starts_at then
        return null;
    end if;
    return row(
        'not_on_sale',
        case
            when p_show.status = 'cancelled' then 'The show is cancelled.'
            when now() < p_show.sale_starts_at then 'The sale has not begun.'
            else 'The sale is over.'
        end,
        json_build_object('sale_starts_at', api.rfc3339(p_show.sale_starts_at)),
        null
    )::sales.verdict;
end;
$$;

create or replace function sales.bought_count(
    p_show_id bigint,
    p_user_id bigint
)
returns integer
language plpgsql
stable
as $$
-- How many seats of the show this buyer has paid for and not given back.
begin
    return (
        select count(*)
        from sales.bookings as b
        inner join sales.tickets as t
            on t.show_id = b.show_id
            and t.booking_id = b.booking_id
        where b.show_id = p_show_id
            and b.user_id = p_user_id
            and b.status = 'paid'
            and t.status <> 'void'
    );
end;
$$;

create or replace function sales.refuse_buyer(
    p_show sales.shows,
    p_user_id bigint,
    p_given_to_buyer integer,
    p_quantity integer
)
returns sales.verdict
language plpgsql
stable
as $$
-- Why this buyer may not hold p_quantity seats more; null: they may. max_seats at most are held and waited for, and
-- max_seats_per_buyer with those that are paid. p_given_to_buyer: those given but not yet written. The caller has locked the buyer's
-- row (begin_holds): whoever pays counts down there what is held, in the transaction that makes it paid.
declare
    v_claimed integer;
    v_bought integer;
begin
    select y.claimed_count + p_given_to_buyer
    into v_claimed
    from sales.buyers as y
    where y.show_id = p_show.show_id
        and y.user_id = p_user_id;

    if v_claimed + p_quantity > p_show.max_seats then
        return row(
            'too_many_seats',
            format('You hold %s seats of this show, with those you wait for; %s is the most.', v_claimed, p_show.max_seats),
            json_build_object('max_seats', p_show.max_seats, 'held', v_claimed),
            null
        )::sales.verdict;
    elsif p_show.max_seats_per_buyer is not null then
        v_bought := sales.bought_count(p_show.show_id, p_user_id);
        if v_claimed + v_bought + p_quantity > p_show.max_seats_per_buyer then
            return row(
                'too_many_seats',
                format(
                    'You have %s seats of this show, with those you hold and wait for; %s a buyer is the most.',
                    v_claimed + v_bought,
                    p_show.max_seats_per_buyer
                ),
                json_build_object(
                    'max_seats', p_show.max_seats_per_buyer, 'max_seats_per_buyer', p_show.max_seats_per_buyer,
                    'held', v_claimed, 'bought', v_bought
                ),
                null
            )::sales.verdict;
        end if;
    end if;
    return null;
end;
$$;

create or replace function sales.repeat_answer(
    p_show sales.shows,
    p_user_id bigint,
    p_seats text[],
    p_quantity integer,
    p_idempotency_key text
)
returns sales.verdict
language plpgsql
stable
as $$
-- The answer that the first request with this key got, whatever has become of its booking since; null: this is the first.
-- idempotency_key_reused: the first asked for something else.
declare
    v_booking sales.bookings;
begin
    select b.*
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show.show_id
        and b.user_id = p_user_id
        and b.idempotency_key = p_idempotency_key;
    if not found then
        return null;
    end if;

    if (case
        when p_quantity is null then v_booking.seat_nos <> array(
            select s.seat_no
            from sales.show_seats as s
            where s.show_id = p_show.show_id
                and s.seat = any (p_seats)
            order by s.seat_no
        )
        else cardinality(v_booking.seat_nos) <> p_quantity
    end) then
        return row('idempotency_key_reused', 'The first request with this Idempotency-Key asked for something else.', '{}', null)::sales.verdict;
    end if;
    return row(null, null, sales.first_booking_body(p_show, v_booking), null)::sales.verdict;
end;
$$;

create or replace function sales.claim_seats(
    p_show sales.shows,
    p_user_id bigint,
    p_seats text[],
    p_quantity integer,
    p_tier text,
    p_together boolean,
    p_given integer[]
)
returns sales.verdict
language plpgsql
as $$
-- Locks all the seats that are asked for (skip locked: waits for nobody), or says why they cannot all be had.
declare
    v_together boolean := coalesce(p_together, true) and p_show.admission = 'seated' and p_quantity > 1;
    v_seat_nos integer[];
    v_is_contested boolean;
begin
    if p_quantity is null then
        v_seat_nos := sales.claim_named(p_show.show_id, p_seats, p_given);
        if cardinality(v_seat_nos) < cardinality(p_seats) then
            return sales.explain_taken(p_show.show_id, p_user_id, p_seats, p_given);
        end if;
        return row(null, null, null, v_seat_nos)::sales.verdict;
    end if;

    if v_together then
        select
            c.seat_nos,
            c.is_contested
        into v_seat_nos, v_is_contested
        from sales.claim_adjacent(p_show.show_id, p_quantity, p_tier, p_given) as c;
    elsif p_show.admission = 'seated' then
        v_seat_nos := sales.claim_best(p_show.show_id, p_quantity, p_tier, p_given);
    else
        v_seat_nos := sales.claim_places(p_show.show_id, p_quantity, p_tier, p_given);
    end if;
    if cardinality(v_seat_nos) < p_quantity then
        return sales.explain_shortage(
            p_show, p_quantity, p_tier, v_together, p_given, cardinality(v_seat_nos), v_is_contested
        );
    end if;
    return row(null, null, null, v_seat_nos)::sales.verdict;
end;
$$;

create or replace function sales.judge_hold(
    p_show sales.shows,
    p_user_id bigint,
    p_seats text[],
    p_quantity integer,
    p_tier text,
    p_together boolean,
    p_idempotency_key text,
    p_given integer[] default '{}',
    p_given_to_buyer integer default 0,
    p_sold_out sales.verdict default null
)
returns sales.verdict
language plpgsql
as $$
-- One hold, up to the writing: what is granted is locked, and write_holds makes it a booking. The verdict is a value and nothing is
-- undone by it, so any number of holds can be judged one after the other in a transaction.
-- p_show: what begin_holds returned for this buyer, whose row is locked. p_seats to p_idempotency_key: as hold_seats has them.
-- Of the holds before it in the transaction: p_given, the seats granted; p_given_to_buyer, how many of these to this buyer;
-- p_sold_out, the verdict on one that found no seat free.
declare
    v_verdict sales.verdict;
begin
    if p_user_id is null then
        return row('not_signed_in', null, '{}', null)::sales.verdict;
    elsif p_show.show_id is null then
        return row('not_found', null, '{}', null)::sales.verdict;
    end if;
    v_verdict := sales.refuse_wish(p_show, p_seats, p_quantity);
    if v_verdict.code is null and p_idempotency_key is not null then
        v_verdict := sales.repeat_answer(p_show, p_user_id, p_seats, p_quantity, p_idempotency_key);
        if v_verdict.body is not null then
            return v_verdict;
        end if;
    end if;
    if v_verdict.code is null then
        v_verdict := sales.refuse_sale(p_show);
    end if;
    if v_verdict.code is null then
        v_verdict := sales.refuse_buyer(p_show, p_user_id, p_given_to_buyer, coalesce(p_quantity, cardinality(p_seats)));
    end if;
    if v_verdict.code is not null then
        return v_verdict;
    elsif p_sold_out.code is not null and p_quantity is not null then
        return p_sold_out;
    end if;
    return sales.claim_seats(p_show, p_user_id, p_seats, p_quantity, p_tier, p_together, p_given);
end;
$$;

comment on function sales.judge_hold is 'Judges one hold and locks what it grants; the verdict is a value.';
