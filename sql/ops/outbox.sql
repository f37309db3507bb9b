-- How workers get their work: they borrow rows of the outbox, and each ends done, later again, or dead.
--
--     waiting --claim_outbox--> leased --finish_outbox--> done
--        ^                        |
--        +----- retry_outbox -----+-- (last attempt), give_up_outbox --> dead
--        +----- lease runs out ---+
--
-- A worker that dies loses its leases only; so what a row asks for may be done twice and must bear that.

-- Lends up to p_limit due rows of the kinds that the worker can do, oldest first, for p_lease_seconds; live messages, which
-- nobody misses for long, after all others.
-- Locks the rows it lends; skips those that another has locked.
-- Each as job: {show_id, outbox_id, kind, payload, created_at, attempt_count}; created_at in seconds since 1970, attempt_count
-- including this one. Its key stands beside it too, so that a job that cannot be read can be given up.
-- PL/pgSQL although SQL would do, like the two below: it keeps its plan. That was made without p_limit, perhaps while there was hardly
-- any work, and must be good all the same: so the rows that were locked are found where they lie, and not by a join, which would
-- read the whole table. A place is one within this table only: were it partitioned, this would have to be said otherwise.
create or replace function ops.claim_outbox(
    p_worker text,
    p_kinds text[],
    p_limit integer,
    p_lease_seconds integer
) returns table (job json, show_id bigint, outbox_id uuid)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    update ops.outbox as o
    set
        run_at = clock_timestamp() + p_lease_seconds * interval '1 s',
        leased_until = clock_timestamp() + p_lease_seconds * interval '1 s',
        leased_by = p_worker,
        attempt_count = o.attempt_count + 1
    where o.ctid = any (
        array(
            select d.row_place
            from unnest(p_kinds) as k (kind)
            cross join lateral (
                select
                    w.ctid as row_place,
                    w.run_at
                from ops.outbox as w
                where w.kind = k.kind
                    and w.done_at is null
                    and w.dead_at is null
                    and w.run_at <= now()
                order by w.run_at
                limit p_limit
                for update skip locked
            ) as d
            order by
                k.kind = 'live',
                d.run_at
            limit p_limit
        )
    )
    returning
        json_build_object(
            'show_id', o.show_id,
            'outbox_id', o.outbox_id,
            'kind', o.kind,
            'payload', o.payload,
            'created_at', floor(extract(epoch from o.created_at))::bigint,
            'attempt_count', o.attempt_count
        ),
        o.show_id,
        o.outbox_id;
end;
$$;

-- What follows is of one row, by its key. That it is neither done nor dead is asked in a way that the index of due work
-- (outbox_due_idx) does not answer: a plan made while there was little work would read that instead of the key's.

-- The work is done. A row that is done or dead already stays as it is.
create or replace function ops.finish_outbox(p_show_id bigint, p_outbox_id uuid) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.outbox as o
    set
        done_at = now(),
        leased_until = null,
        leased_by = null
    where o.show_id = p_show_id
        and o.outbox_id = p_outbox_id
        and coalesce(o.done_at, o.dead_at) is null;
end;
$$;

-- The lease of this attempt lasts p_seconds from now: for work that takes long and must not be begun by two at once.
-- Answers whether the lease was still this attempt's; if not, another worker has the row or will have it, so leave it alone.
create or replace function ops.renew_lease(
    p_show_id bigint,
    p_outbox_id uuid,
    p_attempt_count integer,
    p_seconds integer
) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.outbox as o
    set
        run_at = clock_timestamp() + p_seconds * interval '1 s',
        leased_until = clock_timestamp() + p_seconds * interval '1 s'
    where o.show_id = p_show_id
        and o.outbox_id = p_outbox_id
        and o.attempt_count = p_attempt_count
        and o.leased_until > clock_timestamp()
        and coalesce(o.done_at, o.dead_at) is null;
    return found;
end;
$$;

-- The work can never be done: dead at once, with the reason. A row that is done or dead already stays as it is.
create or replace function ops.give_up_outbox(p_show_id bigint, p_outbox_id uuid, p_error text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update ops.outbox as o
    set
        leased_until = null,
        leased_by = null,
        last_error = p_error,
        dead_at = now()
    where o.show_id = p_show_id
        and o.outbox_id = p_outbox_id
        and coalesce(o.done_at, o.dead_at) is null;
end;
$$;

-- The work could not be done: again in 1 s, 2 s, 4 s … 60 s, and given up after the 12th attempt; a mail in up to an hour,
-- and 24 times, which takes half a day; but what was promised of authorized money, its capture or its void, is tried until
-- the provider agrees.
-- Answers whether it was given up. A row that is done or dead already stays as it is.
create or replace function ops.retry_outbox(p_show_id bigint, p_outbox_id uuid, p_error text) returns boolean
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_dead boolean;
begin
    update ops.outbox as o
    set
        run_at = clock_timestamp()
            + least(case o.kind when 'mail' then 3600 else 60 end, power(2, least(o.attempt_count, 13) - 1)) * interval '1 s',
        leased_until = null,
        leased_by = null,
        last_error = p_error,
        dead_at = case
            when o.attempt_count >= case o.kind when 'mail' then 24 else 12 end
                and o.kind not in ('capture', 'void', 'refund', 'return_money', 'cancel_show')
                then now()
        end
    where o.show_id = p_show_id
        and o.outbox_id = p_outbox_id
        and coalesce(o.done_at, o.dead_at) is null
    returning o.dead_at is not null into v_is_dead;

    return coalesce(v_is_dead, false);
end;
$$;
