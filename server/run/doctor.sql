-- What `./boxoffice doctor` asks the database: rows of ok, warning or fault, and what was found. Changes nothing.
with findings as (
    -- A transaction that stays open keeps old rows from being cleared away, and its locks from everybody.
    select
        1 as place,
        'fault' as state,
        format(
            'process %s of %s has a transaction open for %s: %s',
            a.pid, a.usename, date_trunc('second', now() - a.xact_start), left(regexp_replace(a.query, '\s+', ' ', 'g'), 100)
        ) as finding
    from pg_catalog.pg_stat_activity as a
    where a.xact_start < now() - interval '1 minute'
        and a.backend_type = 'client backend'
        and a.pid <> pg_backend_pid()

    union all

    select
        2,
        'fault',
        format(
            'process %s of %s waits for a lock for %s; the lock is held by process %s: %s',
            a.pid, a.usename, date_trunc('second', clock_timestamp() - a.query_start), b.pid,
            left(regexp_replace(b.query, '\s+', ' ', 'g'), 100)
        )
    from pg_catalog.pg_stat_activity as a
    cross join lateral unnest(pg_catalog.pg_blocking_pids(a.pid)) as blocking (pid)
    inner join pg_catalog.pg_stat_activity as b
        on b.pid = blocking.pid
    where a.wait_event_type = 'Lock'
        and a.query_start < clock_timestamp() - interval '2 seconds'

    union all

    select
        3,
        case when c.used > 0.9 * c.allowed then 'fault' when c.used > 0.7 * c.allowed then 'warning' else 'ok' end,
        format('%s of %s connections to the database are used', c.used, c.allowed)
    from (
        select count(*) as used, current_setting('max_connections')::integer as allowed
        from pg_catalog.pg_stat_activity as a
        where a.backend_type = 'client backend'
    ) as c

    union all

    select
        4,
        case when j.failed > 0 or j.running = 0 then 'fault' else 'ok' end,
        case
            when j.running = 0 then 'pg_cron has no active job: holds end only where somebody looks'
            when j.failed > 0 then format('%s of %s pg_cron jobs failed at their last run: %s', j.failed, j.running, j.names)
            else format('%s pg_cron jobs run', j.running)
        end
    from (
        select
            count(*) as running,
            count(*) filter (where d.status = 'failed') as failed,
            string_agg(c.jobname, ', ' order by c.jobname) filter (where d.status = 'failed') as names
        from cron.job as c
        left join lateral (
            select r.status
            from cron.job_run_details as r
            where r.jobid = c.jobid
                and r.status in ('succeeded', 'failed')
                -- What was under way when PostgreSQL was stopped, or backed up, is nobody's fault.
                and r.start_time >= pg_catalog.pg_postmaster_start_time()
            order by r.runid desc
            limit 1
        ) as d
            on true
        where c.active
    ) as j

    union all

    select
        5,
        case when m.number = 0 then 'ok' else m.state end,
        format('%s rows in report.%s', m.number, m.report)
    from (
        select 'fault' as state, 'inconsistencies' as report, count(*) as number from report.inconsistencies
        union all
        select 'warning', 'stuck_payments', count(*) from report.stuck_payments
        union all
        select 'warning', 'dead_letters', count(*) from report.dead_letters
        union all
        select 'warning', 'archive_delayed', count(*) from report.archive_delayed
    ) as m

    union all

    -- PostgreSQL refuses to write at 2,100 million.
    select
        6,
        case when x.age > 1500000000 then 'fault' when x.age > 500000000 then 'warning' else 'ok' end,
        format('the oldest transaction id is %s million old', x.age / 1000000)
    from (select max(age(d.datfrozenxid)) as age from pg_catalog.pg_database as d) as x

    union all

    select
        7,
        'fault',
        format('database %s has %s pages with a wrong checksum', d.datname, d.checksum_failures)
    from pg_catalog.pg_stat_database as d
    where d.checksum_failures > 0

    union all

    select
        8,
        'warning',
        format('the setting %s takes effect only after a restart of PostgreSQL', s.name)
    from pg_catalog.pg_settings as s
    where s.pending_restart

    union all

    -- A standby that is gone for good fills the disk with what is kept for it.
    select
        9,
        'warning',
        format('the replication slot %s is not in use and keeps %s', s.slot_name, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn)))
    from pg_catalog.pg_replication_slots as s
    where not s.active
        and not pg_is_in_recovery()
        and pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) > 1073741824
)

select f.state, f.finding
from findings as f
order by
    f.place,
    f.finding;
