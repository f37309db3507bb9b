-- Shows that are over and settled leave the selling tables for the schema archive; history reads both as one. The tables of
-- archive and the views of history follow the selling tables, column by column: sql/archive/mirror.sql makes them.
create schema archive;
comment on schema archive is 'What belonged to shows that are over and settled, out of the way of the selling tables.';

create schema history;
comment on schema history is 'The selling tables with their archive: everything that was ever sold, for reports and for what a buyer looks back at.';

alter table sales.shows
add column archived_at timestamptz,
add column kept_until timestamptz;

comment on column sales.shows.archived_at is 'When everything that belongs to the show was moved to the archive; null: it is in the selling tables.';
comment on column sales.shows.kept_until is 'Set when the show was brought back from the archive: until then it is not archived again.';

create index shows_to_archive_idx on sales.shows (ends_at, show_id) where archived_at is null;

-- What a buyer looks back at, as it was when the show was archived. So a booking of years ago opens without any selling table, and
-- without the code that would have to understand its rows for ever.
create table archive.documents (
    show_id bigint not null,
    kind text not null,
    document_id uuid not null,
    user_id bigint not null,
    created_at timestamptz not null,
    body json not null,
    tickets json,
    constraint documents_pkey primary key (show_id, kind, document_id),
    constraint documents_kind_known check (kind in ('booking', 'entry')),
    constraint documents_only_bookings_have_tickets check (kind = 'booking' or tickets is null)
);

create index documents_user_id_idx on archive.documents (user_id, kind, created_at);

comment on table archive.documents is 'Bookings and waiting-list entries of archived shows as their buyers see them.';
comment on column archive.documents.document_id is 'The booking''s or the entry''s id.';
comment on column archive.documents.created_at is 'When the seats were held, or the waiting list was joined.';
comment on column archive.documents.body is 'sales.booking_json or waitlist.entry_json of the moment when the show was archived.';
comment on column archive.documents.tickets is 'sales.ticket_model of a booking that had tickets: what the PDF and the calendar file are made from.';

create table archive.settings (
    is_only boolean not null default true,
    archive_after_days integer not null default 180,
    constraint settings_pkey primary key (is_only),
    constraint settings_is_one_row check (is_only),
    constraint settings_archive_after_days_range check (archive_after_days between 1 and 36500)
);

comment on table archive.settings is 'When a show is archived. One row.';
comment on column archive.settings.archive_after_days is 'Days after a show''s end. Half a year by default: most refunds and disputes have come by then, and what comes later brings the show back.';

insert into archive.settings default values;

drop function if exists page.seats_of(sales.bookings);
drop function if exists page.is_listed(sales.bookings);

create table archive.removed_shows (
    show_id bigint not null,
    removed_at timestamptz not null default now(),
    directory text not null,
    constraint removed_shows_pkey primary key (show_id)
);

comment on table archive.removed_shows is 'Archived shows whose rows were written to files and removed: ./boxoffice archive --before DATE --remove.';
comment on column archive.removed_shows.directory is 'The files'' directory, for ./boxoffice archive --read.';
