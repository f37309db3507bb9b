-- A paid booking's tickets as files. What they look like is drawn by the server: server/api/ticket_files.hpp.

create or replace function sales.tickets_of_buyer(
    p_actor bigint,
    p_booking_id text
)
returns json
language plpgsql
stable
as $$
-- sales.ticket_model of a booking of the buyer p_actor, with at least one ticket. Raises not_found for what is another's, and
-- not_paid (booking_status) where no ticket is valid: before the payment and after a refund.
declare
    v_key record;
    v_model json;
begin
    select b.show_id, b.booking_id, b.status
    into v_key
    from sales.parse_public_id('bk', p_booking_id) as k
    inner join history.bookings as b
        on b.show_id = k.show_id
        and b.booking_id = k.id
        and b.user_id = p_actor;
    if v_key.booking_id is null then
        perform api.raise('not_found');
    end if;

    v_model := history.ticket_model(v_key.show_id, v_key.booking_id);
    if coalesce(json_array_length(v_model -> 'tickets'), 0) = 0 then
        perform api.raise('not_paid', jsonb_build_object('booking_status', v_key.status));
    end if;
    return v_model;
end;
$$;

create or replace function api.get_tickets_pdf(
    p_actor bigint,
    p_booking_id text
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select sales.tickets_of_buyer(p_actor, p_booking_id);
$$;

comment on function api.get_tickets_pdf is 'The tickets of one of my bookings on paper: a PDF with a page for each seat, in the language of Accept-Language. Errors: not_paid.';
select api.add_route('GET', '/api/v1/bookings/{booking_id}/tickets.pdf', 'api.get_tickets_pdf', role => 'customer', answer => 'pdf');

create or replace function api.get_tickets_calendar(
    p_actor bigint,
    p_booking_id text
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select sales.tickets_of_buyer(p_actor, p_booking_id);
$$;

comment on function api.get_tickets_calendar is 'One of my bookings as an appointment for a calendar (iCalendar). Errors: not_paid.';
select api.add_route('GET', '/api/v1/bookings/{booking_id}/tickets.ics', 'api.get_tickets_calendar', role => 'customer', answer => 'ics');
