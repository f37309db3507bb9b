-- What the provider says of a payment is kept beside what we asked for, so that both can be compared; and what does not match at all
-- is a row of its own until a person has seen to it.

alter table sales.payments
    add column said_amount_minor bigint,
    add column said_currency character(3),
    add column received_minor bigint,
    add column is_by_hand boolean not null default false,
    add column settled_by bigint,
    add column settle_note text,
    add constraint payments_said_is_whole check ((said_amount_minor is null) = (said_currency is null)),
    add constraint payments_said_is_what_was_asked check (
        status not in ('authorized', 'succeeded')
        or said_amount_minor is null
        or (said_amount_minor = amount_minor and said_currency = currency)
    ),
    add constraint payments_received_of_captured_charges check (
        received_minor is null or (received_minor >= 0 and kind = 'charge' and status = 'succeeded')
    ),
    add constraint payments_only_refunds_are_by_hand check (not is_by_hand or kind = 'refund'),
    add constraint payments_settled_is_whole check ((settled_by is null) = (settle_note is null)),
    add constraint payments_only_refunds_are_settled check (settled_by is null or (kind = 'refund' and status = 'succeeded')),
    add constraint payments_settle_note_length check (length(settle_note) between 1 and 500),
    add constraint payments_settle_note_is_prose check (api.is_prose(settle_note)),
    add constraint payments_settled_by_fkey foreign key (settled_by) references account.users (user_id);

comment on column sales.payments.said_amount_minor is 'What the provider says that it authorized or returned, in our minor units; null: it was not heard.';
comment on column sales.payments.received_minor is 'Of a captured charge: what the provider says that it took.';
comment on column sales.payments.is_by_hand is 'Of a refund: somebody made it at the provider, nobody had asked for it here.';
comment on column sales.payments.settled_by is 'Of a refund that the provider did not make: who of the staff saw to it another way; settle_note says how.';
comment on table sales.payments is 'One money movement: pending -> authorized -> succeeded; pending -> failed; pending | failed -> voided, when the money was authorized too late and is given back; authorized -> voided, when the provider released it before the capture. A refund: pending -> succeeded | failed; failed -> succeeded, when it was made after all or settled by hand.';

create index payments_failed_refunds_idx on sales.payments (ended_at) where kind = 'refund' and status = 'failed';

create table sales.discrepancies (
    show_id bigint not null,
    discrepancy_id uuid not null default gen_random_uuid(),
    payment_id uuid not null,
    kind text not null,
    provider_ref text not null,
    said_amount_minor bigint,
    said_currency text,
    is_to_return boolean not null default false,
    found_at timestamptz not null default now(),
    returned_at timestamptz,
    return_failure text,
    settled_at timestamptz,
    settled_by bigint,
    note text,
    constraint discrepancies_pkey primary key (show_id, discrepancy_id),
    constraint discrepancies_payment_fkey foreign key (show_id, payment_id) references sales.payments (show_id, payment_id),
    constraint discrepancies_settled_by_fkey foreign key (settled_by) references account.users (user_id),
    constraint discrepancies_kind_known check (
        kind in (
            'foreign_charge', 'second_charge', 'wrong_amount', 'wrong_currency', 'captured_less', 'captured_more',
            'captured_after_void', 'authorization_canceled', 'foreign_refund', 'wrong_refund', 'refunded_by_hand', 'refunded_too_much'
        )
    ),
    constraint discrepancies_returned_was_to_return check (is_to_return or (returned_at is null and return_failure is null)),
    constraint discrepancies_settled_is_whole check (
        (settled_at is null) = (settled_by is null) and (settled_at is null) = (note is null)
    ),
    constraint discrepancies_note_length check (length(note) between 1 and 500),
    constraint discrepancies_note_is_prose check (api.is_prose(note))
);

create unique index discrepancies_provider_ref_key on sales.discrepancies (provider_ref, kind, show_id);
create index discrepancies_payment_id_idx on sales.discrepancies (payment_id, show_id);
create index discrepancies_open_idx on sales.discrepancies (found_at) where settled_at is null;

comment on table sales.discrepancies is 'What the provider reported and what did not match a payment: it sold and settled nothing. report.stuck_payments lists it until it is settled.';
comment on column sales.discrepancies.payment_id is 'The payment that it claims to be, or is, of.';
comment on column sales.discrepancies.provider_ref is 'The provider''s payment intent or refund.';
comment on column sales.discrepancies.is_to_return is 'The provider was asked to release or return its money; returned_at: it did; return_failure: it refused.';

-- A refund that has failed is an end now: what waited for a person was pending, with the reason.
update sales.payments
set
    status = 'failed',
    ended_at = now()
where kind = 'refund'
    and status = 'pending'
    and failure_code is not null;

alter table ops.outbox
    drop constraint outbox_kind_known,
    add constraint outbox_kind_known check (
        kind in (
            'authorize', 'open_checkout', 'expire_checkout', 'capture', 'void', 'refund', 'save_method', 'cancel_show', 'mail', 'live',
            'look', 'return_money'
        )
    );

drop function if exists sales.complete_payment(bigint, uuid, text);
drop function if exists sales.settle_capture(bigint, uuid);
drop function if exists sales.sell_booking(bigint, uuid, uuid, text);
drop function if exists sales.reopen_refund(bigint, uuid, text, text);
