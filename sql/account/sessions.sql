create or replace function account.open_session(
    p_user_id bigint,
    p_session_hash bytea
)
returns timestamptz
language plpgsql
volatile
as $$
-- Opens a session of 30 days and tells its end; takes away the user's sessions that are over.
declare
    v_expires_at timestamptz := now() + interval '30 days';
begin
    delete from account.sessions as s
    where s.user_id = p_user_id
        and s.expires_at <= now();

    insert into account.sessions (token_hash, user_id, expires_at)
    values (p_session_hash, p_user_id, v_expires_at);
    return v_expires_at;
end;
$$;
