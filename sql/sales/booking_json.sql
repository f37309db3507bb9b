-- A booking as the outside sees it. What reads a table is in PL/pgSQL, because a call of an SQL function that cannot be inlined
-- plans its query anew each time, and PL/pgSQL keeps the plan.

create or replace function sales.brief_of(p_show sales.shows)
returns json
language sql
stable
as $$
-- What a buyer needs to recognise a show by: {"show_id", "event": {…}, "venue": {…}, "hall", "starts_at", "timezone", "status"}.
-- Looks nothing up (sql/catalog/show_briefs.sql).
    select json_build_object(
        'show_id', (p_show).show_id,
        'event', (p_show).event_brief,
        'venue', (p_show).venue_brief,
        'hall', (p_show).hall_name,
        'starts_at', api.rfc3339((p_show).starts_at),
        'timezone', (p_show).timezone,
        'status', (p_show).status
    );
$$;

create or replace function sales.show_brief(p_show_id bigint)
returns json
language plpgsql
stable
as $$
-- brief_of, for who has only the show's id; null: there is no such show.
begin
    return (
        select sales.brief_of(s)
        from sales.shows as s
        where s.show_id = p_show_id
    );
end;
$$;

create or replace function sales.booking_body(
    p_booking sales.bookings,
    p_show json,
    p_payment json,
    p_tickets json,
    p_refunds json default '[]',
    p_refundable_until timestamptz default null
)
returns json
language sql
stable
as $$
-- The shape of a booking: one place for it, so that a hold and a later look agree. Looks nothing up: a new hold has neither
-- payment nor tickets nor refunds, and cannot be refunded.
    select json_build_object(
        'booking_id', sales.public_id('bk', (p_booking).show_id, (p_booking).booking_id),
        'show_id', (p_booking).show_id,
        'show', p_show,
        'status', case
            when (p_booking).status = 'held' and (p_booking).held_until <= now() then 'expired'
            else (p_booking).status
        end,
        'seats', (p_booking).seats,
        'amount', api.money((p_booking).amount_minor, (p_booking).currency),
        'created_at', api.rfc3339((p_booking).created_at),
        'expires_at', api.rfc3339((p_booking).expires_at),
        'expires_in', case
            when (p_booking).status in ('held', 'paying')
                then greatest(ceil(extract(epoch from (p_booking).expires_at - now())), 0)::integer
            else 0
        end,
        'payment', p_payment,
        'tickets', p_tickets,
        'refunds', p_refunds,
        'refundable_until', api.rfc3339(p_refundable_until)
    );
$$;

create or replace function sales.first_booking_body(
    p_show sales.shows,
    p_booking sales.bookings
)
returns json
language plpgsql
stable
as $$
-- What the hold that made this booking was answered, or its first sending where it is repeated: held, whatever came later. Only
-- the seconds that are left count on, so that nobody counts down from a repeat for longer than the hold lasts.
begin
    p_booking.status := 'held';
    p_booking.held_until := 'infinity';
    return sales.booking_body(p_booking, sales.brief_of(p_show), null, '[]');
end;
$$;

create or replace function sales.payment_json(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- The booking's newest charge: {"payment_id", "status", "code", "method", "amount", "checkout_url"}, or null.
begin
    return (
        select json_build_object(
            'payment_id', sales.public_id('pay', p.show_id, p.payment_id),
            'status', p.status,
            'code', p.failure_code,
            'method', p.method,
            'amount', api.money(p.amount_minor, p.currency),
            'checkout_url', case when p.status = 'pending' then p.checkout_url end
        )
        from sales.payments as p
        where p.show_id = p_show_id
            and p.booking_id = p_booking_id
            and p.kind = 'charge'
        order by
            p.created_at desc,
            p.payment_id
        limit 1
    );
end;
$$;

create or replace function sales.tickets_json(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- The booking's tickets in seat order: [{"ticket_id", "seat", "tier", "price", "status", "code", "qr_url"}].
begin
    return (
        select coalesce(
            json_agg(
                json_build_object(
                    'ticket_id', sales.public_id('tk', t.show_id, t.ticket_id),
                    'seat', t.seat,
                    'tier', t.tier,
                    'price', api.money(t.price_minor, b.currency),
                    'status', t.status,
                    'code', sales.ticket_code(t.show_id, t.ticket_id),
                    'qr_url', '/api/v1/tickets/' || sales.public_id('tk', t.show_id, t.ticket_id) || '/qr.svg'
                )
                order by t.seat_no
            ),
            '[]'
        )
        from sales.tickets as t
        inner join sales.bookings as b
            on b.show_id = t.show_id
            and b.booking_id = t.booking_id
        where t.show_id = p_show_id
            and t.booking_id = p_booking_id
    );
end;
$$;

create or replace function sales.refunds_json(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- What of the booking was given back, the oldest first: [{"amount", "status", "seats": ["C-7"], "reason", "created_at"}]. A
-- refund is pending until the provider agrees, then succeeded; or failed, and staff pays it another way. seats is empty where the
-- provider returned some of the money by hand.
begin
    return (
        select coalesce(
            json_agg(
                json_build_object(
                    'amount', api.money(p.amount_minor, p.currency),
                    'status', p.status,
                    'seats', (
                        select coalesce(json_agg(t.seat order by t.seat_no), '[]')
                        from sales.tickets as t
                        where t.show_id = p_show_id
                            and t.booking_id = p_booking_id
                            and t.seat_no = any (p.seat_nos)
                    ),
                    'reason', p.reason,
                    'created_at', api.rfc3339(p.created_at)
                )
                order by
                    p.created_at,
                    p.payment_id
            ),
            '[]'
        )
        from sales.payments as p
        where p.show_id = p_show_id
            and p.booking_id = p_booking_id
            and p.kind = 'refund'
            and p.status <> 'voided'
    );
end;
$$;

create or replace function sales.refund_deadline(
    p_show_id bigint,
    p_booking_id uuid
)
returns timestamptz
language plpgsql
stable
as $$
-- Until when the rules let a buyer give the booking back: the show's cutoff, or the start of a show that was moved after it was booked.
begin
    return (
        select case
            when exists (
                select
                from sales.show_events as e
                where e.show_id = p_show_id
                    and e.kind = 'moved'
                    and e.happened_at >= b.created_at
            ) then s.starts_at
            else s.starts_at - make_interval(secs => s.refund_cutoff_seconds)
        end
        from sales.shows as s
        inner join sales.bookings as b
            on b.show_id = s.show_id
        where s.show_id = p_show_id
            and b.booking_id = p_booking_id
    );
end;
$$;

create or replace function sales.refundable_until(
    p_show_id bigint,
    p_booking_id uuid
)
returns timestamptz
language plpgsql
stable
as $$
-- Until when its buyer may give a paid booking back, as sales.refund_booking judges it; null: not (any more).
begin
    return (
        select u.until
        from (
            select sales.refund_deadline(p_show_id, p_booking_id) as until
            from sales.shows as s
            where s.show_id = p_show_id
                and s.status <> 'cancelled'
        ) as u
        where u.until > now()
            and not exists (
                select
                from sales.tickets as t
                where t.show_id = p_show_id
                    and t.booking_id = p_booking_id
                    and t.status = 'used'
            )
    );
end;
$$;

create or replace function sales.booking_json(
    p_show_id bigint,
    p_booking_id uuid,
    p_show json default null
)
returns json
language plpgsql
stable
as $$
-- One booking, whole, or null: booking_body with "refunds" of refunds_json, and "refundable_until" while the buyer may give it
-- back. p_show: its show_brief, where the caller has it.
begin
    return (
        select sales.booking_body(
            b,
            coalesce(p_show, sales.show_brief(p_show_id)),
            sales.payment_json(p_show_id, p_booking_id),
            sales.tickets_json(p_show_id, p_booking_id),
            case when b.status in ('paid', 'refunded') then sales.refunds_json(p_show_id, p_booking_id) else '[]' end,
            case when b.status = 'paid' then sales.refundable_until(p_show_id, p_booking_id) end
        )
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = p_booking_id
    );
end;
$$;
