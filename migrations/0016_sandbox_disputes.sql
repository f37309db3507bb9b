-- More of what a payment provider does: disputes, refunds that take their time or fail, cards kept for later; and more of
-- how it can go wrong.

create table sandbox.disputes (
    dispute_id text not null,
    payment_intent_id text not null,
    amount_minor bigint not null,
    reason text not null,
    status text not null,
    created_at timestamptz not null default now(),
    constraint disputes_pkey primary key (dispute_id),
    constraint disputes_payment_intent_fkey foreign key (payment_intent_id)
        references sandbox.payment_intents (payment_intent_id),
    constraint disputes_amount_minor_positive check (amount_minor > 0),
    constraint disputes_reason_is_slug check (reason ~ '^[a-z][a-z_]*$'),
    constraint disputes_status_known check (
        status in (
            'warning_needs_response', 'warning_under_review', 'warning_closed', 'needs_response', 'under_review', 'won', 'lost'
        )
    )
);

create index disputes_payment_intent_id_idx on sandbox.disputes (payment_intent_id);

alter table sandbox.refunds
    add column status text not null default 'succeeded',
    add column turns_at timestamptz,
    add constraint refunds_status_known check (status in ('pending', 'succeeded', 'failed'));

create index refunds_turns_at_idx on sandbox.refunds (turns_at) where turns_at is not null;

comment on column sandbox.refunds.turns_at is 'When a pending one succeeds, or one that only seemed to succeed fails.';

alter table sandbox.behaviour
    add column drop_rate double precision not null default 0,
    add column idle_ms integer not null default 0,
    add constraint behaviour_drop_rate_range check (drop_rate between 0 and 1),
    add constraint behaviour_idle_ms_range check (idle_ms between 0 and 60000);

comment on column sandbox.behaviour.drop_rate is 'Share of requests that are carried out and whose connection is then closed without an answer.';
comment on column sandbox.behaviour.idle_ms is 'For so long nothing is heard on a connection before it is closed so.';

-- It has one result more.
drop function if exists sandbox.handle(text, text, text, text, jsonb);
