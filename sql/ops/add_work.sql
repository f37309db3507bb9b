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

create or replace function ops.add_live(
    p_show_id bigint,
    p_channel text,
    p_message jsonb
)
returns void
language plpgsql
as $$
-- Promises a message on a live channel: 'user:12', for that buyer alone, or 'show:34', for everybody who looks at it.
begin
    perform ops.add_work(p_show_id, 'live', jsonb_build_object('channel', p_channel, 'message', p_message));
end;
$$;
