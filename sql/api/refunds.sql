-- Giving money back: a buyer's booking, any booking by staff, a whole show.

create or replace function api.refund_booking(
    p_actor bigint,
    p_booking_id text,
    p_reason text default 'requested by customer',
    p_tickets text[] default null
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
    return sales.refund_booking(
        v_key.show_id, v_key.id, p_actor, p_reason, p_seats => sales.seats_of_tickets(v_key.show_id, v_key.id, p_actor, p_tickets)
    );
end;
$$;

comment on function api.refund_booking is
'Give my paid booking back for its money, or only some of its "tickets" (their ids), until the show''s deadline: the tickets are void and the seats free at once, the money follows. Errors: not_paid, too_late (with "until", or "used" seats).';

create or replace function api.refund_seats(
    p_actor bigint,
    p_booking_id text,
    p_reason text,
    p_seats text[] default null
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
    perform sales.check_staff_refund(v_key.show_id, v_key.id, p_actor, p_seats);
    return sales.refund_booking(v_key.show_id, v_key.id, p_actor, p_reason, p_is_staff => true, p_seats => p_seats);
end;
$$;

comment on function api.refund_seats is
'Refund anybody''s paid booking at any time, all of it or only "seats": ["C-7"]; above the limit an administrator does. Errors: forbidden, disputed, not_paid, unknown_seat (with "seats").';

create or replace function api.settle_payment(
    p_actor bigint,
    p_payment_id text,
    p_note text
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
    from sales.parse_public_id('pay', p_payment_id) as k;
    return sales.settle_by_hand(v_key.show_id, v_key.id, p_actor, p_note);
end;
$$;

comment on function api.settle_payment is
'Say with a "note" how a payment was seen to that needed somebody: a refund that failed and was paid another way, or what the provider reported and what did not match (report.stuck_payments). Errors: nothing_to_settle.';

create or replace function api.cancel_show(
    p_actor bigint,
    p_show_id bigint,
    p_reason text default 'The show is cancelled.'
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return sales.cancel_show(p_show_id, p_actor, p_reason);
end;
$$;

comment on function api.cancel_show is
'Call a show off: nothing of it is sold any more, and in the background every booking is refunded and everybody told. Answers how far that is; a repeat changes nothing.';

create or replace function api.get_cancellation(
    p_actor bigint,
    p_show_id bigint
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select sales.cancellation_json(p_show_id);
$$;

comment on function api.get_cancellation is 'How far a cancelled show is settled: bookings and refunds, done and pending.';

select api.add_route('POST', '/api/v1/bookings/{booking_id}/refund', 'api.refund_booking', role => 'customer', lane => 'write', status => 202);
select api.add_route('POST', '/api/v1/admin/bookings/{booking_id}/refund', 'api.refund_seats', role => 'staff', lane => 'write', status => 202);
select api.add_route('POST', '/api/v1/admin/payments/{payment_id}/settle', 'api.settle_payment', role => 'admin', lane => 'write');
select api.add_route('POST', '/api/v1/admin/shows/{show_id}/cancel', 'api.cancel_show', role => 'admin', lane => 'write', status => 202);
select api.add_route('GET', '/api/v1/admin/shows/{show_id}/cancellation', 'api.get_cancellation', role => 'staff');
