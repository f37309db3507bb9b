-- What a buyer looks back at: from the selling tables while it is there, from the archive afterwards.

create or replace function archive.document(
    p_show_id bigint,
    p_kind text,
    p_document_id uuid,
    out body json,
    out tickets json
)
language plpgsql
stable
as $$
-- What was kept of a booking or a waiting-list entry when its show was archived; null: the show is not, or has no such thing.
begin
    select d.body, d.tickets
    into body, tickets
    from archive.documents as d
    where d.show_id = p_show_id
        and d.kind = p_kind
        and d.document_id = p_document_id;
end;
$$;

create or replace function history.booking_json(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- sales.booking_json, also of a show that is archived; null: no such booking.
begin
    return coalesce(
        sales.booking_json(p_show_id, p_booking_id),
        (select d.body from archive.document(p_show_id, 'booking', p_booking_id) as d)
    );
end;
$$;

create or replace function history.entry_json(
    p_show_id bigint,
    p_entry_id uuid
)
returns json
language plpgsql
stable
as $$
-- waitlist.entry_json, also of a show that is archived; null: no such entry.
begin
    return coalesce(
        waitlist.entry_json(p_show_id, p_entry_id),
        (select d.body from archive.document(p_show_id, 'entry', p_entry_id) as d)
    );
end;
$$;

create or replace function history.ticket_model(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- sales.ticket_model, also of a show that is archived; null: no such booking, or an archived one that never had tickets.
begin
    return coalesce(
        sales.ticket_model(p_show_id, p_booking_id),
        (select d.tickets from archive.document(p_show_id, 'booking', p_booking_id) as d)
    );
end;
$$;
