-- A waitlist entry as the outside sees it.

create or replace function waitlist.entry_json(
    p_show_id bigint,
    p_entry_id uuid,
    p_show json default null
)
returns json
language plpgsql
stable
as $$
-- One entry, whole, or null: {"entry_id", "show_id", "show", "quantity", "tier", "mode", "status", "end_reason", "position" (1: the
-- next; null once it waits no more), "joined_at", "expires_at", "booking_id" (the offer)}. p_show: its show_brief, where the caller has it.
begin
    return (
        select json_build_object(
            'entry_id', sales.public_id('wl', e.show_id, e.entry_id),
            'show_id', e.show_id,
            'show', coalesce(p_show, sales.show_brief(p_show_id)),
            'quantity', e.quantity,
            'tier', e.tier,
            'mode', e.mode,
            'status', e.status,
            'end_reason', e.end_reason,
            'position', case
                when e.status <> 'waiting' then null
                when e.position = q.last_position then q.waiting_count
                else (
                    select count(*)
                    from waitlist.entries as w
                    where w.show_id = p_show_id
                        and w.position between q.head_position and e.position
                        and w.status = 'waiting'
                )
            end,
            'joined_at', api.rfc3339(e.joined_at),
            'expires_at', api.rfc3339(e.expires_at),
            'booking_id', case when e.booking_id is not null then sales.public_id('bk', e.show_id, e.booking_id) end
        )
        from waitlist.entries as e
        inner join waitlist.queues as q
            on q.show_id = e.show_id
        where e.show_id = p_show_id
            and e.entry_id = p_entry_id
    );
end;
$$;
