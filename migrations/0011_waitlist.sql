-- The waitlist. Everything of a show's queue lies with the show; the counter that makes the order stands on one row a show.

-- One row a show, made with it: the counter, and what is gathered. Whoever joins, leaves or promotes locks it for update;
-- whoever frees a seat locks it for share at least, so that no seat comes free unseen by somebody who joins in that instant.
create table waitlist.queues (
    show_id bigint not null,
    last_position bigint not null default 0,
    waiting_count integer not null default 0,
    reserved_seat_nos integer[] not null default '{}',
    constraint queues_pkey primary key (show_id),
    constraint queues_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade,
    constraint queues_last_position_not_negative check (last_position >= 0),
    constraint queues_waiting_count_at_most_joined check (waiting_count between 0 and last_position)
) with (fillfactor = 50);

comment on column waitlist.queues.last_position is 'The counter of joins: an entry''s place in the order, for ever.';
comment on column waitlist.queues.waiting_count is 'Entries that wait now.';
comment on column waitlist.queues.reserved_seat_nos is 'The seats that gather for those who wait: status reserved. Few: as soon as they suffice somebody gets them.';

insert into waitlist.queues (show_id)
select s.show_id
from sales.shows as s;

create table waitlist.entries (
    show_id bigint not null,
    entry_id uuid not null default gen_random_uuid(),
    user_id bigint not null,
    position bigint not null,
    quantity integer not null,
    tier text,
    mode text not null,
    payment_method text,
    status text not null default 'waiting',
    booking_id uuid,
    joined_at timestamptz not null default now(),
    expires_at timestamptz not null,
    offered_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    idempotency_key text,
    constraint entries_pkey primary key (show_id, entry_id),
    constraint entries_position_key unique (show_id, position),
    constraint entries_buyer_fkey foreign key (show_id, user_id) references sales.buyers (show_id, user_id),
    constraint entries_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id),
    constraint entries_tier_fkey foreign key (show_id, tier) references sales.show_tiers (show_id, tier),
    constraint entries_quantity_range check (quantity between 1 and 10),
    constraint entries_mode_known check (mode in ('offer', 'buy')),
    constraint entries_buy_has_payment_method check ((mode = 'buy') = (payment_method is not null)),
    constraint entries_status_known check (status in ('waiting', 'offered', 'fulfilled', 'expired', 'cancelled', 'failed')),
    constraint entries_offer_has_booking check (
        (status <> 'waiting' or booking_id is null)
        and (status not in ('offered', 'fulfilled') or booking_id is not null)
        and (booking_id is null) = (offered_at is null)
    ),
    constraint entries_ended_has_reason check (
        (status in ('waiting', 'offered')) = (ended_at is null)
        and (ended_at is null) = (end_reason is null)
    ),
    constraint entries_expires_after_joining check (expires_at > joined_at)
) with (fillfactor = 80);

create unique index entries_one_live_a_buyer on waitlist.entries (show_id, user_id) where status in ('waiting', 'offered');
create unique index entries_booking_key on waitlist.entries (show_id, booking_id) where booking_id is not null;
create unique index entries_idempotency_key_key on waitlist.entries (show_id, user_id, idempotency_key) where idempotency_key is not null;
create index entries_line_idx on waitlist.entries (show_id, coalesce(tier, ''), quantity, position) where status = 'waiting';
create index entries_waiting_idx on waitlist.entries (show_id, position) where status = 'waiting';
create index entries_expires_at_idx on waitlist.entries (show_id, expires_at) where status = 'waiting';
create index entries_user_id_idx on waitlist.entries (user_id, joined_at);

comment on table waitlist.entries is 'waiting -> offered -> fulfilled; waiting -> expired (its time is over) | cancelled (by the buyer) | failed (cannot be met any more, or its payment method was refused); offered -> expired (the offer lapsed) | cancelled | failed (the purchase was declined).';
comment on column waitlist.entries.position is 'The order of joining, from the queue''s counter; never reused.';
comment on column waitlist.entries.tier is 'null: seats of any.';
comment on column waitlist.entries.payment_method is 'What mode buy charges: a token of the provider.';
comment on column waitlist.entries.end_reason is 'bought, offer_lapsed, left, offer_released, time_over, cannot_be_met, payment_failed, show_cancelled, show_over.';

-- Why each was served, passed over or ended, in order. Append-only: nothing updates or deletes it.
create table waitlist.decisions (
    show_id bigint not null,
    decision_no bigint not null,
    decided_at timestamptz not null default clock_timestamp(),
    decision text not null,
    entry_id uuid,
    reason text not null,
    detail jsonb not null default '{}',
    constraint decisions_pkey primary key (show_id, decision_no),
    constraint decisions_entry_fkey foreign key (show_id, entry_id) references waitlist.entries (show_id, entry_id),
    constraint decisions_decision_known check (decision in ('joined', 'offered', 'skipped', 'gathered', 'opened', 'ended'))
);

comment on table waitlist.decisions is 'The queue''s own story: each join, offer, skip and end with its reason. report.waitlist_decisions retells it.';
comment on column waitlist.decisions.decision_no is 'From the queue''s counter of decisions, under its lock: the very order.';

alter table waitlist.queues
    add column last_decision bigint not null default 0,
    add constraint queues_last_decision_not_negative check (last_decision >= 0);

-- A seat that was freed while somebody waits is reserved: for the queue, for no passer-by.
alter table sales.show_seats
    drop constraint show_seats_status_is_whole,
    add constraint show_seats_status_is_whole check (
        (status in ('available', 'blocked', 'reserved') and booking_id is null and held_until is null)
        or (status = 'held' and booking_id is not null and held_until is not null)
        or (status = 'sold' and booking_id is not null and held_until is null)
    );

comment on column sales.show_seats.status is 'available, held, sold, blocked; reserved: free, but only for those who wait.';

-- What a buyer waits for counts like what the buyer holds: an offer then changes no count, and can never be one too many.
alter table sales.buyers rename column held_count to claimed_count;
alter table sales.buyers rename constraint buyers_hold_at_most_ten to buyers_claim_at_most_ten;
comment on column sales.buyers.claimed_count is 'Seats in the buyer''s bookings of the show that are held or paying, and those that the buyer waits for.';
comment on table sales.buyers is 'What one buyer claims of one show: ten at most, held and waited for together.';

-- Functions of before that have other arguments now, or are gone.
drop function if exists sales.free_seats(bigint, uuid[], text);
drop function if exists sales.end_holds(bigint, uuid[], text);
drop function if exists sales.count_fewer_held(bigint, uuid[]);
drop function if exists sales.sell_again(bigint, uuid, integer[]);
drop function if exists sales.begin_payment(bigint, uuid, bigint, text, text, text);

-- Reconciliation closes overdue pages too.
drop function if exists ops.close_overdue_checkouts();
select cron.unschedule(j.jobid)
from cron.job as j
where j.jobname = 'boxoffice: close overdue checkouts';
