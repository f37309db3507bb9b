-- Giving money back: a refund is a payment that names its charge. Like a charge it is written first, with its work in the
-- outbox, and made by the worker until the provider agrees; the tickets are void and the seats free at once.
-- What becomes of it at the provider: sales/settle_refund.sql.

create or replace function sales.take_back_seats(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[],
    out taken_seat_nos integer[],
    out price_minor bigint,
    out status text,
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Takes these seats of a paid booking (null: all that are left) back: tickets void, seats free for the waitlist first, the booking
-- refunded when none is left. Returns which, what they had cost, the booking's status, and who claims less (entries of the waitlist
-- that ended), which the caller counts. The caller has locked the booking and its charge. Locks: the tickets, the queue, the seats.
declare
    v_waiting_count integer;
begin
    -- In the order in which doors that upload their scans lock them.
    perform 1
    from sales.tickets as t
    where t.show_id = p_show_id
        and t.booking_id = p_booking_id
    order by t.ticket_id
    for update;
    v_waiting_count := waitlist.lock_queue(p_show_id, p_changes => false);

    with voided as (
        update sales.tickets as t
        set
            status = 'void',
            voided_at = now()
        where t.show_id = p_show_id
            and t.booking_id = p_booking_id
            and (p_seat_nos is null or t.seat_no = any (p_seat_nos))
            and t.status <> 'void'
        returning
            t.seat_no,
            t.price_minor
    )
    select
        coalesce(array_agg(v.seat_no order by v.seat_no), '{}'),
        coalesce(sum(v.price_minor), 0)
    into taken_seat_nos, price_minor
    from voided as v;

    update sales.bookings as b
    set
        refunded_seat_nos = b.refunded_seat_nos || taken_seat_nos,
        status = case when cardinality(b.refunded_seat_nos || taken_seat_nos) = cardinality(b.seat_nos) then 'refunded' else b.status end,
        ended_at = case when cardinality(b.refunded_seat_nos || taken_seat_nos) = cardinality(b.seat_nos) then now() end
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
    returning b.status into status;

    select
        x.user_ids,
        x.seat_counts
    into user_ids, seat_counts
    from sales.hand_on_seats(p_show_id, taken_seat_nos, v_waiting_count) as x;
end;
$$;

create or replace function sales.refund_seats(
    p_show_id bigint,
    p_booking_id uuid,
    p_seat_nos integer[],
    p_reason text,
    p_requested_by bigint,
    p_mail text default 'refund',
    out user_ids bigint[],
    out seat_counts integer[]
)
language plpgsql
as $$
-- Gives back the money for these seats of a paid booking (null: for all that are left): as take_back_seats, and a refund of their
-- prices. p_requested_by: null, if the house does it. p_mail: what the buyer is told.
-- The caller has locked the booking, knows that it is paid and that the seats are its own and not yet given back. Returns who
-- claims less (entries of the waitlist that ended), which the caller counts. Locks: the charge, the tickets, the queue, the seats.
declare
    v_charge record;
    v_back record;
    v_amount_minor bigint;
    v_user_id bigint;
begin
    select
        p.payment_id,
        p.method,
        p.status,
        p.currency,
        p.amount_minor - p.refunded_minor as left_minor
    into v_charge
    from sales.payments as p
    where p.show_id = p_show_id
        and p.booking_id = p_booking_id
        and p.kind = 'charge'
        and p.status in ('authorized', 'succeeded')
    for update;

    v_back := sales.take_back_seats(p_show_id, p_booking_id, p_seat_nos);
    user_ids := v_back.user_ids;
    seat_counts := v_back.seat_counts;
    -- Less than the prices, where the provider has returned some of the charge before by itself.
    v_amount_minor := least(v_back.price_minor, v_charge.left_minor);
    perform sales.write_refund(
        p_show_id, v_charge.payment_id, v_amount_minor, v_back.taken_seat_nos, p_reason, p_requested_by
    );

    select b.user_id
    into v_user_id
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;
    perform ops.add_mail(
        p_show_id,
        v_user_id,
        p_mail,
        jsonb_build_object(
            'booking_id', p_booking_id,
            'amount_minor', v_amount_minor,
            'currency', v_charge.currency,
            'reason', p_reason,
            'seat_nos', v_back.taken_seat_nos
        )
    );
    perform ops.tell_buyer(p_show_id, v_user_id, sales.booking_message(p_show_id, p_booking_id, v_back.status));
end;
$$;

create or replace function sales.write_refund(
    p_show_id bigint,
    p_charge_id uuid,
    p_amount_minor bigint,
    p_seat_nos integer[],
    p_reason text,
    p_requested_by bigint
)
returns void
language plpgsql
as $$
-- Writes a refund of so much of a charge, which the caller has locked, for these seats, and promises that the provider is asked for
-- it: at once, or when the charge is captured (settle_capture sees to that). The constraint refuses more than was charged.
declare
    v_refund_id uuid;
    v_is_captured boolean;
begin
    update sales.payments as p
    set refunded_minor = p.refunded_minor + p_amount_minor
    where p.show_id = p_show_id
        and p.payment_id = p_charge_id
    returning p.status = 'succeeded' into v_is_captured;

    insert into sales.payments as p (
        show_id,
        booking_id,
        kind,
        charge_payment_id,
        method,
        status,
        amount_minor,
        currency,
        seat_nos,
        reason,
        requested_by,
        deadline_at,
        succeeded_at
    )
    select
        p_show_id,
        c.booking_id,
        'refund',
        c.payment_id,
        c.method,
        case when p_amount_minor = 0 then 'succeeded' else 'pending' end,
        p_amount_minor,
        c.currency,
        p_seat_nos,
        p_reason,
        p_requested_by,
        now() + interval '1 hour',
        case when p_amount_minor = 0 then now() end
    from sales.payments as c
    where c.show_id = p_show_id
        and c.payment_id = p_charge_id
    returning p.payment_id into v_refund_id;
    if p_amount_minor > 0 and v_is_captured then
        perform sales.promise_refund(p_show_id, v_refund_id);
    end if;
end;
$$;

create or replace function sales.promise_refund(
    p_show_id bigint,
    p_payment_id uuid
)
returns void
language plpgsql
as $$
-- Promises that the provider is asked for a pending refund; while the charge is disputed it refunds nothing, so sales.end_dispute
-- promises it. Asked again, it refunds once: the worker looks for the refund by its payment_id first, and the key is the same.
begin
    perform ops.add_work(
        p_show_id,
        'refund',
        jsonb_build_object(
            'payment_id', r.payment_id,
            'charge_ref', c.provider_ref,
            'amount', catalog.provider_amount(r.amount_minor, r.currency),
            'currency', lower(r.currency),
            'idempotency_key', r.payment_id || '-refund'
        )
    )
    from sales.payments as r
    inner join sales.payments as c
        on c.show_id = r.show_id
        and c.payment_id = r.charge_payment_id
    where r.show_id = p_show_id
        and r.payment_id = p_payment_id
        and not sales.is_charge_disputed(c.show_id, c.payment_id);
end;
$$;

create or replace function sales.refund_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint,
    p_reason text,
    p_is_staff boolean default false,
    p_seats text[] default null
)
returns json
language plpgsql
as $$
-- Refunds a paid booking, or only some seats of it (p_seats, by name): its own buyer's until the show's cutoff and while none of
-- these tickets was used, staff's at any time. Returns the booking. Asked again of what is refunded, it changes nothing.
-- Locks: the booking, then as refund_seats, the buyers last.
-- Raises not_found, not_paid, disputed, too_late (with "until"), already_used, unknown_seat (with "seats"), invalid_request.
declare
    v_booking record;
    v_seat_nos integer[];
    v_fewer record;
    v_dispute text;
    v_reason text := api.checked_prose('reason', p_reason, 1, 500);
begin
    if cardinality(p_seats) = 0 then
        perform api.raise_invalid('seats', 'Name at least one seat, or leave it out for all.');
    end if;

    select b.status
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and (p_is_staff or b.user_id = p_user_id)
    for update;
    if not found then
        perform api.raise('not_found');
    elsif v_booking.status = 'refunded' then
        return sales.booking_json(p_show_id, p_booking_id);
    elsif v_booking.status <> 'paid' then
        perform api.raise('not_paid', jsonb_build_object('booking_status', v_booking.status));
    end if;

    v_dispute := sales.dispute_of_booking(p_show_id, p_booking_id);
    if v_dispute is not null then
        perform api.raise('disputed', jsonb_build_object('dispute_status', v_dispute));
    end if;
    if not p_is_staff then
        perform sales.check_buyers_refund(p_show_id, p_booking_id, p_seats);
    end if;
    if p_seats is not null then
        v_seat_nos := sales.seats_to_refund(p_show_id, p_booking_id, p_seats);
    end if;

    select
        x.user_ids,
        x.seat_counts
    into v_fewer
    from sales.refund_seats(p_show_id, p_booking_id, v_seat_nos, v_reason, p_user_id) as x;
    perform sales.count_fewer(p_show_id, v_fewer.user_ids, v_fewer.seat_counts);
    return sales.booking_json(p_show_id, p_booking_id);
end;
$$;

create or replace function sales.check_staff_refund(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint,
    p_seats text[]
)
returns void
language plpgsql
stable
as $$
-- Raises forbidden if this user is no administrator and the seats (null: all) cost more than catalog.refund_limit.
declare
    v_minor bigint;
    v_most bigint;
begin
    if exists (select from account.users as u where u.user_id = p_user_id and u.role = 'admin') then
        return;
    end if;
    select
        sum(t.price_minor),
        max(l.least_charges * c.least_charge / (10 ^ (c.provider_digits - c.minor_digits))::bigint)
    into v_minor, v_most
    from sales.bookings as b
    inner join sales.tickets as t
        on t.show_id = b.show_id
        and t.booking_id = b.booking_id
    inner join catalog.currencies as c
        on c.currency = b.currency
    cross join catalog.refund_limit as l
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and t.status <> 'void'
        and (p_seats is null or t.seat = any (p_seats));
    if v_minor > v_most then
        perform api.raise('forbidden', '{}', 'A refund of so much is for an administrator.');
    end if;
end;
$$;

create or replace function sales.seats_of_tickets(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint,
    p_tickets text[]
)
returns text[]
language plpgsql
stable
as $$
-- The seats of these tickets, named by their public ids, of the user's booking; null for null. Raises not_found if the booking is not
-- the user's, invalid_request (tickets).
declare
    v_seats text[];
    v_unknown text;
begin
    if p_tickets is null then
        return null;
    end if;
    perform
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and b.user_id = p_user_id;
    if not found then
        perform api.raise('not_found');
    elsif cardinality(p_tickets) = 0 then
        perform api.raise_invalid('tickets', 'Name at least one ticket, or leave it out for all.');
    end if;
    select
        array_agg(t.seat),
        min(k.ticket) filter (where t.seat is null)
    into v_seats, v_unknown
    from unnest(p_tickets) as k (ticket)
    left join sales.tickets as t
        on t.show_id = p_show_id
        and t.booking_id = p_booking_id
        and sales.public_id('tk', t.show_id, t.ticket_id) = k.ticket;
    if v_unknown is not null or array_position(p_tickets, null) is not null then
        perform api.raise_invalid('tickets', format('The booking has no ticket %s.', coalesce(v_unknown, 'null')));
    end if;
    return v_seats;
end;
$$;

create or replace function sales.check_buyers_refund(
    p_show_id bigint,
    p_booking_id uuid,
    p_seats text[]
)
returns void
language plpgsql
as $$
-- Whether a buyer may give these seats of a paid booking (null: all) back now: until its sales.refund_deadline, while none of their
-- tickets was used. The caller has locked the
-- booking. Locks the tickets. Raises too_late (with "until" or "used").
declare
    v_until timestamptz := sales.refund_deadline(p_show_id, p_booking_id);
    v_used text[];
begin
    if now() >= v_until then
        perform api.raise('too_late', jsonb_build_object('until', api.rfc3339(v_until)));
    end if;
    -- Locked, so that nobody is let in meanwhile. A condition around it would be asked before the lock, and of the valid ones
    -- none be locked.
    select array_agg(t.seat) filter (where t.status = 'used' and (p_seats is null or t.seat = any (p_seats)))
    into v_used
    from (
        select
            t.seat,
            t.status
        from sales.tickets as t
        where t.show_id = p_show_id
            and t.booking_id = p_booking_id
        order by t.ticket_id
        for update
    ) as t;
    if v_used is not null then
        perform api.raise(
            'too_late',
            jsonb_build_object('used', v_used),
            'Somebody was let in with it already.'
        );
    end if;
end;
$$;

create or replace function sales.seats_to_refund(
    p_show_id bigint,
    p_booking_id uuid,
    p_seats text[]
)
returns integer[]
language plpgsql
stable
as $$
-- The numbers of these seats of a booking, each with a ticket that is not void. Raises unknown_seat (with "seats").
declare
    v_seat_nos integer[];
    v_unknown text[];
begin
    select
        array_agg(t.seat_no),
        array_agg(k.seat) filter (where t.seat_no is null)
    into v_seat_nos, v_unknown
    from (
        select distinct u.seat
        from unnest(p_seats) as u (seat)
    ) as k
    left join sales.tickets as t
        on t.show_id = p_show_id
        and t.booking_id = p_booking_id
        and t.seat = k.seat
        and t.status <> 'void';
    if v_unknown is not null then
        perform api.raise(
            'unknown_seat',
            jsonb_build_object('seats', v_unknown),
            format('The booking has no valid ticket for %s.', array_to_string(v_unknown, ', '))
        );
    end if;
    return v_seat_nos;
end;
$$;
