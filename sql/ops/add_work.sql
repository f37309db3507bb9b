create or replace function ops.add_work(
    p_show_id bigint,
    p_kind text,
    p_payload jsonb
)
returns void
language plpgsql
as $$
-- Promises work to be done outside the database, in the transaction that makes it due.
begin
    insert into ops.outbox (
        show_id,
        kind,
        payload
    )
    values (
        p_show_id,
        p_kind,
        p_payload
    );
end;
$$;

create or replace function ops.add_mail(
    p_show_id bigint,
    p_user_id bigint,
    p_mail text,
    p_detail jsonb default '{}'
)
returns void
language plpgsql
as $$
-- Promises a mail to a user: p_mail names it, p_detail says what it is about (keys of the show p_show_id; 0: of none).
begin
    perform ops.add_work(p_show_id, 'mail', p_detail || jsonb_build_object('mail', p_mail, 'user_id', p_user_id));
end;
$$;

-- Who may be listening to their own channel now; the others learn of everything when they look.
create or replace view ops.listening as
select l.user_id
from ops.listeners as l
where l.asked_at > now() - interval '7 minutes';

create or replace function ops.tell_buyer(
    p_show_id bigint,
    p_user_id bigint,
    p_message jsonb
)
returns void
language plpgsql
as $$
-- Promises a message on the buyer's live channel, if they listen. Where a statement tells many it writes a row for fifty of
-- them: {"messages": [ops.message_to, …]} of those in ops.listening, each looked up: a join could read all who listen.
begin
    if exists (
        select
        from ops.listening as l
        where l.user_id = p_user_id
    ) then
        perform ops.add_work(
            p_show_id,
            'live',
            jsonb_build_object('messages', jsonb_build_array(ops.message_to(p_user_id, p_message)))
        );
    end if;
end;
$$;

create or replace function ops.channel_of(p_user_id bigint)
returns text
language sql
stable
as $$
-- The buyer's own live channel: it has another name after each session of theirs that ended (ops.hang_up).
    select 'user:' || p_user_id || '.' || coalesce(
        (
            select l.ended_sessions
            from ops.listeners as l
            where l.user_id = p_user_id
        ),
        0
    );
$$;

create or replace function ops.message_to(
    p_user_id bigint,
    p_message jsonb
)
returns jsonb
language sql
stable
as $$
-- One of a live row's "messages", for that buyer alone.
    select jsonb_build_object('channel', ops.channel_of(p_user_id), 'message', p_message);
$$;

create or replace function ops.tell_show(
    p_show_id bigint,
    p_message jsonb
)
returns void
language plpgsql
as $$
-- Promises a message on the show's live channel, for everybody who looks at it.
begin
    perform ops.add_work(
        p_show_id,
        'live',
        jsonb_build_object(
            'messages',
            jsonb_build_array(jsonb_build_object('channel', 'show:' || p_show_id, 'message', p_message))
        )
    );
end;
$$;
