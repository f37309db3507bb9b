-- What the DBA asks of the archive.

create or replace view report.archive_by_month as
select
    date_trunc('month', s.ends_at at time zone 'UTC')::date as month,
    count(*) as show_count,
    count(*) filter (where s.archived_at is not null) as archived_count,
    count(*) filter (
        where s.archived_at is null
            and s.ends_at < now() - make_interval(days => a.archive_after_days)
    ) as due_count
from sales.shows as s
cross join archive.settings as a
where s.ends_at < now()
group by month;

comment on view report.archive_by_month is 'A row for each month in which shows ended (UTC): how many, how many of them are archived, and how many are due and not archived yet.';

create or replace view report.archive_delayed as
select
    s.show_id,
    s.ends_at,
    s.kept_until,
    archive.open_matters(s.show_id) as open_matters
from sales.shows as s
cross join archive.settings as a
where s.archived_at is null
    and s.ends_at < now() - make_interval(days => a.archive_after_days) - interval '1 day';

comment on view report.archive_delayed is 'Shows that have been due for the archive for more than a day, with what is still open (booking, payment, dispute, waiting list, work), or until when they were brought back.';
