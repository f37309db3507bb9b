-- Money that cannot be lost: refunds that name their charge and never exceed it, disputes, saved payment methods, and what
-- else the worker is promised.

-- A charge counts what was promised back of it, so that a constraint, and not a sum over other rows, refuses one refund too
-- many. A refund says whose seats it is for.
alter table sales.payments
    add column refunded_minor bigint not null default 0,
    add column seat_nos integer[],
    add column reason text,
    add column requested_by bigint,
    add column is_off_session boolean not null default false,
    add column saves_method boolean not null default false,
    add constraint payments_refunds_at_most_charge check (refunded_minor between 0 and amount_minor),
    add constraint payments_only_charges_are_refunded check (refunded_minor = 0 or (kind = 'charge' and status in ('authorized', 'succeeded'))),
    add constraint payments_refund_has_seats check ((kind = 'refund') = (seat_nos is not null)),
    add constraint payments_reason_length check (length(reason) between 1 and 500),
    add constraint payments_saves_method_of_token check (not saves_method or (kind = 'charge' and method = 'token')),
    add constraint payments_requested_by_fkey foreign key (requested_by) references account.users (user_id);

create index payments_charge_payment_id_idx on sales.payments (show_id, charge_payment_id) where kind = 'refund';

comment on column sales.payments.refunded_minor is 'Of a charge: how much of it its refunds return, those under way included.';
comment on column sales.payments.seat_nos is 'Of a refund: the seats whose price it returns.';
comment on column sales.payments.requested_by is 'Of a refund: who asked for it; null: the house, because the show was cancelled.';
comment on column sales.payments.is_off_session is 'Nobody is there who could act: a waitlist''s purchase.';
comment on column sales.payments.saves_method is 'The buyer lets the payment method be kept for purchases of the waitlist.';

-- Part of a booking may be given back; it is refunded when all of it was.
alter table sales.bookings
    add column refunded_seat_nos integer[] not null default '{}',
    add constraint bookings_refunded_are_its_own check (refunded_seat_nos <@ seat_nos),
    add constraint bookings_refunded_is_whole check ((status = 'refunded') = (cardinality(refunded_seat_nos) = cardinality(seat_nos))),
    add constraint bookings_only_paid_are_refunded check (cardinality(refunded_seat_nos) = 0 or status in ('paid', 'refunded'));

comment on column sales.bookings.refunded_seat_nos is 'Those of seat_nos that were given back for money; the rest is still the buyer''s.';

-- Bookings that a cancelled show has still to settle.
create index bookings_live_idx on sales.bookings (show_id) where status in ('paying', 'paid');

-- What a bank takes back without asking us. Recorded; the tickets stay as they are until staff decides.
create table sales.disputes (
    show_id bigint not null,
    dispute_ref text not null,
    payment_id uuid not null,
    amount_minor bigint not null,
    currency character(3) not null,
    reason text not null,
    status text not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    constraint disputes_pkey primary key (show_id, dispute_ref),
    constraint disputes_payment_fkey foreign key (show_id, payment_id) references sales.payments (show_id, payment_id),
    constraint disputes_amount_minor_positive check (amount_minor > 0),
    constraint disputes_status_is_slug check (status ~ '^[a-z][a-z_]*$'),
    constraint disputes_closed_is_decided check ((closed_at is not null) = (status in ('won', 'lost', 'warning_closed')))
);

create index disputes_payment_id_idx on sales.disputes (show_id, payment_id);

comment on table sales.disputes is 'Chargebacks, as the provider tells of them: https://docs.stripe.com/api/disputes/object.';
comment on column sales.disputes.status is 'The provider''s word: needs_response, under_review, won, lost, warning_….';

-- A user at the provider, and the methods that may be charged while the user is away.
create table account.provider_customers (
    user_id bigint not null,
    customer_ref text not null,
    created_at timestamptz not null default now(),
    constraint provider_customers_pkey primary key (user_id),
    constraint provider_customers_customer_ref_key unique (customer_ref),
    constraint provider_customers_user_fkey foreign key (user_id) references account.users (user_id)
);

create table account.payment_methods (
    user_id bigint not null,
    method_ref text not null,
    label text not null,
    saved_at timestamptz not null default now(),
    removed_at timestamptz,
    constraint payment_methods_pkey primary key (user_id, method_ref),
    constraint payment_methods_customer_fkey foreign key (user_id) references account.provider_customers (user_id),
    constraint payment_methods_method_ref_is_token check (method_ref ~ '^[A-Za-z0-9_]{1,255}$'),
    constraint payment_methods_label_length check (length(label) between 1 and 100)
);

comment on table account.payment_methods is 'Saved at the provider; here only its name for it.';
comment on column account.payment_methods.label is 'What the buyer knows it by: "visa 4242".';

-- The progress of a cancelled show is its bookings; when and why it was cancelled stands with it.
alter table sales.shows
    add column cancelled_at timestamptz,
    add column cancel_reason text,
    add constraint shows_cancelled_has_time check ((status = 'cancelled') = (cancelled_at is not null)) not valid,
    add constraint shows_cancel_reason_length check (length(cancel_reason) between 1 and 500);
update sales.shows set cancelled_at = now() where status = 'cancelled' and cancelled_at is null;
alter table sales.shows validate constraint shows_cancelled_has_time;

-- What a worker can be asked for.
alter table ops.outbox
    drop constraint outbox_kind_known,
    add constraint outbox_kind_known check (
        kind in (
            'authorize', 'open_checkout', 'expire_checkout', 'capture', 'void', 'refund', 'save_method', 'cancel_show', 'mail', 'live'
        )
    );

-- Work by payment: reconciliation asks whether any is open, reports which hangs.
create index outbox_payment_id_idx on ops.outbox (show_id, (payload ->> 'payment_id')) where done_at is null;

-- How often each minute's check of report.inconsistencies found something.
create table ops.checks (
    name text not null,
    checked_at timestamptz not null,
    row_count bigint not null,
    constraint checks_pkey primary key (name),
    constraint checks_row_count_not_negative check (row_count >= 0)
);

comment on table ops.checks is 'What a job counted last: rows of report.inconsistencies, report.stuck_payments and the outbox''s dead letters; /metrics shows them.';
