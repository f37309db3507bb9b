-- What the running of the house needs: the outbox of things to tell others, provider events seen, secrets.

-- Work promised by a committed transaction. Workers claim rows by lease; a row is done, or dead when it was given up.
create table ops.outbox (
    show_id bigint not null default 0,
    outbox_id uuid not null default gen_random_uuid(),
    kind text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    run_at timestamptz not null default now(),
    attempt_count integer not null default 0,
    leased_until timestamptz,
    leased_by text,
    done_at timestamptz,
    dead_at timestamptz,
    last_error text,
    constraint outbox_pkey primary key (show_id, outbox_id),
    constraint outbox_kind_known check (kind in ('authorize', 'open_checkout', 'expire_checkout', 'capture', 'void', 'refund', 'mail', 'live')),
    constraint outbox_attempt_count_not_negative check (attempt_count >= 0),
    constraint outbox_lease_is_whole check ((leased_until is null) = (leased_by is null)),
    constraint outbox_done_or_dead check (done_at is null or dead_at is null),
    constraint outbox_dead_has_error check (dead_at is null or last_error is not null)
) with (fillfactor = 80);

create index outbox_run_at_idx on ops.outbox (run_at) where done_at is null and dead_at is null;

comment on column ops.outbox.show_id is 'The show it concerns; 0: none.';

create table ops.provider_events (
    event_id text not null,
    type text not null,
    payload jsonb not null,
    received_at timestamptz not null default now(),
    constraint provider_events_pkey primary key (event_id)
);

comment on table ops.provider_events is 'Webhook events that were handled: a repeat is recognised here.';

create table ops.secrets (
    name text not null,
    value bytea not null,
    constraint secrets_pkey primary key (name),
    constraint secrets_value_length check (octet_length(value) >= 32)
);

comment on table ops.secrets is 'Keys made by this installation: ticket_key signs ticket codes (per show, by HMAC over the show id), login_salt hides which addresses are known.';

insert into ops.secrets (name, value) values
    ('ticket_key', public.gen_random_bytes(32)),
    ('login_salt', public.gen_random_bytes(32));
