-- What the stand-in for the payment provider remembers: Stripe's objects as far as we use them. Shares no table and no
-- key with the rest of the house, which knows it by HTTP only.
--
-- A charge has no table: an intent has one successful charge at most, so it is the same row, ch_… for pi_….

create table sandbox.customers (
    customer_id text not null,
    email text,
    name text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint customers_pkey primary key (customer_id)
);

create table sandbox.payment_methods (
    payment_method_id text not null,
    card text not null,
    customer_id text,
    created_at timestamptz not null default now(),
    constraint payment_methods_pkey primary key (payment_method_id),
    constraint payment_methods_customer_fkey foreign key (customer_id) references sandbox.customers (customer_id)
);

comment on table sandbox.payment_methods is 'Saved ones. The test tokens themselves (pm_card_visa, …) are rows of the view sandbox.cards.';
comment on column sandbox.payment_methods.card is 'The test token that it was made of: what its card does.';

create table sandbox.setup_intents (
    setup_intent_id text not null,
    status text not null,
    customer_id text,
    payment_method text,
    usage text not null default 'off_session',
    last_error json,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint setup_intents_pkey primary key (setup_intent_id),
    constraint setup_intents_customer_fkey foreign key (customer_id) references sandbox.customers (customer_id),
    constraint setup_intents_status_known check (
        status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'succeeded')
    ),
    constraint setup_intents_usage_known check (usage in ('on_session', 'off_session')),
    constraint setup_intents_succeeded_has_method check (status <> 'succeeded' or payment_method is not null)
);

create table sandbox.payment_intents (
    payment_intent_id text not null,
    amount_minor bigint not null,
    currency text not null,
    status text not null,
    capture_method text not null,
    payment_method text,
    customer_id text,
    description text,
    metadata jsonb not null default '{}',
    last_error json,
    amount_received_minor bigint not null default 0,
    amount_refunded_minor bigint not null default 0,
    cancellation_reason text,
    created_at timestamptz not null default now(),
    canceled_at timestamptz,
    constraint payment_intents_pkey primary key (payment_intent_id),
    constraint payment_intents_customer_fkey foreign key (customer_id) references sandbox.customers (customer_id),
    constraint payment_intents_amount_minor_range check (amount_minor between 1 and 99999999),
    constraint payment_intents_currency_is_iso_4217 check (currency ~ '^[a-z]{3}$'),
    constraint payment_intents_status_known check (
        status in (
            'requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture', 'succeeded',
            'canceled'
        )
    ),
    constraint payment_intents_capture_method_known check (capture_method in ('automatic', 'manual')),
    constraint payment_intents_only_succeeded_received check ((status = 'succeeded') = (amount_received_minor > 0)),
    constraint payment_intents_received_at_most_amount check (amount_received_minor <= amount_minor),
    constraint payment_intents_refunded_at_most_received check (
        amount_refunded_minor between 0 and amount_received_minor
    ),
    constraint payment_intents_canceled_has_time check ((status = 'canceled') = (canceled_at is not null))
) with (fillfactor = 70);

comment on table sandbox.payment_intents is 'requires_payment_method | requires_confirmation -> requires_action -> requires_capture -> succeeded; canceled from any but succeeded; back to requires_payment_method when a card is declined.';

create table sandbox.refunds (
    refund_id text not null,
    payment_intent_id text not null,
    amount_minor bigint not null,
    reason text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint refunds_pkey primary key (refund_id),
    constraint refunds_payment_intent_fkey foreign key (payment_intent_id)
        references sandbox.payment_intents (payment_intent_id),
    constraint refunds_amount_minor_positive check (amount_minor > 0),
    constraint refunds_reason_known check (reason in ('duplicate', 'fraudulent', 'requested_by_customer'))
);

create index refunds_payment_intent_id_idx on sandbox.refunds (payment_intent_id);

create table sandbox.checkout_sessions (
    session_id text not null,
    status text not null default 'open',
    amount_minor bigint not null,
    currency text not null,
    capture_method text not null,
    description text not null,
    client_reference_id text,
    customer_id text,
    metadata jsonb not null default '{}',
    payment_intent_metadata jsonb not null default '{}',
    payment_intent_id text,
    success_url text not null,
    cancel_url text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    constraint checkout_sessions_pkey primary key (session_id),
    constraint checkout_sessions_customer_fkey foreign key (customer_id) references sandbox.customers (customer_id),
    constraint checkout_sessions_payment_intent_fkey foreign key (payment_intent_id)
        references sandbox.payment_intents (payment_intent_id),
    constraint checkout_sessions_status_known check (status in ('open', 'complete', 'expired')),
    constraint checkout_sessions_complete_has_intent check (status <> 'complete' or payment_intent_id is not null),
    constraint checkout_sessions_amount_minor_range check (amount_minor between 1 and 99999999),
    constraint checkout_sessions_capture_method_known check (capture_method in ('automatic', 'manual'))
) with (fillfactor = 70);

create index checkout_sessions_expires_at_idx on sandbox.checkout_sessions (expires_at) where status = 'open';

comment on column sandbox.checkout_sessions.payment_intent_id is 'Made when a card is tried for the first time, as Stripe does since 2022-08-01.';

-- What happened, and its way to the webhook.
create table sandbox.events (
    event_id text not null,
    type text not null,
    payload json not null,
    created_at timestamptz not null default now(),
    deliver_at timestamptz,
    attempt_count integer not null default 0,
    delivered_count integer not null default 0,
    constraint events_pkey primary key (event_id),
    constraint events_attempt_count_not_negative check (attempt_count >= 0),
    constraint events_delivered_at_most_attempted check (delivered_count between 0 and attempt_count)
);

create index events_deliver_at_idx on sandbox.events (deliver_at) where deliver_at is not null;
create index events_created_at_idx on sandbox.events (created_at);

comment on column sandbox.events.payload is 'The whole event: the very bytes that are signed and sent.';
comment on column sandbox.events.deliver_at is 'When to send it next; null: not any more.';

create table sandbox.idempotency_keys (
    idempotency_key text not null,
    fingerprint text not null,
    status integer not null,
    body json not null,
    created_at timestamptz not null default now(),
    constraint idempotency_keys_pkey primary key (idempotency_key),
    constraint idempotency_keys_length check (length(idempotency_key) between 1 and 255)
);

create index idempotency_keys_created_at_idx on sandbox.idempotency_keys (created_at);

comment on column sandbox.idempotency_keys.fingerprint is 'Of the first request: another one under the same key is refused.';

-- How the sandbox misbehaves, for tests of faults. One row.
create table sandbox.behaviour (
    is_only boolean not null default true,
    delay_ms integer not null default 0,
    fail_rate double precision not null default 0,
    lose_rate double precision not null default 0,
    webhooks_enabled boolean not null default true,
    webhooks_duplicated boolean not null default false,
    webhook_spread_ms integer not null default 0,
    constraint behaviour_pkey primary key (is_only),
    constraint behaviour_is_only check (is_only),
    constraint behaviour_delay_ms_range check (delay_ms between 0 and 60000),
    constraint behaviour_fail_rate_range check (fail_rate between 0 and 1),
    constraint behaviour_lose_rate_range check (lose_rate between 0 and 1),
    constraint behaviour_webhook_spread_ms_range check (webhook_spread_ms between 0 and 600000)
);

comment on column sandbox.behaviour.delay_ms is 'Every answer is held back for so long.';
comment on column sandbox.behaviour.fail_rate is 'Share of requests that are answered 500 and do nothing.';
comment on column sandbox.behaviour.lose_rate is 'Share of requests that are carried out and answered 500: who asked cannot know.';
comment on column sandbox.behaviour.webhook_spread_ms is 'Each webhook waits a random time up to this, so that they come out of order.';

insert into sandbox.behaviour (is_only) values (true);

-- What an operation answers: HTTP status and body.
create type sandbox.answer as (status integer, body json);
