-- Work is claimed kind by kind, so that a hundred thousand mails that wait for their server stand in no payment's way.
drop index ops.outbox_run_at_idx;
create index outbox_due_idx on ops.outbox (kind, run_at) where done_at is null and dead_at is null;
