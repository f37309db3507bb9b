-- Who listens to a channel of their own: nobody else need be told anything over it.
create table ops.listeners (
    user_id bigint not null,
    asked_at timestamptz not null default now(),
    constraint listeners_pkey primary key (user_id),
    constraint listeners_user_fkey foreign key (user_id) references account.users (user_id) on delete cascade
);

comment on table ops.listeners is 'Users who came to listen to their own live channel, until some minutes after they were last seen.';
comment on column ops.listeners.asked_at is 'When they last came, give or take a minute; a listener must come again after five.';

-- ops.tell_buyer and ops.tell_show do its work.
drop function if exists ops.add_live(bigint, text, jsonb);
