-- A hall plays one show at a time, and is cleaned before the next.

alter table catalog.halls
    add column cleaning_minutes integer not null default 15,
    add constraint halls_cleaning_minutes_range check (cleaning_minutes between 0 and 1440);

comment on column catalog.halls.cleaning_minutes is 'How long the hall is not to be had after a show. Shows have copied it: another value counts for shows that are made or moved from then on.';

create function sales.hall_time(
    p_starts_at timestamptz,
    p_ends_at timestamptz,
    p_cleaning_minutes integer
)
returns tstzrange
language sql
immutable
parallel safe
as $$
-- How long a show has its hall: from the start until it is cleaned. Immutable, as minutes are the same in each time zone.
    select tstzrange(p_starts_at, p_ends_at + make_interval(mins => p_cleaning_minutes));
$$;

-- Shows that were made before keep their hall until they end. Of those that overlap already the later ones are not checked: which of them
-- is to go, only staff can say.
alter table sales.shows
    add column cleaning_minutes integer not null default 0,
    add column is_double_booked boolean not null default false;
update sales.shows as s
set is_double_booked = true
where s.status <> 'cancelled'
    and exists (
        select
        from sales.shows as o
        where o.hall_id = s.hall_id
            and o.show_id < s.show_id
            and o.status <> 'cancelled'
            and o.starts_at < s.ends_at
            and o.ends_at > s.starts_at
    );
alter table sales.shows
    add constraint shows_cleaning_minutes_range check (cleaning_minutes between 0 and 1440),
    add constraint shows_hall_is_free exclude using gist (
        hall_id with =,
        sales.hall_time(starts_at, ends_at, cleaning_minutes) with &&
    ) where (status <> 'cancelled' and not is_double_booked);

comment on column sales.shows.cleaning_minutes is 'How long the hall is not to be had after the show.';
comment on column sales.shows.is_double_booked is 'Made before a hall could be taken, at the same time as another show: not checked until it is moved.';

-- A sale opens when it was announced, to the second that is told.
update sales.shows as s
set sale_starts_at = date_trunc('second', s.sale_starts_at)
where s.sale_starts_at <> date_trunc('second', s.sale_starts_at);

drop function if exists sales.check_show_times(timestamptz, timestamptz);
drop function if exists catalog.found_by_words(text, text, bigint, bigint[], numeric[], timestamptz, timestamptz);
drop function if exists catalog.found_by_time(text, bigint, bigint[], numeric[], timestamptz, timestamptz, integer);
drop function if exists catalog.next_shows(bigint, bigint, bigint[], timestamptz, timestamptz);
drop function if exists catalog.search_found(text, text, bigint, bigint[], numeric[], timestamptz, timestamptz, text, bigint, integer);
drop function if exists catalog.search_events(text, text, bigint, bigint[], numeric[], timestamptz, timestamptz, text, bigint, integer);
drop function if exists catalog.found_items(jsonb, bigint, bigint[], timestamptz, timestamptz);
