-- Signing up, in and out; one's own account. Passwords never come here: the server derives their Argon2id strings, and
-- refuses one of fewer than 8 or more than 1000 characters. Of a token or key only its SHA-256 is kept.

create or replace function api.signup(
    p_email text,
    p_password_hash text,
    p_name text,
    p_language text default 'en'
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (email, name) and email_taken.
declare
    v_email text := account.checked_email('email', p_email);
    v_name text := api.checked_text('name', p_name, 200);
    v_user_id bigint;
begin
    insert into account.users (email, name, password_hash, language)
    values (v_email, v_name, p_password_hash, account.checked_language('language', p_language))
    on conflict (lower(email)) do nothing
    returning user_id into v_user_id;

    if v_user_id is null then
        perform api.raise('email_taken');
    end if;
    perform account.add_mail_link(v_user_id, 'verify_email');
    return account.user_json(v_user_id);
end;
$$;

comment on function api.signup is 'Make an account. The password has 8 to 1000 characters. It does not sign in. A mail asks to confirm the address; nothing waits for that.';
select api.add_route('POST', '/api/v1/signup', 'api.signup', status => 201, lane => 'write', rate_class => 'login',
    guard => 'password_new');

create or replace function api.login(
    p_email text,
    p_password_hash text,
    p_session_hash bytea,
    p_remote_address inet default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The server adds the token itself, whose hash p_session_hash is. Refuses by value, so that the attempt stays counted:
-- wrong_credentials, the same whether the address or the password is wrong.
declare
    v_user_id bigint := account.sign_in(p_email, p_password_hash, p_remote_address);
begin
    if v_user_id is null then
        return api.refusal('wrong_credentials');
    end if;
    return json_build_object(
        'expires_at', api.rfc3339(account.open_session(v_user_id, p_session_hash)),
        'user', account.user_json(v_user_id)
    );
end;
$$;

comment on function api.login is 'Sign in: the token goes into the header Authorization: Bearer TOKEN. A browser gets a cookie besides. Errors: wrong_credentials, rate_limited (the password was wrong too often).';
select api.add_route('POST', '/api/v1/login', 'api.login', lane => 'write', rate_class => 'login',
    guard => 'password_check');

create or replace function api.logout(
    p_actor bigint,
    p_credential bytea
)
returns json
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    delete from account.sessions as s
    where s.token_hash = p_credential
        and s.user_id = p_actor;

    select null::json;
$$;

comment on function api.logout is 'End the session by which the request was made.';
select api.add_route('POST', '/api/v1/logout', 'api.logout', role => 'customer', status => 204, lane => 'write');

create or replace function api.get_me(p_actor bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'user_id', u.user_id,
        'email', u.email,
        'name', u.name,
        'role', u.role,
        'preferred_language', u.language,
        'is_email_verified', u.email_verified_at is not null,
        'created_at', api.rfc3339(u.created_at)
    )
    from account.users as u
    where u.user_id = p_actor;
$$;

comment on function api.get_me is 'One''s own account.';
select api.add_route('GET', '/api/v1/me', 'api.get_me', role => 'customer');

create or replace function api.update_me(
    p_actor bigint,
    p_name text default null,
    p_preferred_language text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- What is left out, or null, stays. Raises invalid_request (name, preferred_language).
declare
    v_name text;
    v_language text;
begin
    if p_name is not null then
        v_name := api.checked_text('name', p_name, 200);
    end if;
    if p_preferred_language is not null then
        v_language := account.checked_language('preferred_language', p_preferred_language);
    end if;

    update account.users as u
    set
        name = coalesce(v_name, u.name),
        language = coalesce(v_language, u.language)
    where u.user_id = p_actor;
    return api.get_me(p_actor);
end;
$$;

comment on function api.update_me is 'Change one''s name, or the language in which mails are written.';
select api.add_route('PATCH', '/api/v1/me', 'api.update_me', role => 'customer', lane => 'write');

create or replace function api.verify_email(p_token text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises link_expired, email_taken.
begin
    perform account.verify_email(p_token);
    return null;
end;
$$;

comment on function api.verify_email is 'Confirm one''s address, or a new one, with the token of the mail that was sent to it. A token is good once, for a day.';
select api.add_route('POST', '/api/v1/verify_email', 'api.verify_email', status => 204, lane => 'write', rate_class => 'login');

create or replace function api.send_verification(p_actor bigint)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_verified boolean;
begin
    select u.email_verified_at is not null
    into v_is_verified
    from account.users as u
    where u.user_id = p_actor;

    if not v_is_verified then
        perform account.add_mail_link(p_actor, 'verify_email');
    end if;
    return json_build_object('is_email_verified', v_is_verified);
end;
$$;

comment on function api.send_verification is 'Have the mail that confirms one''s address sent again, unless it is confirmed; three an hour at most.';
select api.add_route('POST', '/api/v1/me/verification_mails', 'api.send_verification', role => 'customer', status => 202, lane => 'write',
    rate_class => 'login');

create or replace function api.forgot_password(p_email text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Answer and time are the same whoever has the address: that is found out when the mail is written.
begin
    perform ops.add_work(
        0,
        'mail',
        jsonb_build_object('mail', 'reset_password', 'email', account.email_key(p_email), 'link_id', gen_random_uuid())
    );
    return json_build_object('status', 'accepted');
end;
$$;

comment on function api.forgot_password is 'Have a mail sent with a token to set a new password, if the address has an account; three an hour at most. The answer does not tell.';
select api.add_route('POST', '/api/v1/password_resets', 'api.forgot_password', status => 202, lane => 'write', rate_class => 'login');

create or replace function api.reset_password(
    p_token text,
    p_password_hash text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises link_expired.
begin
    perform account.reset_password(p_token, p_password_hash);
    return null;
end;
$$;

comment on function api.reset_password is 'Set a new password with the token of the mail; ends all sessions and API keys. A token is good once, for an hour.';
select api.add_route('POST', '/api/v1/reset_password', 'api.reset_password', status => 204, lane => 'write', rate_class => 'login',
    guard => 'password_new');

create or replace function api.change_password(
    p_actor bigint,
    p_password_hash text,
    p_new_password_hash text,
    p_own_session bytea,
    p_remote_address inet
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Refuses by value: wrong_credentials.
begin
    if not account.is_own_password(p_actor, p_password_hash, p_remote_address) then
        return api.refusal('wrong_credentials');
    end if;
    perform account.set_password(p_actor, p_new_password_hash, p_own_session);
    return null;
end;
$$;

comment on function api.change_password is 'Set a "new_password" of 8 to 1000 characters, with the present "password". Ends all other sessions, and all API keys. Errors: wrong_credentials, rate_limited.';
select api.add_route('POST', '/api/v1/me/password', 'api.change_password', role => 'customer', status => 204, lane => 'write', rate_class => 'login',
    guard => 'password_own');

create or replace function api.change_email(
    p_actor bigint,
    p_email text,
    p_password_hash text,
    p_remote_address inet
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises invalid_request (email), email_taken; refuses by value: wrong_credentials.
begin
    if not account.is_own_password(p_actor, p_password_hash, p_remote_address) then
        return api.refusal('wrong_credentials');
    end if;
    perform account.begin_email_change(p_actor, p_email);
    return json_build_object('status', 'accepted');
end;
$$;

comment on function api.change_email is 'Have another address: a mail with a link goes to it, and when that is used the account has it, and the old address is told. With the present "password". Errors: email_taken, wrong_credentials, rate_limited.';
select api.add_route('POST', '/api/v1/me/email', 'api.change_email', role => 'customer', status => 202, lane => 'write', rate_class => 'login',
    guard => 'password_own');

create or replace function api.list_sessions(
    p_actor bigint,
    p_credential bytea
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('items', account.sessions_json(p_actor, p_credential));
$$;

comment on function api.list_sessions is 'Where one is signed in, the newest first; is_current: by this session the request was made.';
select api.add_route('GET', '/api/v1/me/sessions', 'api.list_sessions', role => 'customer');

create or replace function api.end_session(
    p_actor bigint,
    p_session_id bigint
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises not_found, also for another's session.
begin
    delete from account.sessions as s
    where s.session_id = p_session_id
        and s.user_id = p_actor;
    if not found then
        perform api.raise('not_found');
    end if;
    return null;
end;
$$;

comment on function api.end_session is 'End one of one''s sessions.';
select api.add_route('DELETE', '/api/v1/me/sessions/{session_id}', 'api.end_session', role => 'customer', status => 204, lane => 'write');

create or replace function api.export_me(p_actor bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select account.export_json(p_actor);
$$;

comment on function api.export_me is 'All that is kept of one''s account: bookings with payments and tickets, places in queues, saved methods, sessions, API keys.';
select api.add_route('GET', '/api/v1/me/export', 'api.export_me', role => 'customer', lane => 'search');

create or replace function api.delete_me(
    p_actor bigint,
    p_password_hash text,
    p_remote_address inet
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises in_use (used_by, count); refuses by value: wrong_credentials.
begin
    if not account.is_own_password(p_actor, p_password_hash, p_remote_address) then
        return api.refusal('wrong_credentials');
    end if;
    perform account.delete_user(p_actor);
    return null;
end;
$$;

comment on function api.delete_me is 'Delete one''s account, with its "password": name and address are erased, what was bought stays without them. Errors: in_use (bookings or places in queues to come), wrong_credentials, rate_limited.';
select api.add_route('POST', '/api/v1/me/deletion', 'api.delete_me', role => 'customer', status => 204, lane => 'write', rate_class => 'login',
    guard => 'password_own');
