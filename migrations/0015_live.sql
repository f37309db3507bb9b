-- What the live channels need to know: who leads a task of which there is to be one, which shows are looked at, and what
-- the workers counted.

create table ops.leads (
    task text not null,
    worker text not null,
    led_until timestamptz not null,
    constraint leads_pkey primary key (task)
);

comment on table ops.leads is 'Who of the workers does a task that one alone should do. It renews its lead in time; who finds it overdue takes it over. Two at once for a moment must do no harm.';

create table ops.watched_shows (
    show_id bigint not null,
    asked_at timestamptz not null default now(),
    version bigint not null,
    changes integer[] not null,
    constraint watched_shows_pkey primary key (show_id),
    constraint watched_shows_show_fkey foreign key (show_id) references sales.shows (show_id) on delete cascade
);

comment on table ops.watched_shows is 'The shows whose seats somebody looks at over a live channel: a row from the first listener until none has been seen for a while.';
comment on column ops.watched_shows.asked_at is 'When somebody last came to listen, give or take five seconds.';
comment on column ops.watched_shows.version is 'Of the seat states when the first listener came: what is published begins there.';
comment on column ops.watched_shows.changes is 'How often each seat had changed then, in the layout''s order.';

create table ops.figures (
    name text not null,
    kind text not null,
    value double precision not null,
    noted_at timestamptz not null default now(),
    constraint figures_pkey primary key (name),
    constraint figures_name_is_slug check (name ~ '^[a-z][a-z0-9_]*$'),
    constraint figures_kind_known check (kind in ('counter', 'gauge'))
);

comment on table ops.figures is 'What workers count, for /metrics: counters are summed over all of them, a gauge is what was said last.';
