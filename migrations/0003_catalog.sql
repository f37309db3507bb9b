-- What can be played where: cities, venues, halls with their seats, events. Written by staff and imports only.

create table catalog.cities (
    city_id bigint generated always as identity,
    slug text not null,
    name text not null,
    name_zh text,
    country character(2) not null,
    timezone text not null,
    latitude double precision not null,
    longitude double precision not null,
    constraint cities_pkey primary key (city_id),
    constraint cities_slug_key unique (slug),
    constraint cities_slug_is_slug check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    constraint cities_name_length check (length(name) between 1 and 200),
    constraint cities_country_is_iso_3166 check (country ~ '^[A-Z]{2}$'),
    constraint cities_latitude_range check (latitude between -90 and 90),
    constraint cities_longitude_range check (longitude between -180 and 180)
);

comment on column catalog.cities.timezone is 'IANA name, e.g. Europe/London; every time of the city is shown in it.';
comment on column catalog.cities.country is 'ISO 3166-1 alpha-2.';

create table catalog.venues (
    venue_id bigint generated always as identity,
    city_id bigint not null,
    name text not null,
    name_zh text,
    kind text not null default 'cinema',
    address text not null,
    postal_code text,
    latitude double precision not null,
    longitude double precision not null,
    constraint venues_pkey primary key (venue_id),
    constraint venues_city_fkey foreign key (city_id) references catalog.cities (city_id),
    constraint venues_city_name_key unique (city_id, name),
    constraint venues_kind_known check (kind in ('cinema', 'theatre', 'arena', 'concert_hall', 'festival', 'stadium')),
    constraint venues_name_length check (length(name) between 1 and 200),
    constraint venues_latitude_range check (latitude between -90 and 90),
    constraint venues_longitude_range check (longitude between -180 and 180)
);

create table catalog.halls (
    hall_id bigint generated always as identity,
    venue_id bigint not null,
    name text not null,
    admission text not null,
    capacity integer not null,
    layout_version integer not null default 1,
    constraint halls_pkey primary key (hall_id),
    constraint halls_venue_fkey foreign key (venue_id) references catalog.venues (venue_id),
    constraint halls_venue_name_key unique (venue_id, name),
    constraint halls_admission_known check (admission in ('seated', 'general')),
    constraint halls_capacity_range check (capacity between 1 and 100000),
    constraint halls_name_length check (length(name) between 1 and 200)
);

comment on column catalog.halls.admission is 'seated: one row of catalog.seats a seat; general: capacity places, all alike.';

create table catalog.seats (
    hall_id bigint not null,
    seat_no integer not null,
    seat text not null,
    row_label text not null,
    number integer not null,
    x real not null,
    y real not null,
    block_no integer not null,
    section text not null default 'main',
    tier text not null default 'standard',
    accessible boolean not null default false,
    quality integer not null,
    constraint seats_pkey primary key (hall_id, seat_no),
    constraint seats_hall_fkey foreign key (hall_id) references catalog.halls (hall_id) on delete cascade,
    constraint seats_hall_seat_key unique (hall_id, seat),
    constraint seats_seat_no_positive check (seat_no >= 1),
    constraint seats_seat_is_row_and_number check (seat = row_label || '-' || number),
    constraint seats_number_positive check (number >= 1),
    constraint seats_tier_is_slug check (tier ~ '^[a-z][a-z0-9_]*$')
);

comment on column catalog.seats.seat_no is '1 to the hall''s capacity, row by row from the screen, left to right: the layout''s order.';
comment on column catalog.seats.block_no is 'Seats beside each other without a gap share it; within it they are consecutive in seat_no.';
comment on column catalog.seats.x is 'Position across, in seat widths; y: position from the screen, in rows.';
comment on column catalog.seats.quality is 'How far from the best seat of the hall, in thousandths of a seat width; smaller is better.';

create table catalog.events (
    event_id bigint generated always as identity,
    kind text not null,
    title text not null,
    title_zh text,
    description text not null default '',
    description_zh text,
    duration_minutes integer not null,
    rating text,
    genres text[] not null default '{}',
    people text[] not null default '{}',
    released_on date,
    poster_url text,
    created_at timestamptz not null default now(),
    constraint events_pkey primary key (event_id),
    constraint events_kind_known check (kind in ('film', 'concert', 'play', 'match', 'talk', 'festival')),
    constraint events_title_length check (length(title) between 1 and 300),
    constraint events_duration_range check (duration_minutes between 1 and 1440)
);

comment on column catalog.events.people is 'Director, cast, performers: found by search.';
