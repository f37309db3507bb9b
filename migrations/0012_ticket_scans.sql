-- Check-in: what the doors saw of each ticket.

-- Every attempt with a ticket of ours, and every undoing of one. Append-only: nothing updates or deletes it. There is no
-- reference to the user, as in sales.show_events: each scan would lock the same one row of the staff.
create table sales.ticket_scans (
    show_id bigint not null,
    ticket_id uuid not null,
    scan_no integer not null,
    outcome text not null,
    scanned_at timestamptz not null default now(),
    recorded_at timestamptz not null default now(),
    gate text,
    user_id bigint not null,
    is_offline boolean not null default false,
    asked_show_id bigint,
    used_at timestamptz,
    used_gate text,
    reason text,
    idempotency_key text,
    constraint ticket_scans_pkey primary key (show_id, ticket_id, scan_no),
    constraint ticket_scans_ticket_fkey foreign key (show_id, ticket_id) references sales.tickets (show_id, ticket_id),
    constraint ticket_scans_scan_no_positive check (scan_no >= 1),
    constraint ticket_scans_outcome_known check (
        outcome in ('admitted', 'already_used', 'void_ticket', 'wrong_show', 'show_cancelled', 'undone')
    ),
    constraint ticket_scans_scanned_before_recorded check (scanned_at <= recorded_at),
    constraint ticket_scans_gate_length check (length(gate) between 1 and 50),
    constraint ticket_scans_at_a_gate check (outcome = 'undone' or gate is not null),
    constraint ticket_scans_used_says_when check ((outcome in ('admitted', 'already_used')) = (used_at is not null)),
    constraint ticket_scans_wrong_show_says_which check ((outcome = 'wrong_show') = (asked_show_id is not null)),
    constraint ticket_scans_undone_has_reason check ((outcome = 'undone') = (reason is not null)),
    constraint ticket_scans_reason_length check (length(reason) between 1 and 200)
);

create index ticket_scans_recorded_at_idx on sales.ticket_scans (show_id, recorded_at);
create unique index ticket_scans_idempotency_key_key on sales.ticket_scans (show_id, ticket_id, idempotency_key)
    where idempotency_key is not null;

comment on table sales.ticket_scans is 'Every attempt to enter by a ticket of the show, and every undoing. Append-only. A code that names no ticket leaves nothing.';
comment on column sales.ticket_scans.scan_no is 'The ticket''s own count, taken under its lock: the very order.';
comment on column sales.ticket_scans.scanned_at is 'When the door saw the code, by the door''s clock if it was offline; never later than recorded_at.';
comment on column sales.ticket_scans.used_at is 'The admission that this scan was (admitted) or found (already_used); used_gate: where.';
comment on column sales.ticket_scans.asked_show_id is 'Of wrong_show: the show that the door was for.';
comment on column sales.ticket_scans.idempotency_key is 'What makes a repeat of the same scan: the door''s Idempotency-Key, or of an upload its gate and time.';
