-- A booking: the time that is left, paying, the tickets; and the buyer's bookings.

create or replace function page.booking(
    p_actor bigint,
    p_booking_id text,
    p_language text,
    p_refused text default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Exactly one of is_held, is_paying, is_paid and is_over is true. A hold is over as soon as the buyer's clock says so, though
-- the seats come free only after the grace. "ending": how it is over, its status or what there is to say beside it: returned (the
-- money came too late), declined (a purchase of the waitlist), show_cancelled, show_refunded. "entry": of page.entry_of.
-- p_refused: what page.refund_booking says of its form.
declare
    v_booking jsonb := api.get_booking(p_actor, p_booking_id);
    v_status text := v_booking ->> 'status';
    v_left integer := (v_booking ->> 'expires_in')::integer;
    v_is_off boolean := v_booking #>> '{show,status}' = 'cancelled';
    v_entry json := page.entry_of(p_booking_id);
begin
    if v_status = 'held' and v_left = 0 then
        v_status := 'expired';
    end if;

    return json_build_object(
        'show', page.show_head((v_booking ->> 'show_id')::bigint, p_language),
        'booking_id', v_booking -> 'booking_id',
        'status', v_status,
        'is_held', v_status = 'held',
        'is_paying', v_status = 'paying',
        'is_paid', v_status = 'paid',
        'is_over', v_status not in ('held', 'paying', 'paid'),
        'ending', case
            when v_status in ('expired', 'released', 'cancelled') and v_booking #>> '{payment,status}' = 'voided' then 'returned'
            when v_status = 'expired' and v_entry ->> 'end_reason' = 'payment_failed' then 'declined'
            when v_status in ('cancelled', 'refunded') and v_is_off then 'show_' || v_status
            else v_status
        end,
        'may_choose_again', not v_is_off,
        'entry', v_entry,
        'expires_in', v_left,
        'time_left', format('%s:%s', v_left / 60, lpad((v_left % 60)::text, 2, '0')),
        'seats', (
            select json_agg(
                b.value || jsonb_build_object(
                    'is_given_back',
                    jsonb_path_exists(v_booking, '$.refunds[*].seats[*] ? (@ == $seat)', jsonb_build_object('seat', b.value -> 'seat'))
                )
                order by b.place
            )
            from jsonb_array_elements(v_booking -> 'seats') with ordinality as b (value, place)
        ),
        'refunds', (
            select json_agg(
                jsonb_build_object(
                    'amount', r.value -> 'amount',
                    'is_pending', r.value ->> 'status' = 'pending',
                    'is_failed', r.value ->> 'status' = 'failed',
                    'is_done', r.value ->> 'status' = 'succeeded',
                    'seat_list', (select string_agg(k.seat, ', ') from jsonb_array_elements_text(r.value -> 'seats') as k (seat))
                )
                order by r.place
            )
            from jsonb_array_elements(v_booking -> 'refunds') with ordinality as r (value, place)
        ),
        'refundable_until', page.at((v_booking ->> 'refundable_until')::timestamptz, v_booking #>> '{show,timezone}'),
        'refused', p_refused,
        'amount', v_booking -> 'amount',
        'is_free', v_booking #>> '{amount,value}' = '0',
        'failure', case
            when v_status = 'held' and v_booking #>> '{payment,status}' = 'failed'
                then json_build_object('code', v_booking #> '{payment,code}')
        end,
        'checkout_url', v_booking #> '{payment,checkout_url}',
        'has_files', v_status = 'paid',
        'tickets', (
            select json_agg(
                t.value - 'status' || jsonb_build_object(
                    'ticket_status', t.value -> 'status',
                    'is_valid', t.value ->> 'status' = 'valid',
                    'is_void', t.value ->> 'status' = 'void'
                )
                order by t.place
            )
            from jsonb_array_elements(v_booking -> 'tickets') with ordinality as t (value, place)
        )
    );
end;
$$;

comment on function page.booking is 'A booking: countdown, payment, tickets.';
select api.add_route('GET', '/bookings/{booking_id}', 'page.booking', role => 'customer', answer => 'page', template => 'booking');

create or replace function page.entry_of(p_booking_id text)
returns json
language sql
stable
as $$
-- The place in the queue that the booking was offered to, {"entry_id", "end_reason"}; null: none.
    select json_build_object('entry_id', sales.public_id('wl', e.show_id, e.entry_id), 'end_reason', e.end_reason)
    from sales.parse_public_id('bk', p_booking_id) as k
    inner join waitlist.entries as e
        on e.show_id = k.show_id
        and e.booking_id = k.id;
$$;

create or replace function page.release_booking(
    p_actor bigint,
    p_booking_id text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Gives the seats back and stays at the booking, which says so. Sent twice, it is the same; raises not_held when it is paid.
begin
    if api.get_booking(p_actor, p_booking_id) ->> 'status' not in ('released', 'expired') then
        perform api.release_booking(p_actor, p_booking_id);
    end if;
    return json_build_object('location', '/bookings/' || p_booking_id);
end;
$$;

comment on function page.release_booking is 'The form that gives seats back.';
select api.add_route('POST', '/bookings/{booking_id}/release', 'page.release_booking', role => 'customer', answer => 'redirect',
    status => 303, lane => 'write');

create or replace function page.pay(
    p_actor bigint,
    p_booking_id text,
    p_public_url text,
    p_payment_method text default null,
    p_return_url text default null,
    p_save_method boolean default false
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Begins to pay and leads to the booking, which shows how it goes; with p_return_url alone to the provider's page, once that
-- is known. Sent twice, or too late, it leads to the booking as it is.
declare
    v_location json := json_build_object('location', '/bookings/' || p_booking_id);
    v_payment json;
begin
    if api.get_booking(p_actor, p_booking_id) ->> 'status' <> 'held' then
        return v_location;
    end if;

    v_payment := api.create_payment(p_actor, p_booking_id, p_public_url, p_payment_method, p_return_url, p_save_method);
    if v_payment -> 'await' is null then
        return v_location;
    end if;
    return v_location::jsonb || jsonb_build_object('await', true, 'payment_id', v_payment -> 'payment_id');
end;
$$;

create or replace function page.await_checkout(
    p_actor bigint,
    p_payment_id text
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('location', coalesce(a.answer ->> 'checkout_url', '/bookings/' || (a.answer ->> 'booking_id')))
    from api.await_checkout(p_actor, p_payment_id) as a (answer)
    where a.answer is not null;
$$;

comment on function page.pay is 'The form that pays.';
comment on function page.await_checkout is 'Where page.pay leads once the provider''s page is known; null until then.';
select api.add_route('POST', '/bookings/{booking_id}/payments', 'page.pay', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'pay', await_function => 'page.await_checkout');

create or replace function page.close_checkout(
    p_actor bigint,
    p_booking_id text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The buyer came back from the provider's page and wants another way to pay.
declare
    v_key record;
begin
    select k.show_id, k.id
    into v_key
    from sales.parse_public_id('bk', p_booking_id) as k;
    if api.get_booking(p_actor, p_booking_id) #>> '{payment,checkout_url}' is not null then
        perform sales.close_checkout(v_key.show_id, v_key.id, p_actor);
    end if;
    return json_build_object('location', '/bookings/' || p_booking_id);
end;
$$;

comment on function page.close_checkout is 'The form that gives up the provider''s page.';
select api.add_route('POST', '/bookings/{booking_id}/other_payment', 'page.close_checkout', role => 'customer',
    answer => 'redirect', status => 303, lane => 'write');

create or replace function page.refund_booking(
    p_actor bigint,
    p_booking_id text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Gives the booking back for its money and stays at the booking, which says so; also when it was given back before, or it is too
-- late for that, or the bank takes it back.
begin
    perform api.refund_booking(p_actor, p_booking_id);
    return json_build_object('location', '/bookings/' || p_booking_id);
exception
    when sqlstate 'BX914' then
        return json_build_object('location', page.link('/bookings/' || p_booking_id, 'refused', 'too_late'));
    when sqlstate 'BX917' then
        return json_build_object('location', page.link('/bookings/' || p_booking_id, 'refused', 'disputed'));
    when sqlstate 'BX915' then
        return json_build_object('location', '/bookings/' || p_booking_id);
end;
$$;

comment on function page.refund_booking is 'The form that gives a paid booking back.';
select api.add_route('POST', '/bookings/{booking_id}/refund', 'page.refund_booking', role => 'customer', answer => 'redirect',
    status => 303, lane => 'write');
