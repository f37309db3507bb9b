-- Staff find buyers by a part of their address or name.
create index users_email_trgm_idx on account.users using gin (lower(email) public.gin_trgm_ops, lower(name) public.gin_trgm_ops);

-- A show that could be made: sales.plan_shows.
create type sales.planned_show as (
    hall_id bigint,
    hall_name text,
    timezone text,
    local_start timestamp,
    starts_at timestamptz,
    ends_at timestamptz,
    problem text,
    conflict_show_id bigint
);
comment on type sales.planned_show is 'One show of a plan; local_start in the zone timezone; problem null: it can be made.';
