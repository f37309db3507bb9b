-- What is looked through each minute is found without reading all that ever was.
create index outbox_dead_at_idx on ops.outbox (dead_at) where dead_at is not null;

alter table ops.checks
    add column seconds double precision not null default 0,
    add constraint checks_seconds_not_negative check (seconds >= 0);

comment on column ops.checks.seconds is 'How long it took last: what takes long is done more rarely.';
