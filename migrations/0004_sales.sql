-- The selling tables. Everything of one show lives together: show_id leads each primary key, each unique constraint and
-- each foreign key between them, so that the tables can be distributed by show without a rewrite.

-- A show's own row: its rules, and the counters that must be in order. Locked for what changes the show as a whole.
create table sales.shows (
    show_id bigint generated always as identity,
    event_id bigint not null,
    hall_id bigint not null,
    venue_id bigint not null,
    city_id bigint not null,
    admission text not null,
    status text not null default 'on_sale',
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    sale_starts_at timestamptz not null default now(),
    currency character(3) not null,
    max_seats integer not null default 10,
    hold_seconds integer not null default 300,
    hold_grace_seconds integer not null default 5,
    waitlist_enabled boolean not null default true,
    waitlist_policy text not null default 'strict',
    waitlist_seconds integer not null default 3600,
    refund_cutoff_seconds integer not null default 86400,
    layout_version integer not null default 1,
    created_at timestamptz not null default now(),
    constraint shows_pkey primary key (show_id),
    constraint shows_event_fkey foreign key (event_id) references catalog.events (event_id),
    constraint shows_hall_fkey foreign key (hall_id) references catalog.halls (hall_id),
    constraint shows_venue_fkey foreign key (venue_id) references catalog.venues (venue_id),
    constraint shows_city_fkey foreign key (city_id) references catalog.cities (city_id),
    constraint shows_admission_known check (admission in ('seated', 'general')),
    constraint shows_status_known check (status in ('draft', 'on_sale', 'closed', 'cancelled')),
    constraint shows_ends_after_start check (ends_at > starts_at),
    constraint shows_currency_is_iso_4217 check (currency ~ '^[A-Z]{3}$'),
    constraint shows_max_seats_range check (max_seats between 1 and 10),
    constraint shows_hold_seconds_range check (hold_seconds between 1 and 86400),
    constraint shows_hold_grace_seconds_range check (hold_grace_seconds between 0 and 600),
    constraint shows_waitlist_policy_known check (waitlist_policy in ('strict', 'first_fit')),
    constraint shows_waitlist_seconds_range check (waitlist_seconds between 1 and 604800),
    constraint shows_refund_cutoff_seconds_not_negative check (refund_cutoff_seconds >= 0)
);

create index shows_event_id_starts_at_idx on sales.shows (event_id, starts_at);
create index shows_city_id_starts_at_idx on sales.shows (city_id, starts_at);
create index shows_hall_id_starts_at_idx on sales.shows (hall_id, starts_at);
create index shows_venue_id_starts_at_idx on sales.shows (venue_id, starts_at);

comment on column sales.shows.hold_seconds is 'How long a hold lasts by the buyer''s clock.';
comment on column sales.shows.hold_grace_seconds is 'How much longer it lasts by the database''s, so that no countdown outlives its hold.';
comment on column sales.shows.refund_cutoff_seconds is 'Before the start: until then the buyer may have the money back.';
comment on column sales.shows.venue_id is 'The hall''s venue, and its city: copied so that finding shows reads one table.';

create table sales.show_tiers (
    show_id bigint not null,
    tier text not null,
    price_minor bigint not null,
    constraint show_tiers_pkey primary key (show_id, tier),
    constraint show_tiers_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade,
    constraint show_tiers_tier_is_slug check (tier ~ '^[a-z][a-z0-9_]*$'),
    constraint show_tiers_price_minor_range check (price_minor between 0 and 100000000)
);

-- What one buyer holds of one show. The row is what makes "ten at most" true for two requests in the same instant:
-- whoever holds or frees for a buyer locks it. Bookings refer to it and not to the show, because a reference to the show
-- would have every hold lock the show's one row.
create table sales.buyers (
    show_id bigint not null,
    user_id bigint not null,
    held_count integer not null default 0,
    constraint buyers_pkey primary key (show_id, user_id),
    constraint buyers_show_fkey foreign key (show_id) references sales.shows (show_id),
    constraint buyers_user_fkey foreign key (user_id) references account.users (user_id),
    constraint buyers_hold_at_most_ten check (held_count between 0 and 10)
) with (fillfactor = 70);

comment on column sales.buyers.held_count is 'Seats in the buyer''s bookings of the show that are held or paying.';

create table sales.bookings (
    show_id bigint not null,
    booking_id uuid not null default gen_random_uuid(),
    user_id bigint not null,
    status text not null default 'held',
    seat_nos integer[] not null,
    seats json not null,
    amount_minor bigint not null,
    currency character(3) not null,
    idempotency_key text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    held_until timestamptz not null,
    paid_at timestamptz,
    ended_at timestamptz,
    constraint bookings_pkey primary key (show_id, booking_id),
    constraint bookings_buyer_fkey foreign key (show_id, user_id) references sales.buyers (show_id, user_id),
    constraint bookings_status_known check (
        status in ('held', 'paying', 'paid', 'expired', 'released', 'cancelled', 'refunded')
    ),
    constraint bookings_one_to_ten_seats check (cardinality(seat_nos) between 1 and 10),
    constraint bookings_amount_minor_not_negative check (amount_minor >= 0),
    constraint bookings_held_until_outlives_countdown check (held_until >= expires_at),
    constraint bookings_paid_has_time check (
        (status in ('held', 'paying', 'expired', 'released') and paid_at is null)
        or (status in ('paid', 'refunded') and paid_at is not null)
        or status = 'cancelled'
    ),
    constraint bookings_ended_has_time check (
        (status in ('held', 'paying', 'paid')) = (ended_at is null)
    )
) with (fillfactor = 80);

create unique index bookings_idempotency_key_key on sales.bookings (show_id, user_id, idempotency_key)
    where idempotency_key is not null;
create index bookings_user_id_created_at_idx on sales.bookings (user_id, created_at);
create index bookings_lapse_idx on sales.bookings (show_id, held_until) where status = 'held';

comment on table sales.bookings is 'held -> paying -> paid; paying -> held when a payment fails; held -> expired | released; paid -> refunded; expired -> paid, when the money came late and the seats are still free; any live one -> cancelled with its show.';
comment on column sales.bookings.seats is 'What was taken, as the buyer saw it: [{"seat", "tier", "price": {"value", "currency"}}] in seat order; stays when the seats are sold again.';
comment on column sales.bookings.expires_at is 'End of the hold by the buyer''s clock; held_until: by the database''s, the grace later.';
comment on column sales.bookings.idempotency_key is 'The buyer''s own Idempotency-Key: a repeat of the request gets this booking.';

-- One sellable seat or place of one show. All that a hold needs to know of a seat stands on it, and no index covers what
-- a hold changes, so that a hold is one in-page (HOT) update a seat.
create table sales.show_seats (
    show_id bigint not null,
    seat_no integer not null,
    seat text not null,
    tier text not null,
    price_minor bigint not null,
    block_no integer not null default 0,
    quality integer not null default 0,
    status text not null default 'available',
    change_count integer not null default 0,
    booking_id uuid,
    held_until timestamptz,
    constraint show_seats_pkey primary key (show_id, seat_no),
    constraint show_seats_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade,
    constraint show_seats_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id),
    constraint show_seats_show_seat_key unique (show_id, seat),
    constraint show_seats_seat_no_positive check (seat_no >= 1),
    constraint show_seats_price_minor_range check (price_minor between 0 and 100000000),
    constraint show_seats_status_is_whole check (
        (status in ('available', 'blocked') and booking_id is null and held_until is null)
        or (status = 'held' and booking_id is not null and held_until is not null)
        or (status = 'sold' and booking_id is not null and held_until is null)
    )
) partition by range (show_id);

comment on column sales.show_seats.seat_no is 'The layout''s order, 1 to the number of seats.';
comment on column sales.show_seats.change_count is 'Changes of status so far. Their sum over a show is the version of its seat states: it needs no counter that every hold would queue for.';
comment on column sales.show_seats.held_until is 'When a hold lapses by the database''s clock: from then on the seat counts as free. infinity while its booking is paying.';

create table sales.payments (
    show_id bigint not null,
    payment_id uuid not null default gen_random_uuid(),
    booking_id uuid not null,
    kind text not null default 'charge',
    charge_payment_id uuid,
    method text not null,
    payment_method text,
    return_url text,
    status text not null default 'pending',
    amount_minor bigint not null,
    currency character(3) not null,
    provider_ref text,
    checkout_ref text,
    checkout_url text,
    idempotency_key text,
    failure_code text,
    created_at timestamptz not null default now(),
    deadline_at timestamptz not null,
    authorized_at timestamptz,
    succeeded_at timestamptz,
    ended_at timestamptz,
    constraint payments_pkey primary key (show_id, payment_id),
    constraint payments_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id),
    constraint payments_charge_fkey foreign key (show_id, charge_payment_id) references sales.payments (show_id, payment_id),
    constraint payments_kind_known check (kind in ('charge', 'refund')),
    constraint payments_refund_names_charge check ((kind = 'refund') = (charge_payment_id is not null)),
    constraint payments_method_known check (method in ('token', 'hosted', 'none')),
    constraint payments_token_has_payment_method check ((method = 'token' and kind = 'charge') = (payment_method is not null)),
    constraint payments_status_known check (status in ('pending', 'authorized', 'succeeded', 'failed', 'voided')),
    constraint payments_amount_minor_not_negative check (amount_minor >= 0),
    constraint payments_authorized_has_time check (status <> 'authorized' or authorized_at is not null),
    constraint payments_succeeded_has_time check ((status = 'succeeded') = (succeeded_at is not null)),
    constraint payments_ended_has_time check ((status in ('failed', 'voided')) = (ended_at is not null)),
    constraint payments_failed_has_code check ((status = 'failed') <= (failure_code is not null))
) with (fillfactor = 80);

create unique index payments_one_live_charge_a_booking on sales.payments (show_id, booking_id)
    where kind = 'charge' and status in ('pending', 'authorized', 'succeeded');
create unique index payments_idempotency_key_key on sales.payments (show_id, booking_id, idempotency_key)
    where idempotency_key is not null;
create index payments_booking_id_idx on sales.payments (show_id, booking_id);
create index payments_provider_ref_idx on sales.payments (provider_ref);
create index payments_checkout_ref_idx on sales.payments (checkout_ref);
create index payments_unsettled_idx on sales.payments (deadline_at) where status in ('pending', 'authorized');

comment on table sales.payments is 'One money movement: pending -> authorized -> succeeded; pending -> failed; pending | failed -> voided, when the money was authorized too late and is given back.';
comment on column sales.payments.method is 'token: a payment method of the provider; hosted: the provider''s page; none: nothing to pay.';
comment on column sales.payments.provider_ref is 'The provider''s payment intent (charge) or refund.';
comment on column sales.payments.deadline_at is 'When it must be clear what became of it; after that it is reconciled, then listed in report.stuck_payments.';

create table sales.tickets (
    show_id bigint not null,
    ticket_id uuid not null default gen_random_uuid(),
    booking_id uuid not null,
    seat_no integer not null,
    seat text not null,
    tier text not null,
    price_minor bigint not null,
    status text not null default 'valid',
    issued_at timestamptz not null default now(),
    used_at timestamptz,
    gate text,
    voided_at timestamptz,
    constraint tickets_pkey primary key (show_id, ticket_id),
    constraint tickets_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id),
    constraint tickets_seat_fkey foreign key (show_id, seat_no) references sales.show_seats (show_id, seat_no),
    constraint tickets_status_known check (status in ('valid', 'used', 'void')),
    constraint tickets_used_has_time check ((status = 'used') <= (used_at is not null)),
    constraint tickets_void_has_time check ((status = 'void') = (voided_at is not null))
);

create unique index tickets_one_live_a_seat on sales.tickets (show_id, seat_no) where status <> 'void';
create index tickets_booking_id_idx on sales.tickets (show_id, booking_id);

-- What happened to a show as a whole, or was done to its seats by staff. Append-only.
create table sales.show_events (
    show_id bigint not null,
    show_event_id uuid not null default gen_random_uuid(),
    happened_at timestamptz not null default now(),
    kind text not null,
    user_id bigint,
    detail jsonb not null default '{}',
    constraint show_events_pkey primary key (show_id, show_event_id),
    constraint show_events_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade,
    constraint show_events_kind_is_slug check (kind ~ '^[a-z][a-z0-9_]*$')
);

create index show_events_show_id_happened_at_idx on sales.show_events (show_id, happened_at);
