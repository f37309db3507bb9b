-- A buyer's bookings, their payment, their tickets. Another's booking is not found.

create or replace function api.list_bookings(
    p_actor bigint,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.check_page(p_page, p_per_page);
    return api.list(
        (
            select json_agg(history.booking_json(b.show_id, b.booking_id) order by b.created_at desc, b.booking_id)
            from (
                select
                    b.show_id,
                    b.booking_id,
                    b.created_at
                from history.bookings as b
                where b.user_id = p_actor
                order by
                    b.created_at desc,
                    b.booking_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as b
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from history.bookings as b
            where b.user_id = p_actor
        )
    );
end;
$$;

comment on function api.list_bookings is 'My bookings, the newest first.';

create or replace function api.get_booking(
    p_actor bigint,
    p_booking_id text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_booking json;
begin
    select history.booking_json(b.show_id, b.booking_id)
    into v_booking
    from sales.parse_public_id('bk', p_booking_id) as k
    inner join history.bookings as b
        on b.show_id = k.show_id
        and b.booking_id = k.id
        and b.user_id = p_actor;
    if v_booking is null then
        perform api.raise('not_found');
    end if;
    return v_booking;
end;
$$;

comment on function api.get_booking is
'One of my bookings: its seats, what is due, how long it is held ("expires_in", seconds), its payment and its tickets; what was refunded, and until when I may give it back ("refundable_until", null: not any more).';

create or replace function api.release_booking(
    p_actor bigint,
    p_booking_id text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key record;
begin
    select k.show_id, k.id
    into v_key
    from sales.parse_public_id('bk', p_booking_id) as k;
    perform sales.release_booking(v_key.show_id, v_key.id, p_actor);
end;
$$;

comment on function api.release_booking is 'Give a held booking back: its seats are free again at once. Errors: not_held.';

create or replace function api.release_booking_batch(
    p_show_id bigint,
    p_requests jsonb
)
returns table (
    n integer,
    sqlstate text,
    message text,
    body json
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- api.release_booking for all requests that arrived together: [{"n", "credential" (hex), "booking_id"}]. A verdict each, as a
-- value.
declare
    v_ns integer[];
    v_user_ids bigint[];
    v_booking_ids uuid[];
begin
    select
        array_agg(q.n order by q.i),
        account.authenticate_all(array_agg(decode(q.credential, 'hex') order by q.i)),
        array_agg((sales.public_id_parts('bk', q.booking_id))[2]::uuid order by q.i)
    into v_ns, v_user_ids, v_booking_ids
    from rows from (
        jsonb_to_recordset(p_requests) as (n integer, credential text, booking_id text)
    ) with ordinality as q (n, credential, booking_id, i);

    return query
    select
        v_ns[r.n],
        e.sqlstate::text,
        e.title,
        r.body
    from sales.release_batch(p_show_id, v_user_ids, v_booking_ids) as r
    left join api.error as e
        on e.code = r.code;
end;
$$;

comment on function api.release_booking_batch is 'Bookings given back together, each with its own verdict, in one transaction.';

create or replace function api.own_url(
    p_url text,
    p_public_url text
)
returns text
language plpgsql
immutable
as $$
-- An address of this site, whole: one below p_public_url as it is, and a local path below it. Null for null. Whoever is sent to
-- another's site from the provider's page believes to be on ours. Raises invalid_request (return_url).
begin
    if p_url ~ '[[:space:][:cntrl:]\\]' or length(p_url) > 2000 then
        perform api.raise_invalid('return_url', 'A URL of at most 2000 characters is needed.');
    elsif p_url ~ '^/' and p_url !~ '^//' then
        return p_public_url || p_url;
    elsif p_url <> p_public_url and not starts_with(p_url, p_public_url || '/') then
        perform api.raise_invalid('return_url', format('An address of this site is needed, below %s.', p_public_url));
    end if;
    return p_url;
end;
$$;

create or replace function api.create_payment(
    p_actor bigint,
    p_booking_id text,
    p_public_url text,
    p_payment_method text default null,
    p_return_url text default null,
    p_save_method boolean default false,
    p_idempotency_key text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key record;
begin
    select k.show_id, k.id
    into v_key
    from sales.parse_public_id('bk', p_booking_id) as k;
    return sales.begin_payment(
        v_key.show_id, v_key.id, p_actor, p_payment_method, api.own_url(p_return_url, p_public_url), p_idempotency_key, p_save_method
    );
end;
$$;

comment on function api.create_payment is
'Pay a held booking: with "payment_method", a token of the provider, or with "return_url" alone, an address of this site, on the provider''s page ("checkout_url"). With "save_method" the method is kept for the waitlist''s purchases. Then ask for the booking: it becomes paid, or is held again with payment.status failed and its code. Errors: hold_expired, already_paid, rate_limited (too many declined cards).';

create or replace function api.await_checkout(
    p_actor bigint,
    p_payment_id text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The answer of create_payment once the provider's page is known, or the payment is no longer pending; null until then.
declare
    v_answer json;
begin
    select sales.payment_answer(k.show_id, k.id)
    into v_answer
    from sales.parse_public_id('pay', p_payment_id) as k
    inner join sales.payments as p
        on p.show_id = k.show_id
        and p.payment_id = k.id
    inner join sales.bookings as b
        on b.show_id = p.show_id
        and b.booking_id = p.booking_id
        and b.user_id = p_actor;
    return case when v_answer -> 'await' is null then v_answer end;
end;
$$;

comment on function api.await_checkout is 'The provider''s page for a payment, null while it is not known.';

create or replace function api.give_up_payment(
    p_actor bigint,
    p_booking_id text
)
returns json
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises not_found (no page of the provider is open), not_held (the provider has not answered yet).
    select json_build_object('payment_id', sales.public_id('pay', k.show_id, sales.close_checkout(k.show_id, k.id, p_actor)), 'await', true)
    from sales.parse_public_id('bk', p_booking_id) as k;
$$;

create or replace function api.await_given_up_payment(
    p_actor bigint,
    p_payment_id text
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The booking once the provider has closed the page, or sold; null until then.
    select sales.booking_json(b.show_id, b.booking_id)
    from sales.parse_public_id('pay', p_payment_id) as k
    inner join sales.payments as p
        on p.show_id = k.show_id
        and p.payment_id = k.id
        and p.status <> 'pending'
    inner join sales.bookings as b
        on b.show_id = p.show_id
        and b.booking_id = p.booking_id
        and b.user_id = p_actor;
$$;

comment on function api.give_up_payment is 'Give up the provider''s page for a booking, to pay otherwise or not at all. Answers the booking when the provider has closed the page: it is held again, or paid if that was quicker. Errors: not_found (no page is open), not_held (the provider has not opened it yet).';
comment on function api.await_given_up_payment is 'The booking whose page of the provider was given up, null while it is open.';

create or replace function api.get_ticket_qr(
    p_actor bigint,
    p_ticket_id text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_code text;
begin
    select sales.ticket_code(t.show_id, t.ticket_id)
    into v_code
    from sales.parse_public_id('tk', p_ticket_id) as k
    inner join history.tickets as t
        on t.show_id = k.show_id
        and t.ticket_id = k.id
        and t.status <> 'void'
    inner join history.bookings as b
        on b.show_id = t.show_id
        and b.booking_id = t.booking_id
        and b.user_id = p_actor;
    if v_code is null then
        perform api.raise('not_found');
    end if;
    return json_build_object('code', v_code);
end;
$$;

comment on function api.get_ticket_qr is 'The signed code of one of my tickets, as a QR in SVG.';

create or replace function api.receive_stripe_event(p_event jsonb)
returns json
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('received', true, 'outcome', sales.receive_provider_event(p_event));
$$;

comment on function api.receive_stripe_event is 'The payment provider''s webhook. The signature is checked before; a repeat is harmless.';

select api.add_route('GET', '/api/v1/bookings', 'api.list_bookings', role => 'customer');
select api.add_route('GET', '/api/v1/bookings/{booking_id}', 'api.get_booking', role => 'customer');
select api.add_route(
    'DELETE', '/api/v1/bookings/{booking_id}', 'api.release_booking',
    role => 'customer',
    lane => 'write',
    status => 204,
    batch_function => 'api.release_booking_batch',
    batch_key => 'p_booking_id'
);
select api.add_route(
    'POST', '/api/v1/bookings/{booking_id}/payments', 'api.create_payment',
    role => 'customer',
    lane => 'write',
    status => 202,
    rate_class => 'pay',
    await_function => 'api.await_checkout'
);
select api.add_route(
    'DELETE', '/api/v1/bookings/{booking_id}/payment', 'api.give_up_payment',
    role => 'customer',
    lane => 'write',
    status => 202,
    rate_class => 'pay',
    await_function => 'api.await_given_up_payment'
);
select api.add_route('GET', '/api/v1/tickets/{ticket_id}/qr.svg', 'api.get_ticket_qr', role => 'customer', answer => 'qr');
select api.add_route('POST', '/api/v1/webhooks/stripe', 'api.receive_stripe_event', lane => 'write', guard => 'stripe_signature');
