-- How many seats one network address holds, whatever the number of its accounts.
alter table sales.shows
    add column max_seats_per_address integer default 60,
    add constraint shows_max_seats_per_address_range check (max_seats_per_address between 1 and 100000);
comment on column sales.shows.max_seats_per_address is 'The most seats of the show that are held from one network address at a time. Null: no limit.';

create table sales.address_holds (
    show_id bigint not null,
    booking_id uuid not null,
    address inet not null,
    seat_nos integer[] not null,
    held_until timestamptz not null,
    constraint address_holds_pkey primary key (show_id, booking_id),
    constraint address_holds_booking_fkey foreign key (show_id, booking_id) references sales.bookings (show_id, booking_id) on delete cascade,
    constraint address_holds_address_is_network check (family(address) = 4 or masklen(address) <= 64)
);
create index address_holds_address_idx on sales.address_holds (address, show_id, held_until);

comment on table sales.address_holds is 'From which network address a hold was made. Only where limits by address apply; forgotten an hour after the hold''s deadline.';
comment on column sales.address_holds.address is 'The client''s IPv4 address, or the /64 network of its IPv6 address.';
comment on column sales.address_holds.seat_nos is 'The seats as they were held.';
comment on column sales.address_holds.held_until is 'The hold''s deadline when it was made.';

drop function if exists sales.set_show_rules(bigint, integer, integer, integer, boolean, text, integer, integer, integer, integer);
drop function if exists sales.change_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer, integer, integer);
drop function if exists api.create_show(bigint, bigint, bigint, timestamptz, jsonb, text, text, timestamptz, integer, integer, integer, boolean, text, integer, integer, integer, integer);
drop function if exists api.update_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer, integer, integer);
drop function if exists sales.check_declines(uuid, bigint);
drop function if exists sales.hold_seats(bigint, bigint, text[], integer, text, boolean, text);
drop function if exists api.create_hold(bigint, bigint, text[], integer, text, boolean, text);
drop function if exists page.create_hold(bigint, bigint, text[], integer, text, boolean);
