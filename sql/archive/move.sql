-- Shows into the archive, and back.

create or replace function archive.open_matters(p_show_id bigint)
returns text[]
language sql
stable
as $$
-- Why what belongs to a show must stay in the selling tables, {}: it may go.
    select array_remove(
        array[
            case when exists (
                select
                from sales.bookings as b
                where b.show_id = p_show_id
                    and b.status in ('held', 'paying')
            ) then 'booking' end,
            case when exists (
                select
                from sales.payments as p
                where p.show_id = p_show_id
                    and p.status in ('pending', 'authorized')
            ) then 'payment' end,
            case when exists (
                select
                from sales.payments as p
                where p.show_id = p_show_id
                    and p.kind = 'refund'
                    and p.status = 'failed'
            ) then 'refund' end,
            case when exists (
                select
                from sales.discrepancies as d
                where d.show_id = p_show_id
                    and d.settled_at is null
            ) then 'discrepancy' end,
            case when exists (
                select
                from sales.disputes as d
                where d.show_id = p_show_id
                    and d.closed_at is null
            ) then 'dispute' end,
            case when exists (
                select
                from waitlist.entries as e
                where e.show_id = p_show_id
                    and e.status in ('waiting', 'offered')
            ) then 'waiting list' end,
            case when exists (
                select
                from ops.outbox as o
                where o.show_id = p_show_id
                    and o.done_at is null
                    and o.dead_at is null
            ) then 'work' end
        ],
        null
    );
$$;

create or replace function archive.move_rows(
    p_from regclass,
    p_to regclass,
    p_columns text,
    p_show_id bigint
)
returns bigint
language plpgsql
as $$
-- Moves a show's rows from one table to another in one statement, so that each is in exactly one of both. Returns how many.
declare
    v_count bigint;
begin
    execute format(
        'with gone as (delete from %1$s where show_id = $1 returning %3$s) '
        'insert into %2$s (%3$s) overriding system value select %3$s from gone',
        p_from, p_to, p_columns
    )
    using p_show_id;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;

create or replace function archive.move_show(
    p_show_id bigint,
    p_to_archive boolean
)
returns bigint
language plpgsql
as $$
-- Moves all rows of a show to the archive, or back: what refers to others leaves first and comes last. Returns how many.
declare
    v_table record;
    v_count bigint := 0;
begin
    for v_table in
        select
            t.relation,
            format('archive.%I', t.name)::regclass as archive
        from archive.show_tables() as t
        order by t.depth * case when p_to_archive then -1 else 1 end
    loop
        v_count := v_count + archive.move_rows(
            case when p_to_archive then v_table.relation else v_table.archive end,
            case when p_to_archive then v_table.archive else v_table.relation end,
            archive.columns_of(v_table.relation),
            p_show_id
        );
    end loop;
    return v_count;
end;
$$;

create or replace function archive.write_documents(p_show_id bigint)
returns void
language sql
as $$
-- What the buyers of a show will look back at.
    insert into archive.documents (show_id, kind, document_id, user_id, created_at, body, tickets)
    select
        b.show_id,
        'booking',
        b.booking_id,
        b.user_id,
        b.created_at,
        sales.booking_json(b.show_id, b.booking_id, s.brief),
        case when b.paid_at is not null then sales.ticket_model(b.show_id, b.booking_id) end
    from sales.show_brief(p_show_id) as s (brief)
    inner join sales.bookings as b
        on b.show_id = p_show_id
    union all
    select
        e.show_id,
        'entry',
        e.entry_id,
        e.user_id,
        e.joined_at,
        waitlist.entry_json(e.show_id, e.entry_id, s.brief),
        null
    from sales.show_brief(p_show_id) as s (brief)
    inner join waitlist.entries as e
        on e.show_id = p_show_id;
$$;

create or replace function archive.archive_show(p_show_id bigint)
returns bigint
language plpgsql
as $$
-- Moves all that belongs to a show that is over and settled to the archive, in one transaction. Locks the show's row. Returns how
-- many rows it moved; null: the show is not over, is archived, or has open matters (archive.open_matters). Whoever writes to
-- the show meanwhile makes a foreign key refuse this, and it is tried again later.
declare
    v_count bigint;
begin
    perform
    from sales.shows as s
    where s.show_id = p_show_id
        and s.archived_at is null
        and s.ends_at < now()
    for update;
    if not found or cardinality(archive.open_matters(p_show_id)) > 0 then
        return null;
    end if;

    perform archive.write_documents(p_show_id);
    v_count := archive.move_show(p_show_id, true);
    update sales.shows as s
    set
        archived_at = now(),
        kept_until = null
    where s.show_id = p_show_id;
    return v_count;
end;
$$;

create or replace function archive.bring_back(p_show_id bigint)
returns bigint
language plpgsql
as $$
-- Moves all that belongs to an archived show back to the selling tables, where it stays for thirty days: for a refund or a dispute
-- that comes late. Locks the show's row. Returns how many rows it moved, null if the show is
-- not archived. Raises 55000 if its rows were removed to files.
declare
    v_count bigint;
begin
    perform
    from sales.shows as s
    where s.show_id = p_show_id
        and s.archived_at is not null
    for update;
    if not found then
        return null;
    end if;
    if exists (
        select
        from archive.removed_shows as r
        where r.show_id = p_show_id
    ) then
        raise exception 'what belongs to show % was written to files: read them with ./boxoffice archive --read', p_show_id
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    v_count := archive.move_show(p_show_id, false);
    delete from archive.documents as d
    where d.show_id = p_show_id;
    update sales.shows as s
    set
        archived_at = null,
        kept_until = now() + interval '30 days'
    where s.show_id = p_show_id;
    return v_count;
end;
$$;

create or replace function archive.show_of_charge(p_provider_ref text)
returns bigint
language sql
stable
as $$
-- The archived show that a charge of the provider's is of; null: none.
    select p.show_id
    from archive.payments as p
    where p.provider_ref = p_provider_ref
        and p.kind = 'charge'
    limit 1;
$$;

create or replace procedure archive.archive_shows(
    p_ended_before timestamptz default null,
    p_seconds double precision default 50
)
language plpgsql
as $$
-- archive.archive_show for the shows that ended before p_ended_before (null: archive.settings decides), the oldest first, each in a
-- transaction of its own, for at most p_seconds (null: to the last). A show that cannot be moved is left with a warning, and stops no other.
declare
    v_before timestamptz := coalesce(
        p_ended_before,
        (
            select now() - make_interval(days => a.archive_after_days)
            from archive.settings as a
        )
    );
    v_end timestamptz := coalesce(clock_timestamp() + make_interval(secs => p_seconds), timestamptz 'infinity');
    v_show record;
    v_last_ends_at timestamptz := timestamptz '-infinity';
    v_last_show_id bigint := 0;
begin
    loop
        select
            s.ends_at,
            s.show_id
        into v_show
        from sales.shows as s
        where s.archived_at is null
            and s.ends_at < v_before
            and coalesce(s.kept_until <= now(), true)
            and (s.ends_at, s.show_id) > (v_last_ends_at, v_last_show_id)
        order by
            s.ends_at,
            s.show_id
        limit 1;
        exit when not found or clock_timestamp() >= v_end;
        begin
            perform archive.archive_show(v_show.show_id);
        exception
            when others then
                raise warning 'show % cannot be archived: % (%)', v_show.show_id, sqlerrm, sqlstate;
        end;
        commit;
        v_last_ends_at := v_show.ends_at;
        v_last_show_id := v_show.show_id;
    end loop;
end;
$$;
