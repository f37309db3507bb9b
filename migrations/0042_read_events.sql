-- The workers have the provider's list of events read; nothing waits in the outbox for it.
alter table ops.read_events
    add column asked_at timestamptz not null default '-infinity';
comment on column ops.read_events.asked_at is 'When a worker last had the list read.';
delete from ops.outbox as o
where o.kind = 'read_events'
    and o.done_at is null;
drop function if exists ops.promise_reading_events(interval);
drop function if exists ops.note_events_read(bigint);
