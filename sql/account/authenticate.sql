-- Who is calling. Part of every call that has an actor (sql/api/endpoints.sql), so it is one look-up by key for a customer,
-- two for staff, and nothing else.

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
    -- The lowest role: every user has it.
    if p_role = 'customer' then
        return v_user_id;
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

create or replace function account.authenticate_all(p_credentials bytea[])
returns bigint[]
language plpgsql
stable
as $$
-- The users behind the credentials of requests that arrived together, in their order; null for a stranger. API keys are
-- looked for only where a credential is no session: a batch reads one table more or less.
declare
    v_user_ids bigint[];
begin
    select
        array_agg(
            (
                select s.user_id
                from account.sessions as s
                where s.token_hash = c.credential
                    and s.expires_at > now()
            )
            order by c.i
        )
    into v_user_ids
    from unnest(p_credentials) with ordinality as c (credential, i);

    if array_position(v_user_ids, null) is not null then
        select
            array_agg(
                coalesce(
                    c.user_id,
                    (
                        select k.user_id
                        from account.api_keys as k
                        where k.key_hash = c.credential
                            and k.revoked_at is null
                    )
                )
                order by c.i
            )
        into v_user_ids
        from unnest(p_credentials, v_user_ids) with ordinality as c (credential, user_id, i);
    end if;
    return v_user_ids;
end;
$$;
