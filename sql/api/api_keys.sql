-- Keys for programs, that never run out but can be revoked. The key itself is shown once; only its SHA-256 is kept.

create or replace function api.create_api_key(
    p_actor bigint,
    p_name text,
    p_own_session bytea
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (name): at most 20 live keys a user; forbidden: a key makes no keys; not_verified.
declare
    v_name text := api.checked_text('name', p_name, 200);
    v_key text := translate(rtrim(encode(public.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
    v_answer json;
    v_is_verified boolean;
begin
    if not exists (select from account.sessions as s where s.token_hash = p_own_session) then
        perform api.raise('forbidden', '{}', 'An API key makes no other: sign in for that.');
    end if;
    select u.email_verified_at is not null
    into v_is_verified
    from account.users as u
    where u.user_id = p_actor
    for update;
    if not v_is_verified then
        perform api.raise('not_verified');
    end if;
    if (select count(*) from account.api_keys as k where k.user_id = p_actor and k.revoked_at is null) >= 20 then
        perform api.raise_invalid('name', 'Twenty keys are enough: revoke one first.');
    end if;

    insert into account.api_keys (user_id, key_hash, name)
    values (p_actor, sha256(convert_to(v_key, 'UTF8')), v_name)
    returning json_build_object(
        'api_key_id', api_key_id,
        'key', v_key,
        'name', name,
        'daily_quota', daily_quota,
        'created_at', api.rfc3339(created_at)
    )
    into v_answer;
    return v_answer;
end;
$$;

comment on function api.create_api_key is 'Make an API key, for the header Api-Key. It is shown this once, and ends with the password. Only who is signed in and has confirmed the address makes one. Errors: forbidden, not_verified.';
select api.add_route('POST', '/api/v1/api_keys', 'api.create_api_key', role => 'customer', status => 201, lane => 'write');

create or replace function api.list_api_keys(
    p_actor bigint,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_items json;
    v_total bigint;
begin
    perform api.check_page(p_page, p_per_page);

    select
        json_agg(
            json_build_object(
                'api_key_id', k.api_key_id,
                'name', k.name,
                'daily_quota', k.daily_quota,
                'created_at', api.rfc3339(k.created_at)
            )
            order by k.place
        ) filter (where k.place > (p_page - 1) * p_per_page and k.place <= p_page * p_per_page),
        count(*)
    into v_items, v_total
    from (
        select
            a.api_key_id,
            a.name,
            a.daily_quota,
            a.created_at,
            row_number() over (order by a.api_key_id desc) as place
        from account.api_keys as a
        where a.user_id = p_actor
            and a.revoked_at is null
    ) as k;
    return api.list(v_items, p_page, p_per_page, v_total);
end;
$$;

comment on function api.list_api_keys is 'One''s API keys, the newest first, without the keys themselves.';
select api.add_route('GET', '/api/v1/api_keys', 'api.list_api_keys', role => 'customer');

create or replace function api.revoke_api_key(
    p_actor bigint,
    p_api_key_id bigint
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises not_found, also for another's key.
begin
    update account.api_keys as k
    set revoked_at = now()
    where k.api_key_id = p_api_key_id
        and k.user_id = p_actor
        and k.revoked_at is null;

    if not found then
        perform api.raise('not_found');
    end if;
    return null;
end;
$$;

comment on function api.revoke_api_key is 'Revoke an API key at once.';
select api.add_route('DELETE', '/api/v1/api_keys/{api_key_id}', 'api.revoke_api_key', role => 'customer', status => 204, lane => 'write');
