-- Who is calling. Composed into every statement that has an actor, so it is two look-ups by key and nothing else.

create or replace function account.role_rank(p_role text)
returns integer
language sql
immutable
parallel safe
as $$
    select array_position(array['customer', 'staff', 'admin'], p_role);
$$;

comment on function account.role_rank is 'Roles in order: who has a higher one may do all that a lower one may.';

create or replace function account.authenticate(
    p_credential bytea,
    p_role text
)
returns bigint
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The user behind a credential: SHA-256 of a session's token or of an API key; null when there is none.
-- p_role: the least role that will do; null: anybody, and the answer for a stranger is null.
-- Raises not_signed_in and forbidden, both only when p_role is given.
declare
    v_user_id bigint;
    v_role text;
begin
    if p_credential is not null then
        select s.user_id
        into v_user_id
        from account.sessions as s
        where s.token_hash = p_credential
            and s.expires_at > now();

        if v_user_id is null then
            select k.user_id
            into v_user_id
            from account.api_keys as k
            where k.key_hash = p_credential
                and k.revoked_at is null;
        end if;
    end if;

    if p_role is null then
        return v_user_id;
    end if;
    if v_user_id is null then
        perform api.raise('not_signed_in');
    end if;

    select u.role
    into v_role
    from account.users as u
    where u.user_id = v_user_id;

    if account.role_rank(v_role) < account.role_rank(p_role) then
        perform api.raise('forbidden');
    end if;
    return v_user_id;
end;
$$;
