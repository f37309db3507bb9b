-- Where a queue's head is: who looks for the first who waits need not pass all that were served since the last vacuum.
alter table waitlist.queues
    add column head_position bigint not null default 1,
    add constraint queues_head_position_range check (head_position between 1 and last_position + 1);

comment on column waitlist.queues.head_position is 'Nobody before this position waits any more.';
