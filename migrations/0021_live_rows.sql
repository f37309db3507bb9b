-- One row of the outbox may tell many: {"messages": [{"channel", "message"}, …]}.
update ops.outbox as o
set payload = jsonb_build_object('messages', jsonb_build_array(o.payload))
where o.kind = 'live'
    and o.done_at is null
    and o.dead_at is null
    and o.payload ? 'channel';
