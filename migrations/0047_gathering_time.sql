-- Seats gather for a group on the waiting list for a limited time.
alter table sales.shows
    add column waitlist_gather_seconds integer not null default 300,
    add constraint shows_waitlist_gather_seconds_range check (waitlist_gather_seconds between 1 and 604800);
comment on column sales.shows.waitlist_gather_seconds is 'How long seats gather for a group on the waiting list before they go to others.';

alter table waitlist.queues
    add column gathering_since timestamptz,
    add column gathered_position bigint not null default 0,
    add constraint queues_gathered_position_range check (gathered_position between 0 and last_position);
comment on column waitlist.queues.gathering_since is 'When the seats that are reserved now began to gather; null: none gather.';
comment on column waitlist.queues.gathered_position is 'Entries up to this position have had their time of gathering: they get seats only when there are enough at once.';

drop function if exists sales.set_show_rules(bigint, integer, integer, integer, boolean, text, integer, integer, integer);
drop function if exists sales.change_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer, integer);
drop function if exists api.create_show(bigint, bigint, bigint, timestamptz, jsonb, text, text, timestamptz, integer, integer, integer, boolean, text, integer, integer, integer);
drop function if exists api.update_show(bigint, bigint, timestamptz, timestamptz, text, integer, integer, integer, boolean, text, integer, integer, integer);
