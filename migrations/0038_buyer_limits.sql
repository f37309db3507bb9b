-- How many seats of a show one buyer may have, with those that are paid.
alter table sales.shows
    add column max_seats_per_buyer integer,
    add constraint shows_max_seats_per_buyer_range check (max_seats_per_buyer between 1 and 1000);
comment on column sales.shows.max_seats_per_buyer is 'The most seats that one buyer may have of the show: held, waited for and paid together. Null: only what is held and waited for is limited, to max_seats.';

drop function if exists sales.set_show_rules(bigint, integer, integer, integer, boolean, text, integer, integer);
drop function if exists sales.change_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer);
drop function if exists api.create_show(bigint, bigint, bigint, timestamptz, jsonb, text, text, timestamptz, integer, integer, integer, boolean, text, integer, integer);
drop function if exists api.update_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer);
