-- What is written on tickets and into calendars.

create or replace function sales.ticket_model(
    p_show_id bigint,
    p_booking_id uuid
)
returns json
language plpgsql
stable
as $$
-- What server/render/ticket_pdf.hpp and calendar.hpp draw, or null when there is no such booking:
--     {"booking_id", "show_id", "status", "kind", "title", "title_zh", "rating", "duration_minutes", "venue_name",
--     "venue_name_zh", "address", "postal_code", "city_name", "city_name_zh", "latitude", "longitude", "hall_name",
--     "admission", "starts_at": {"at", "zone"}, "ends_at": {"at", "zone"}, "stamped_at", "sequence", "is_cancelled",
--     "tickets": [{"ticket_id", "seat", "row", "number", "section", "accessible", "tier", "price", "code"}]}
-- Tickets are those that are not void, in seat order: none before the booking is paid, none after all of it was refunded.
-- row and number are null where places are all alike. stamped_at: when what stands here changed last, sequence: how often
-- since the booking, by moving or cancelling the show, or giving seats back.
begin
    return (
        select json_build_object(
            'booking_id', sales.public_id('bk', b.show_id, b.booking_id),
            'show_id', b.show_id,
            'status', b.status,
            'kind', e.kind,
            'title', e.title,
            'title_zh', e.title_zh,
            'rating', e.rating,
            'duration_minutes', e.duration_minutes,
            'venue_name', v.name,
            'venue_name_zh', v.name_zh,
            'address', v.address,
            'postal_code', v.postal_code,
            'city_name', c.name,
            'city_name_zh', c.name_zh,
            'latitude', v.latitude,
            'longitude', v.longitude,
            'hall_name', h.name,
            'admission', s.admission,
            'starts_at', page.at(s.starts_at, c.timezone),
            'ends_at', page.at(s.ends_at, c.timezone),
            'stamped_at', api.rfc3339(
                greatest(coalesce(b.paid_at, b.created_at), b.ended_at, m.moved_at, r.refunded_at, s.cancelled_at)
            ),
            'sequence', m.move_count + r.refund_count + (s.status = 'cancelled')::integer,
            'is_cancelled', s.status = 'cancelled' or b.status in ('cancelled', 'refunded'),
            'tickets', (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'ticket_id', sales.public_id('tk', t.show_id, t.ticket_id),
                            'seat', t.seat,
                            'row', hs.row_label,
                            'number', hs.number,
                            'section', nullif(hs.section, 'main'),
                            'accessible', coalesce(hs.accessible, false),
                            'tier', t.tier,
                            'price', api.money(t.price_minor, b.currency),
                            'code', sales.ticket_code(t.show_id, t.ticket_id)
                        )
                        order by t.seat_no
                    ),
                    '[]'
                )
                from sales.tickets as t
                left join catalog.seats as hs
                    on s.admission = 'seated'
                    and hs.hall_id = s.hall_id
                    and hs.seat_no = t.seat_no
                where t.show_id = b.show_id
                    and t.booking_id = b.booking_id
                    and t.status <> 'void'
            )
        )
        from sales.bookings as b
        inner join sales.shows as s
            on s.show_id = b.show_id
        inner join catalog.events as e
            on e.event_id = s.event_id
        inner join catalog.venues as v
            on v.venue_id = s.venue_id
        inner join catalog.cities as c
            on c.city_id = s.city_id
        inner join catalog.halls as h
            on h.hall_id = s.hall_id
        cross join lateral (
            select
                count(*) as move_count,
                max(w.happened_at) as moved_at
            from sales.show_events as w
            where w.show_id = b.show_id
                and w.kind = 'moved'
                and w.happened_at >= b.created_at
        ) as m
        cross join lateral (
            select
                count(*) as refund_count,
                max(p.created_at) as refunded_at
            from sales.payments as p
            where p.booking_id = b.booking_id
                and p.show_id = b.show_id
                and p.kind = 'refund'
        ) as r
        where b.show_id = p_show_id
            and b.booking_id = p_booking_id
    );
end;
$$;
