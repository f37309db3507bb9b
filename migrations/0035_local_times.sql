-- Tickets that are archived tell what the clock says where the show is, as sales.ticket_model does.
update archive.documents as d
set tickets = (
    d.tickets::jsonb || (
        select jsonb_object_agg(
            t.key,
            t.value || jsonb_build_object(
                'local', to_char((t.value ->> 'at')::timestamptz at time zone (t.value ->> 'zone'), 'YYYY-MM-DD"T"HH24:MI:SS')
            )
        )
        from jsonb_each(d.tickets::jsonb) as t
        where t.key in ('starts_at', 'ends_at')
    )
)::json
where d.tickets is not null;
