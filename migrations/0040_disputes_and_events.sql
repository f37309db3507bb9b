-- Disputes with their money, and what the provider did while nobody heard it.

alter table sales.disputes alter column reason drop not null;
comment on column sales.disputes.reason is 'The bank''s, in the provider''s word; null: it gave none.';
-- These were counted in the provider's hundredths, which the currencies do not have.
update sales.disputes as d
set amount_minor = d.amount_minor / 100
where d.currency in ('ISK', 'UGX')
    and d.amount_minor >= 100;

alter table sales.discrepancies
    drop constraint discrepancies_kind_known,
    add constraint discrepancies_kind_known check (
        kind in (
            'foreign_charge', 'second_charge', 'wrong_amount', 'wrong_currency', 'captured_less', 'captured_more',
            'captured_after_void', 'authorization_canceled', 'foreign_refund', 'wrong_refund', 'refunded_by_hand', 'refunded_too_much',
            'dispute_lost', 'returned_twice'
        )
    );

alter table ops.outbox
    drop constraint outbox_kind_known,
    add constraint outbox_kind_known check (
        kind in (
            'authorize', 'open_checkout', 'expire_checkout', 'capture', 'void', 'refund', 'save_method', 'cancel_show', 'mail', 'live',
            'look', 'return_money', 'read_events', 'hear_event', 'ask_dispute'
        )
    );

create table ops.read_events (
    is_only boolean not null default true,
    read_until timestamptz not null default now(),
    constraint read_events_pkey primary key (is_only),
    constraint read_events_one_row check (is_only)
);
insert into ops.read_events (is_only) values (true);
comment on table ops.read_events is 'How far the provider''s list of events has been read. One row.';
comment on column ops.read_events.read_until is 'By the provider''s clock: all events that it made before were heard.';

drop function if exists sales.record_dispute(jsonb, timestamptz);
drop function if exists sales.door_warning(bigint);
