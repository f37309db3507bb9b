-- What staff and administrators do, and how much staff may give back.
create table ops.audit (
    audit_id bigint generated always as identity,
    happened_at timestamptz not null default now(),
    user_id bigint,
    role text not null,
    action text not null,
    arguments jsonb not null,
    constraint audit_pkey primary key (audit_id),
    constraint audit_user_fkey foreign key (user_id) references account.users (user_id) on delete set null,
    constraint audit_role_known check (role in ('staff', 'admin', 'command')),
    constraint audit_action_is_function check (action ~ '^[a-z_]+\.[a-z0-9_]+$')
);
create index audit_happened_at_idx on ops.audit (happened_at);
create index audit_user_id_idx on ops.audit (user_id, happened_at);
comment on table ops.audit is 'Every change that staff or an administrator made through the API, in the transaction that made it; scans at the door have a table of their own. Kept for three years.';
comment on column ops.audit.role is 'What the action asks for; command: ./boxoffice user.';
comment on column ops.audit.action is 'The function: api.update_show.';
comment on column ops.audit.arguments is 'By their names, without p_, passwords left out.';

create table catalog.refund_limit (
    is_only boolean not null default true,
    least_charges integer not null default 1000,
    constraint refund_limit_pkey primary key (is_only),
    constraint refund_limit_one_row check (is_only),
    constraint refund_limit_not_negative check (least_charges >= 0)
);
insert into catalog.refund_limit (is_only) values (true);
comment on table catalog.refund_limit is 'How much staff may refund of a booking at once; an administrator may refund all. One row.';
comment on column catalog.refund_limit.least_charges is 'In smallest charges of the currency (catalog.currencies), so that it means about as much in each: 1000 are EUR 500.';
