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
-- The name is null until the address is confirmed: else anybody could have us write anything to anybody.
-- It writes only the token of a link; so it may be called again, as when a mail could not be delivered.
-- A name that is none of these is a fault of who promised it, and raises case_not_found.
declare
    v_mail text := p_payload ->> 'mail';
    v_user jsonb;
    v_about jsonb;
begin
    select jsonb_build_object(
        'to', u.email,
        'name', case when u.email_verified_at is not null then u.name end,
        'language', u.language,
        'mail', v_mail
    )
    into v_user
    from account.users as u
    where u.user_id = (p_payload ->> 'user_id')::bigint;

    case
        when v_mail in ('verify_email', 'reset_password') then
            v_about := ops.mail_about_link(p_payload);
        when v_mail in ('confirmation', 'payment_failed', 'payment_returned', 'refund') then
            v_about := ops.mail_about_booking(p_show_id, p_payload, v_user ->> 'language');
        when v_mail in ('show_cancelled', 'show_moved') then
            v_about := ops.mail_about_show(p_show_id, p_payload, v_user ->> 'language');
        when v_mail in ('waitlist_offer', 'waitlist_bought', 'waitlist_ended') then
            v_about := ops.mail_about_entry(p_show_id, p_payload, v_user ->> 'language');
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
        'path', case p_payload ->> 'mail' when 'verify_email' then '/verify?token=' else '/reset?token=' end || v_token
    )
    where v_token is not null;
end;
$$;

create or replace function ops.mail_booking(
    p_show_id bigint,
    p_booking_id uuid,
    p_language text
)
returns jsonb
language plpgsql
stable
as $$
-- What every mail about a booking says: {"show": page.show_head, "seat_list" or "places", "amount", "booking_id", "path"}.
begin
    return (
        select jsonb_build_object(
            'show', page.show_head(p_show_id, p_language),
            'amount', api.money(b.amount_minor, b.currency),
            'booking_id', sales.public_id('bk', b.show_id, b.booking_id),
            'path', '/bookings/' || sales.public_id('bk', b.show_id, b.booking_id)
        ) || page.seats_of(b)::jsonb
        from sales.bookings as b
        where b.show_id = p_show_id
            and b.booking_id = p_booking_id
    );
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
-- ops.mail_booking and, by mail:
--     confirmation      "tickets": [sales.ticket_model], which are attached; null when none is valid any more
--     payment_failed    "code": why; "deadline": until when another card will do, null when that is over; null when the
--                       booking was paid after all, or is being paid
--     payment_returned  nothing more
--     refund            the seats that were given back and what they cost, instead of the booking's
declare
    v_booking_id uuid := (p_payload ->> 'booking_id')::uuid;
    v_model jsonb := ops.mail_booking(p_show_id, v_booking_id, p_language);
    v_status text;
    v_expires_at timestamptz;
    v_tickets json;
begin
    select b.status, b.expires_at
    into v_status, v_expires_at
    from sales.bookings as b
    where b.show_id = p_show_id
        and b.booking_id = v_booking_id;

    case p_payload ->> 'mail'
        when 'confirmation' then
            v_tickets := sales.ticket_model(p_show_id, v_booking_id);
            return v_model || jsonb_build_object('tickets', json_build_array(v_tickets))
                where json_array_length(v_tickets -> 'tickets') > 0;

        when 'payment_failed' then
            return v_model || jsonb_build_object(
                'code', p_payload ->> 'code',
                'deadline', case
                    when v_status = 'held' and v_expires_at > now() then page.at(v_expires_at, v_model #>> '{show,starts_at,zone}')
                end
            )
                where v_status not in ('paying', 'paid', 'refunded');

        when 'refund' then
            return v_model || jsonb_build_object(
                'amount', api.money((p_payload ->> 'amount_minor')::bigint, p_payload ->> 'currency'),
                'places', case when v_model -> 'places' <> 'null' then jsonb_array_length(p_payload -> 'seats') end,
                'seat_list', case
                    when v_model -> 'places' = 'null' then (
                        select string_agg(s.seat, ', ' order by s.place)
                        from jsonb_array_elements_text(p_payload -> 'seats') with ordinality as s (seat, place)
                    )
                end
            );

        else
            return v_model;
    end case;
end;
$$;

create or replace function ops.mail_about_show(
    p_show_id bigint,
    p_payload jsonb,
    p_language text
)
returns jsonb
language plpgsql
stable
as $$
-- show_cancelled: {"show", "path", "reason"}; null when it is on again.
-- show_moved: {"show", "path", "before": when it should have begun, "tickets": [sales.ticket_model] of the receiver's paid
-- bookings, which are attached anew}; null when it is cancelled by now.
declare
    v_is_cancelled boolean := (
        select s.status = 'cancelled'
        from sales.shows as s
        where s.show_id = p_show_id
    );
    v_show jsonb := page.show_head(p_show_id, p_language);
begin
    if p_payload ->> 'mail' = 'show_cancelled' then
        return jsonb_build_object('show', v_show, 'path', '/account', 'reason', p_payload ->> 'reason')
            where v_is_cancelled;
    end if;

    return jsonb_build_object(
        'show', v_show,
        'path', '/account',
        'before', page.at((p_payload ->> 'starts_at_before')::timestamptz, v_show #>> '{starts_at,zone}'),
        'tickets', (
            select json_agg(sales.ticket_model(b.show_id, b.booking_id) order by b.created_at, b.booking_id)
            from sales.bookings as b
            where b.show_id = p_show_id
                and b.user_id = (p_payload ->> 'user_id')::bigint
                and b.status = 'paid'
        )
    )
        where not v_is_cancelled;
end;
$$;

create or replace function ops.mail_about_entry(
    p_show_id bigint,
    p_payload jsonb,
    p_language text
)
returns jsonb
language plpgsql
stable
as $$
-- waitlist_offer: ops.mail_booking and "deadline"; null when the offer was taken or is over.
-- waitlist_bought: ops.mail_booking and "tickets", which are attached; null when none is valid any more.
-- waitlist_ended: {"show", "path", "end_reason": waitlist.entries.end_reason}.
declare
    v_booking_id uuid;
    v_status text;
    v_expires_at timestamptz;
    v_model jsonb;
    v_tickets json;
begin
    if p_payload ->> 'mail' = 'waitlist_ended' then
        return jsonb_build_object(
            'show', page.show_head(p_show_id, p_language),
            'path', '/shows/' || p_show_id,
            'end_reason', p_payload ->> 'reason'
        );
    end if;

    select b.booking_id, b.status, b.expires_at
    into v_booking_id, v_status, v_expires_at
    from waitlist.entries as e
    inner join sales.bookings as b
        on b.show_id = e.show_id
        and b.booking_id = e.booking_id
    where e.show_id = p_show_id
        and e.entry_id = (p_payload ->> 'entry_id')::uuid;

    v_model := ops.mail_booking(p_show_id, v_booking_id, p_language);
    if p_payload ->> 'mail' = 'waitlist_offer' then
        return v_model || jsonb_build_object('deadline', page.at(v_expires_at, v_model #>> '{show,starts_at,zone}'))
            where v_status = 'held' and v_expires_at > now();
    end if;

    v_tickets := sales.ticket_model(p_show_id, v_booking_id);
    return v_model || jsonb_build_object('tickets', json_build_array(v_tickets))
        where json_array_length(v_tickets -> 'tickets') > 0;
end;
$$;
