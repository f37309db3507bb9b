-- Paying, phase one: the intent is written and committed before the provider hears of it.
--
--   booking  held ── begin ──► paying ── complete ──► paid
--              ▲                  │
--              └───── fail ───────┘   (the seats stay held until the hold's deadline)
--   payment  pending ── complete ──► authorized ── capture ──► succeeded
--              ├─ fail ──► failed
--              └─ hold lost ──► voided

create or replace function sales.begin_payment(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint,
    p_payment_method text default null,
    p_return_url text default null,
    p_idempotency_key text default null,
    p_save_method boolean default false
)
returns json
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- Begins the charge of a held booking, by a token (p_payment_method) or, with p_return_url alone, on the provider's page.
-- Returns {"payment_id", "status", …} as payment_answer, with "await": true while the provider's page is not yet known.
-- A booking that costs nothing is paid at once. p_save_method: the buyer lets the method be kept for the waitlist.
-- Locks the booking, then (if free) the queue, then its seats, then (if free) as complete_payment.
-- Raises not_found, hold_expired, already_paid, invalid_request, idempotency_key_reused, rate_limited (too many declined cards).
declare
    v_booking record;
    v_earlier record;
    v_charge record;
begin
    select
        b.status,
        b.amount_minor,
        b.held_until
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and b.user_id = p_user_id
    for update;
    if not found then
        perform api.raise('not_found');
    end if;

    -- Looked up under the booking's lock, so that of two with one key the later one finds the earlier one's.
    select
        p.payment_id,
        p.method = 'none'
            or (
                p.payment_method is not distinct from p_payment_method
                and (p.method = 'token' or p.return_url is not distinct from p_return_url)
                and p.saves_method = coalesce(p_save_method, false)
            ) as is_same
    into v_earlier
    from sales.payments as p
    where p.show_id = p_show_id
        and p.booking_id = p_booking_id
        and p.idempotency_key = p_idempotency_key;
    if v_earlier.is_same then
        return sales.payment_answer(p_show_id, v_earlier.payment_id);
    elsif v_earlier.payment_id is not null then
        perform api.raise('idempotency_key_reused');
    end if;

    if v_booking.status in ('paying', 'paid', 'refunded') then
        perform api.raise(
            'already_paid',
            jsonb_build_object('booking_status', v_booking.status),
            case
                when v_booking.status = 'paying' then 'A payment of this booking is under way. The provider''s page, if it is open, can be given up.'
            end
        );
    elsif v_booking.status <> 'held' or v_booking.held_until <= clock_timestamp() then
        perform api.raise('hold_expired', jsonb_build_object('booking_status', v_booking.status));
    elsif (
        select s.status = 'cancelled'
        from sales.shows as s
        where s.show_id = p_show_id
    ) then
        perform api.raise(
            'hold_expired',
            jsonb_build_object('booking_status', 'cancelled'),
            'The show is cancelled.'
        );
    end if;

    if v_booking.amount_minor > 0 and p_payment_method is null and p_return_url is null then
        perform api.raise_invalid('payment_method', 'Give "payment_method", a token of the provider, or "return_url" alone.');
    elsif not sales.is_payment_method(p_payment_method) then
        perform api.raise_invalid('payment_method', 'It is the id of a payment method that the provider made, such as pm_card_visa; never the number of a card.');
    elsif p_return_url !~ '^https?://\S+$' or length(p_return_url) > 2000 then
        perform api.raise_invalid('return_url', 'An http or https URL is needed.');
    elsif p_save_method and p_payment_method is null then
        perform api.raise_invalid('save_method', 'Only a "payment_method" can be saved.');
    end if;

    if p_payment_method is not null then
        perform sales.check_declines(p_show_id, p_booking_id, p_user_id);
    end if;

    -- What costs nothing is sold at once, and who sells locks the queue before the seats.
    if v_booking.amount_minor = 0 then
        perform waitlist.lock_queue(p_show_id, p_changes => false);
    end if;
    select
        c.payment_id,
        c.is_free
    into v_charge
    from sales.charge_booking(
        p_show_id, p_booking_id, p_payment_method, p_return_url, p_idempotency_key, p_saves_method => p_save_method
    ) as c;
    if v_charge.is_free then
        perform sales.complete_payment(p_show_id, v_charge.payment_id, null);
    end if;
    return sales.payment_answer(p_show_id, v_charge.payment_id);
end;
$$;

create or replace function sales.is_payment_method(p_payment_method text)
returns boolean
language sql
immutable
parallel safe
as $$
-- Whether it is an id of the provider's for what can be charged; null: it is null. A card's own number must never get as far as a table.
    select p_payment_method ~ '^(pm|card|src)_[A-Za-z0-9_]{1,250}$';
$$;

create or replace function sales.check_declines(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint
)
returns void
language plpgsql
stable
as $$
-- Stolen cards are tried out in large numbers: the fifth decline stops a booking, the tenth within an hour an account, and the thirtieth
-- a network address, whatever its accounts (only where limits by address apply; it is that from which the seats were held).
-- Raises rate_limited (retry_after, seconds).
declare
    c_of_booking constant integer := 5;
    c_of_account constant integer := 10;
    c_of_address constant integer := 30;
    c_time constant interval := make_interval(hours => 1);
    v_of_booking bigint;
    v_of_account bigint;
    v_of_address bigint;
    v_tenth_at timestamptz;
begin
    select
        count(*) filter (where d.booking_id = p_booking_id),
        count(*),
        (array_agg(d.ended_at order by d.ended_at desc))[c_of_account]
    into
        v_of_booking,
        v_of_account,
        v_tenth_at
    from (
        select
            p.booking_id,
            p.ended_at
        from sales.bookings as b
        inner join sales.payments as p
            on p.booking_id = b.booking_id
            and p.show_id = b.show_id
        where b.user_id = p_user_id
            and b.created_at > now() - interval '1 day'
            and p.kind = 'charge'
            and p.method = 'token'
            and p.status = 'failed'
            and p.ended_at > now() - c_time
    ) as d;
    if v_of_booking >= c_of_booking then
        perform api.raise(
            'rate_limited',
            jsonb_build_object('retry_after', extract(epoch from c_time)::integer),
            'Too many cards were declined for this booking. The provider''s page still takes one.'
        );
    elsif v_of_account >= c_of_account then
        perform api.raise(
            'rate_limited',
            jsonb_build_object('retry_after', ceil(extract(epoch from v_tenth_at + c_time - now()))::integer),
            'Too many of your cards were declined. Try again later.'
        );
    end if;

    select count(*)
    into v_of_address
    from sales.address_holds as o
    inner join sales.address_holds as a
        on a.address = o.address
    inner join sales.payments as p
        on p.show_id = a.show_id
        and p.booking_id = a.booking_id
    where o.show_id = p_show_id
        and o.booking_id = p_booking_id
        and p.kind = 'charge'
        and p.method = 'token'
        and p.status = 'failed'
        and p.ended_at > now() - c_time;
    if v_of_address >= c_of_address then
        perform api.raise(
            'rate_limited',
            jsonb_build_object('retry_after', extract(epoch from c_time)::integer),
            'Too many cards were declined from your network address. The provider''s page still takes one.'
        );
    end if;
end;
$$;

create or replace function sales.charge_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_payment_method text default null,
    p_return_url text default null,
    p_idempotency_key text default null,
    p_is_off_session boolean default false,
    p_saves_method boolean default false,
    out payment_id uuid,
    out is_free boolean
)
language plpgsql
as $$
-- Writes the intent to charge a held booking, which the caller has locked: by p_payment_method if given, else on the provider's
-- page. is_free: there is nothing to charge, and the caller sells it at once. Locks the booking's seats.
declare
    v_booking record;
    v_method text;
begin
    select
        b.amount_minor,
        b.currency,
        b.held_until,
        b.seat_nos
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;
    v_method := case
        when v_booking.amount_minor = 0 then 'none'
        when p_payment_method is not null then 'token'
        else 'hosted'
    end;
    is_free := v_method = 'none';

    insert into sales.payments as p (
        show_id,
        booking_id,
        method,
        payment_method,
        return_url,
        amount_minor,
        currency,
        idempotency_key,
        is_off_session,
        saves_method,
        deadline_at
    )
    values (
        p_show_id,
        p_booking_id,
        v_method,
        case when v_method = 'token' then p_payment_method end,
        case when v_method = 'hosted' then p_return_url end,
        v_booking.amount_minor,
        v_booking.currency,
        p_idempotency_key,
        p_is_off_session,
        p_saves_method and v_method = 'token',
        v_booking.held_until
    )
    returning p.payment_id into payment_id;

    update sales.bookings as b
    set status = 'paying'
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id;

    -- While it is paying the seats do not lapse: the provider must have been asked first.
    update sales.show_seats as s
    set held_until = 'infinity'
    where s.show_id = p_show_id
        and s.seat_no = any (v_booking.seat_nos)
        and s.booking_id = p_booking_id;

    if not is_free then
        perform sales.ask_provider(p_show_id, payment_id);
    end if;
end;
$$;

create or replace function sales.ask_provider(
    p_show_id bigint,
    p_payment_id uuid
)
returns void
language plpgsql
as $$
-- Promises that the provider is asked for a pending charge: to authorize it, or to open its page. ops.reconcile asks again in the
-- words that this wrote. The work is as old as the charge, whenever it is asked for: by that the worker knows how.
declare
    v_payment record;
    v_user_id bigint;
    v_show record;
    v_title text;
    v_venue text;
    v_customer_ref text;
begin
    select
        p.booking_id,
        p.method,
        p.amount_minor,
        p.currency,
        p.payment_method,
        p.return_url,
        p.is_off_session,
        p.saves_method,
        p.created_at
    into v_payment
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
    select b.user_id
    into v_user_id
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = v_payment.booking_id;
    select
        s.event_id,
        s.venue_id
    into v_show
    from sales.shows as s
    where s.show_id = p_show_id;
    select e.title
    into v_title
    from catalog.events as e
    where e.event_id = v_show.event_id;
    select v.name
    into v_venue
    from catalog.venues as v
    where v.venue_id = v_show.venue_id;

    -- What is saved with the provider is charged as its customer's, also when it was removed here meanwhile; and what is to be saved
    -- is saved with the customer that is known.
    if v_payment.saves_method
        or exists (
            select
            from account.payment_methods as m
            where m.user_id = v_user_id
                and m.method_ref = v_payment.payment_method
        )
    then
        select c.customer_ref
        into v_customer_ref
        from account.provider_customers as c
        where c.user_id = v_user_id;
    end if;

    insert into ops.outbox (
        show_id,
        kind,
        payload,
        created_at
    )
    values (
        p_show_id,
        case v_payment.method when 'token' then 'authorize' else 'open_checkout' end,
        jsonb_strip_nulls(
            jsonb_build_object(
                'payment_id', p_payment_id,
                'booking_id', sales.public_id('bk', p_show_id, v_payment.booking_id),
                'amount', catalog.provider_amount(v_payment.amount_minor, v_payment.currency),
                'currency', lower(v_payment.currency),
                'idempotency_key', p_payment_id,
                'description', v_title || ', ' || v_venue,
                'payment_method', v_payment.payment_method,
                'off_session', case when v_payment.is_off_session then true end,
                'save_method', case when v_payment.saves_method then true end,
                'customer', v_customer_ref,
                'user_id', case when v_payment.saves_method then v_user_id end,
                'success_url', v_payment.return_url,
                'cancel_url', v_payment.return_url
            )
        ),
        v_payment.created_at
    );
end;
$$;

create or replace function sales.payment_answer(
    p_show_id bigint,
    p_payment_id uuid
)
returns json
language plpgsql
stable
as $$
-- What begin_payment answers: {"payment_id", "status", "method", "checkout_url", "await"}.
begin
    return (
        select json_strip_nulls(
            json_build_object(
                'payment_id', sales.public_id('pay', p.show_id, p.payment_id),
                'booking_id', sales.public_id('bk', p.show_id, p.booking_id),
                'status', p.status,
                'method', p.method,
                'code', p.failure_code,
                'checkout_url', p.checkout_url,
                'await', case when p.method = 'hosted' and p.status = 'pending' and p.checkout_url is null then true end
            )
        )
        from sales.payments as p
        where p.show_id = p_show_id
            and p.payment_id = p_payment_id
    );
end;
$$;

create or replace function sales.open_checkout(
    p_show_id bigint,
    p_payment_id uuid,
    p_checkout_ref text,
    p_checkout_url text
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider's page for a hosted payment is known. Returns the payment's status; a repeat is harmless. When the payment
-- has ended meanwhile, the page is closed again.
declare
    v_status text;
begin
    update sales.payments as p
    set
        checkout_ref = p_checkout_ref,
        checkout_url = p_checkout_url
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id
    returning p.status into v_status;
    if v_status in ('failed', 'voided') then
        perform ops.add_work(
            p_show_id,
            'expire_checkout',
            jsonb_build_object('payment_id', p_payment_id, 'checkout_ref', p_checkout_ref)
        );
    end if;
    return v_status;
end;
$$;

create or replace function sales.close_checkout(
    p_show_id bigint,
    p_booking_id uuid,
    p_user_id bigint
)
returns uuid
language plpgsql
as $$
-- The buyer came back from the provider's page without having paid and wants another way: asks the provider to close the
-- page. The booking is held again once the provider says so; if it says paid, it is paid. Returns the payment. Raises not_found,
-- not_held.
declare
    v_payment record;
begin
    select
        p.payment_id,
        p.checkout_ref
    into v_payment
    from sales.bookings as b
    inner join sales.payments as p
        on p.show_id = b.show_id
        and p.booking_id = b.booking_id
    where b.show_id = p_show_id
        and b.booking_id = p_booking_id
        and b.user_id = p_user_id
        and p.method = 'hosted'
        and p.status = 'pending'
    for update of b;
    if not found then
        perform api.raise('not_found');
    elsif v_payment.checkout_ref is null then
        perform api.raise('not_held', p_message => 'The provider has not answered yet.');
    end if;
    perform sales.ask_to_expire_checkout(p_show_id, v_payment.payment_id, v_payment.checkout_ref);
    return v_payment.payment_id;
end;
$$;

create or replace function sales.ask_to_expire_checkout(
    p_show_id bigint,
    p_payment_id uuid,
    p_checkout_ref text
)
returns void
language sql
as $$
-- Asks once: while a request to close this page is open, no other is written.
    select ops.add_work(
        p_show_id,
        'expire_checkout',
        jsonb_build_object('payment_id', p_payment_id, 'checkout_ref', p_checkout_ref)
    )
    where not exists (
        select
        from ops.outbox as o
        where o.show_id = p_show_id
            and o.kind = 'expire_checkout'
            and o.payload ->> 'payment_id' = p_payment_id::text
            and o.done_at is null
            and o.dead_at is null
    );
$$;
