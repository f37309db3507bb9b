-- What a mail says. ops.add_mail promises it; when its turn comes the worker asks here what is true now, and writes it by
-- templates/mail. A mail whose matter has settled itself meanwhile is not sent.

create or replace function ops.compose_mail(
    p_show_id bigint,
    p_payload jsonb
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The model of the mail that p_payload promises (ops.add_mail), or null when there is nothing to tell any more:
--     {"to", "name", "language", "mail", "path": where its button leads, what ops.mail_about_… say}
-- waitlist_ended says {"show", "end_reason": waitlist.entries.end_reason}.
-- The name is null until the address is confirmed: else anybody could have us write anything to anybody.
-- It writes only the token of a link; so it may be called again, as when a mail could not be delivered.
-- A name that is none of these is a fault of who promised it, and raises case_not_found.
declare
    v_mail text := p_payload ->> 'mail';
    v_user_id bigint := (p_payload ->> 'user_id')::bigint;
    v_user jsonb;
    v_about jsonb;
begin
    -- Who has the address that was named is found here and not by who asked, so that no answer tells.
    if v_mail = 'reset_password' and p_payload ? 'email' then
        v_user_id := account.make_reset_link(p_payload ->> 'email', (p_payload ->> 'link_id')::uuid);
    end if;
    select jsonb_build_object(
        'to', coalesce(p_payload ->> 'to', u.email),
        'name', case when u.email_verified_at is not null then u.name end,
        'language', u.language,
        'mail', v_mail
    )
    into v_user
    from account.users as u
    where u.user_id = v_user_id
        and u.deleted_at is null;

    case
        when v_mail in ('verify_email', 'reset_password', 'change_email') then
            v_about := ops.mail_about_link(p_payload);
        when v_mail in ('password_changed', 'email_changed') then
            v_about := jsonb_build_object('is_link', true, 'path', '/forgot');
        when v_mail in (
            'confirmation', 'payment_failed', 'payment_returned', 'payment_lost', 'refund', 'refund_failed', 'show_cancelled',
            'waitlist_offer', 'waitlist_bought'
        ) then
            v_about := ops.mail_about_booking(p_show_id, p_payload, v_user ->> 'language');
        when v_mail = 'show_moved' then
            v_about := ops.mail_about_move(p_show_id, p_payload, v_user ->> 'language');
        when v_mail = 'waitlist_ended' then
            v_about := jsonb_build_object(
                'show', page.show_head(p_show_id, v_user ->> 'language'),
                'path', '/shows/' || p_show_id,
                'end_reason', p_payload ->> 'reason'
            );
    end case;
    return v_user || v_about;
end;
$$;

create or replace function ops.mail_about_link(p_payload jsonb)
returns jsonb
language plpgsql
volatile
as $$
-- {"path", "is_link": true} with a new token; null when the link is used or over.
declare
    v_token text := account.write_mail_link((p_payload ->> 'link_id')::uuid);
begin
    return jsonb_build_object(
        'is_link', true,
        'path', case p_payload ->> 'mail' when 'reset_password' then '/reset?token=' else '/verify?token=' end || v_token
    )
    where v_token is not null;
end;
$$;

create or replace function ops.mail_about_booking(
    p_show_id bigint,
    p_payload jsonb,
    p_language text
)
returns jsonb
language plpgsql
stable
as $$
-- {"show": page.show_head, "seat_list" or "places", "amount", "path"}, by "seat_nos" and "amount_minor" of the payload if it
-- has them, else those of the booking; and by mail:
--     confirmation, waitlist_bought   "tickets": [sales.ticket_model], which are attached; null when none is valid any more
--     payment_failed     "code": why; "deadline": until when another card will do, null when that is over; null when the
--                        booking is being paid, or was
--     payment_returned   "end_reason": why nothing is sold for it, seats_gone, show_cancelled or show_over; null: it was given up
--     payment_lost              nothing more
--     refund             "tickets", as they are now: so that calendars learn what was given back
--     refund_failed      null when it was made after all, or settled by hand
--     show_cancelled     "reason", "tickets"; no amount where nothing was paid
--     waitlist_offer     "deadline"; "end_reason": why it was not bought as wanted, price_higher or show_moved; null when the offer
--                        was taken or is over
declare
    v_mail text := p_payload ->> 'mail';
    v_booking record;
    v_show json := page.show_head(p_show_id, p_language);
    v_is_open boolean;
    v_tickets json;
begin
    select
        b.booking_id,
        b.status,
        b.paid_at,
        b.expires_at,
        coalesce((p_payload ->> 'amount_minor')::bigint, b.amount_minor) as amount_minor,
        b.currency,
        (
            select array_agg(k.seat ->> 'seat' order by k.place)
            from rows from (unnest(b.seat_nos), json_array_elements(b.seats)) with ordinality as k (seat_no, seat, place)
            where not p_payload ? 'seat_nos'
                or p_payload -> 'seat_nos' @> to_jsonb(k.seat_no)
        ) as seats
    into v_booking
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = (p_payload ->> 'booking_id')::uuid;

    v_is_open := v_booking.status = 'held' and v_booking.expires_at > now();
    if v_mail in ('confirmation', 'waitlist_bought') or (v_mail in ('refund', 'show_cancelled') and v_booking.paid_at is not null) then
        v_tickets := sales.ticket_model(p_show_id, v_booking.booking_id);
    end if;
    if v_booking.booking_id is null
        or (v_mail in ('confirmation', 'waitlist_bought') and json_array_length(v_tickets -> 'tickets') = 0)
        or (v_mail = 'payment_failed' and v_booking.status not in ('held', 'expired', 'released'))
        or (v_mail = 'waitlist_offer' and not v_is_open)
        or (
            v_mail = 'refund_failed'
            and not exists (
                select
                from sales.payments as p
                where p.show_id = p_show_id
                    and p.payment_id = (p_payload ->> 'payment_id')::uuid
                    and p.status = 'failed'
            )
        )
    then
        return null;
    end if;

    return jsonb_build_object(
        'show', v_show,
        'seat_list', case when v_show ->> 'admission' = 'seated' then array_to_string(v_booking.seats, ', ') end,
        'places', case when v_show ->> 'admission' = 'general' then cardinality(v_booking.seats) end,
        'amount', case
            when v_mail not in ('show_cancelled', 'payment_lost') or p_payload ? 'amount_minor'
                then api.money(v_booking.amount_minor, v_booking.currency)
        end,
        'path', '/bookings/' || sales.public_id('bk', p_show_id, v_booking.booking_id),
        'code', case when v_mail = 'payment_failed' then p_payload ->> 'code' end,
        'end_reason', case when v_mail in ('payment_returned', 'waitlist_offer') then p_payload ->> 'reason' end,
        'reason', case when v_mail = 'show_cancelled' then p_payload ->> 'reason' end,
        'deadline', case
            when v_mail in ('payment_failed', 'waitlist_offer') and v_is_open
                then page.at(v_booking.expires_at, v_show #>> '{starts_at,zone}')
        end,
        'tickets', case when v_tickets is not null then json_build_array(v_tickets) end
    );
end;
$$;

create or replace function ops.mail_about_move(
    p_show_id bigint,
    p_payload jsonb,
    p_language text
)
returns jsonb
language plpgsql
stable
as $$
-- {"show", "path", "before": when it should have begun, "tickets": [sales.ticket_model] of the receiver's paid bookings, which
-- are attached anew}; null when the show was cancelled meanwhile, or nothing of it is the receiver's any more.
declare
    v_show json := page.show_head(p_show_id, p_language);
begin
    return (
        select jsonb_build_object(
            'show', v_show,
            'path', '/account',
            'before', page.at((p_payload ->> 'starts_at_before')::timestamptz, v_show #>> '{starts_at,zone}'),
            'tickets', json_agg(sales.ticket_model(b.show_id, b.booking_id) order by b.created_at, b.booking_id)
        )
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.user_id = (p_payload ->> 'user_id')::bigint
            and b.status = 'paid'
        having count(*) > 0
    );
end;
$$;
