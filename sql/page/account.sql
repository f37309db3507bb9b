-- Signing in and out, making an account, one's own page, and what links in mails lead to. What a form got wrong comes back
-- as ?error=CODE.

create or replace function page.show_login(
    p_next text default null,
    p_error text default null,
    p_reset boolean default false,
    p_email text default null
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'next', page.local_path(p_next),
        'is_for_hold', page.local_path(p_next) like '/shows/%',
        'is_reset', p_reset,
        'error', p_error,
        'email', p_email
    );
$$;

comment on function page.show_login is 'The form to sign in.';
select api.add_route('GET', '/login', 'page.show_login', answer => 'page', template => 'login');

create or replace function page.login(
    p_email text,
    p_password_hash text,
    p_session_hash bytea,
    p_remote_address inet,
    p_next text default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer jsonb := api.login(p_email, p_password_hash, p_session_hash, p_remote_address);
begin
    if v_answer ? 'refused' then
        return jsonb_build_object(
            'location', page.link('/login', 'error', 'wrong_credentials', 'email', p_email, 'next', page.local_path(p_next))
        );
    end if;
    return v_answer || jsonb_build_object('location', page.local_path(p_next));
end;
$$;

comment on function page.login is 'Sign in and go on to where one wanted to be.';
select api.add_route('POST', '/login', 'page.login', answer => 'redirect', status => 303, lane => 'write', rate_class => 'login',
    guard => 'password_check');

create or replace function page.show_signup(
    p_next text default null,
    p_error text default null,
    p_email text default null,
    p_name text default null
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'next', page.local_path(p_next),
        'error', p_error,
        'email', p_email,
        'name', p_name,
        'is_name', p_error is not distinct from 'name',
        'is_email', coalesce(p_error in ('email', 'email_taken'), false),
        'is_password', p_error is not distinct from 'password'
    );
$$;

comment on function page.show_signup is 'The form to make an account.';
select api.add_route('GET', '/signup', 'page.show_signup', answer => 'page', template => 'signup');

create or replace function page.signup(
    p_email text,
    p_password_hash text,
    p_name text,
    p_language text,
    p_session_hash bytea,
    p_next text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Makes the account and signs in.
declare
    v_user json;
    v_detail text;
begin
    v_user := api.signup(p_email, p_password_hash, p_name, p_language);
    return json_build_object(
        'expires_at', api.rfc3339(account.open_session((v_user ->> 'user_id')::bigint, p_session_hash)),
        'location', page.local_path(p_next)
    );
exception
    when sqlstate 'BX921' then
        return json_build_object('location', page.link(
            '/signup', 'error', 'email_taken', 'email', p_email, 'name', p_name, 'next', page.local_path(p_next)
        ));
    when sqlstate 'BX400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return json_build_object(
            'location', page.link(
                '/signup', 'error', v_detail::json ->> 'field', 'email', p_email, 'name', p_name, 'next', page.local_path(p_next)
            )
        );
end;
$$;

comment on function page.signup is 'Make an account, sign in, and go on.';
select api.add_route('POST', '/signup', 'page.signup', answer => 'redirect', status => 303, lane => 'write', rate_class => 'login',
    guard => 'password_new');

create or replace function page.logout(
    p_actor bigint,
    p_credential bytea
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.logout(p_actor, p_credential);
    return json_build_object('location', '/');
end;
$$;

comment on function page.logout is 'Sign out.';
select api.add_route('POST', '/logout', 'page.logout', answer => 'redirect', status => 303, lane => 'write');

create or replace function page.account(
    p_actor bigint,
    p_language text,
    p_page integer default 1,
    p_saved boolean default false,
    p_sent boolean default false,
    p_error text default null,
    p_security text default null,
    p_credential bytea default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- One's bookings, the newest first, without those that came to nothing; places in queues; saved payment methods; one's name
-- and language.
declare
    v_list json;
begin
    v_list := page.own_bookings(p_actor, p_language, null, p_page);

    return (
        select json_build_object(
            'bookings', v_list -> 'items',
            'has_entries', page.own_entries(p_actor, p_language) is not null,
            'entries', page.own_entries(p_actor, p_language),
            'methods', account.payment_methods_json(p_actor),
            'pages', page.pages(v_list, '/account'),
            'name', u.name,
            'prefers_en', u.language = 'en',
            'prefers_zh', u.language = 'zh',
            'is_saved', p_saved,
            'is_verified', u.email_verified_at is not null,
            'is_sent', p_sent,
            'error', p_error,
            'security', p_security,
            'sessions', page.own_sessions(p_actor, p_credential),
            'api_keys', page.own_api_keys(p_actor)
        )
        from account.users as u
        where u.user_id = p_actor
    );
end;
$$;

create or replace function page.own_bookings(
    p_user_id bigint,
    p_language text,
    p_when text,
    p_page integer
)
returns json
language plpgsql
stable
as $$
-- An api.list of the user's bookings without those that came to nothing, twenty a page. p_when: upcoming, of shows that are not over,
-- the next first; past, of those that are, the latest first; null, all, the newest booking first.
begin
    perform api.check_page(p_page, 20);

    return (
        with listed as (
            select
                b.show_id,
                b.booking_id,
                b.status,
                b.seats,
                b.amount_minor,
                b.currency,
                row_number() over (
                    order by
                        case when p_when = 'upcoming' then s.starts_at end,
                        case when p_when = 'past' then s.starts_at end desc,
                        b.created_at desc,
                        b.booking_id
                ) as place
            from history.bookings as b
            inner join sales.shows as s
                on s.show_id = b.show_id
            where b.user_id = p_user_id
                and page.is_listed(b.status, b.expires_at)
                and (p_when is null or (s.ends_at > now()) = (p_when = 'upcoming'))
        )
        select api.list(
            (
                select json_agg(
                    page.seats_of(l.show_id, l.seats)::jsonb || jsonb_build_object(
                        'show', page.show_head(l.show_id, p_language),
                        'booking_id', sales.public_id('bk', l.show_id, l.booking_id),
                        'status', l.status,
                        'amount', api.money(l.amount_minor, l.currency)
                    )
                    order by l.place
                )
                from listed as l
                where l.place > (p_page::bigint - 1) * 20
                    and l.place <= p_page::bigint * 20
            ),
            p_page,
            20,
            (select count(*) from listed)
        )
    );
end;
$$;

create or replace function page.own_sessions(
    p_user_id bigint,
    p_credential bytea
)
returns json
language sql
stable
as $$
-- Where the reader is signed in. Times are in UTC: an account has no place.
    select json_agg(
        json_build_object(
            'session_id', s.session_id,
            'since', page.at(s.created_at, 'UTC'),
            'is_current', s.token_hash is not distinct from p_credential
        )
        order by
            s.created_at desc,
            s.session_id desc
    )
    from account.sessions as s
    where s.user_id = p_user_id
        and s.expires_at > now();
$$;

create or replace function page.own_api_keys(p_user_id bigint)
returns json
language sql
stable
as $$
    select json_agg(
        json_build_object('api_key_id', k.api_key_id, 'key_name', k.name, 'since', page.at(k.created_at, 'UTC'))
        order by k.api_key_id desc
    )
    from account.api_keys as k
    where k.user_id = p_user_id
        and k.revoked_at is null;
$$;

create or replace function page.own_entries(
    p_user_id bigint,
    p_language text
)
returns json
language sql
stable
as $$
-- The reader's places in queues, the newest first: those that wait or are offered something, and what ended in the last day.
    select json_agg(
        json_build_object(
            'show', page.show_head(e.show_id, p_language),
            'entry_id', sales.public_id('wl', e.show_id, e.entry_id),
            'status', e.status,
            'quantity', e.quantity
        )
        order by e.joined_at desc, e.entry_id
    )
    from (
        select
            w.show_id,
            w.entry_id,
            w.status,
            w.quantity,
            w.joined_at
        from waitlist.entries as w
        where w.user_id = p_user_id
            and (w.ended_at is null or w.ended_at > now() - interval '1 day')
        order by w.joined_at desc
        limit 20
    ) as e;
$$;

create or replace function page.is_listed(
    p_status text,
    p_expires_at timestamptz
)
returns boolean
language sql
stable
as $$
-- Whether a booking came to something, or still may.
    select p_status in ('paying', 'paid', 'cancelled', 'refunded')
        or (p_status = 'held' and p_expires_at > now());
$$;

comment on function page.account is 'One''s bookings and account.';
select api.add_route('GET', '/account', 'page.account', role => 'customer', answer => 'page', template => 'account');

create or replace function page.orders(
    p_actor bigint,
    p_language text,
    p_when text default 'upcoming',
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- p_when: upcoming or past; raises invalid_request (when).
declare
    v_list json;
begin
    if p_when not in ('upcoming', 'past') then
        perform api.raise_invalid('when', 'It is upcoming or past.');
    end if;
    v_list := page.own_bookings(p_actor, p_language, p_when, p_page);
    return json_build_object(
        'is_upcoming', p_when = 'upcoming',
        'is_past', p_when = 'past',
        'bookings', v_list -> 'items',
        'pages', page.pages(v_list, '/orders', 'when', p_when)
    );
end;
$$;

comment on function page.orders is 'One''s bookings of shows to come, or of those that are over.';
select api.add_route('GET', '/orders', 'page.orders', role => 'customer', answer => 'page', template => 'orders');

create or replace function page.update_account(
    p_actor bigint,
    p_name text,
    p_preferred_language text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_detail text;
begin
    perform api.update_me(p_actor, p_name, p_preferred_language);
    return json_build_object('location', '/account?saved=true');
exception
    when sqlstate 'BX400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return json_build_object('location', page.link('/account', 'error', v_detail::json ->> 'field'));
end;
$$;

comment on function page.update_account is 'The form of one''s name and language.';
select api.add_route('POST', '/account', 'page.update_account', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write');

create or replace function page.remove_payment_method(
    p_actor bigint,
    p_payment_method text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Sent twice, it is the same.
begin
    perform api.remove_payment_method(p_actor, p_payment_method);
    return json_build_object('location', '/account');
exception
    when sqlstate 'BX404' then
        return json_build_object('location', '/account');
end;
$$;

comment on function page.remove_payment_method is 'The form that has a saved payment method used no more.';
select api.add_route('POST', '/account/payment_methods/{payment_method}/remove', 'page.remove_payment_method', role => 'customer',
    answer => 'redirect', status => 303, lane => 'write');

create or replace function page.send_verification(p_actor bigint)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.send_verification(p_actor);
    return json_build_object('location', '/account?sent=true');
end;
$$;

comment on function page.send_verification is 'The form that has the mail sent again by which one''s address is confirmed.';
select api.add_route('POST', '/account/verification', 'page.send_verification', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'login');

create or replace function page.show_verify(
    p_token text default null,
    p_done boolean default false,
    p_error text default null
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Nothing is confirmed by looking: programs that follow links in mails use none up.
    select json_build_object('token', p_token, 'is_done', p_done, 'error', p_error);
$$;

comment on function page.show_verify is 'Where the mail to a new account leads: a button confirms the address.';
select api.add_route('GET', '/verify', 'page.show_verify', answer => 'page', template => 'verify');

create or replace function page.verify(p_token text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.verify_email(p_token);
    return json_build_object('location', '/verify?done=true');
exception
    when sqlstate 'BX924' then
        return json_build_object('location', '/verify?error=link_expired');
    when sqlstate 'BX921' then
        return json_build_object('location', '/verify?error=email_taken');
end;
$$;

comment on function page.verify is 'The form that confirms an address.';
select api.add_route('POST', '/verify', 'page.verify', answer => 'redirect', status => 303, lane => 'write', rate_class => 'login');

create or replace function page.show_forgot(p_sent boolean default false)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('is_sent', p_sent);
$$;

comment on function page.show_forgot is 'The form of who forgot the password.';
select api.add_route('GET', '/forgot', 'page.show_forgot', answer => 'page', template => 'forgot');

create or replace function page.forgot(p_email text)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.forgot_password(p_email);
    return json_build_object('location', '/forgot?sent=true');
end;
$$;

comment on function page.forgot is 'Has the mail sent that sets a new password; where it leads is the same whoever has the address.';
select api.add_route('POST', '/forgot', 'page.forgot', answer => 'redirect', status => 303, lane => 'write', rate_class => 'login');

create or replace function page.show_reset(
    p_token text default null,
    p_error text default null
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('token', p_token, 'error', p_error);
$$;

comment on function page.show_reset is 'Where the mail to who forgot the password leads: the form of the new one.';
select api.add_route('GET', '/reset', 'page.show_reset', answer => 'page', template => 'reset');

create or replace function page.reset(
    p_token text,
    p_password_hash text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.reset_password(p_token, p_password_hash);
    return json_build_object('location', '/login?reset=true');
exception
    when sqlstate 'BX924' then
        return json_build_object('location', '/reset?error=link_expired');
end;
$$;

comment on function page.reset is 'The form that sets a new password; then one signs in with it.';
select api.add_route('POST', '/reset', 'page.reset', answer => 'redirect', status => 303, lane => 'write', rate_class => 'login',
    guard => 'password_new');

create or replace function page.change_password(
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
declare
    v_answer jsonb := api.change_password(p_actor, p_password_hash, p_new_password_hash, p_own_session, p_remote_address);
begin
    return json_build_object(
        'location', page.link('/account', 'security', case when v_answer ? 'refused' then 'wrong_password' else 'password_changed' end)
    );
end;
$$;

comment on function page.change_password is 'The form that sets another password.';
select api.add_route('POST', '/account/password', 'page.change_password', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'login', guard => 'password_own');

create or replace function page.change_email(
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
declare
    v_answer jsonb := api.change_email(p_actor, p_email, p_password_hash, p_remote_address);
begin
    return json_build_object(
        'location', page.link('/account', 'security', case when v_answer ? 'refused' then 'wrong_password' else 'email_sent' end)
    );
exception
    when sqlstate 'BX921' then
        return json_build_object('location', '/account?security=email_taken');
    when sqlstate 'BX400' then
        return json_build_object('location', '/account?security=email');
end;
$$;

comment on function page.change_email is 'The form that has another address.';
select api.add_route('POST', '/account/email', 'page.change_email', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'login', guard => 'password_own');

create or replace function page.end_session(
    p_actor bigint,
    p_session_id bigint
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Sent twice, it is the same.
begin
    perform api.end_session(p_actor, p_session_id);
    return json_build_object('location', '/account');
exception
    when sqlstate 'BX404' then
        return json_build_object('location', '/account');
end;
$$;

comment on function page.end_session is 'The form that ends one of one''s sessions.';
select api.add_route('POST', '/account/sessions/{session_id}/end', 'page.end_session', role => 'customer', answer => 'redirect',
    status => 303, lane => 'write');

create or replace function page.revoke_api_key(
    p_actor bigint,
    p_api_key_id bigint
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Sent twice, it is the same.
begin
    perform api.revoke_api_key(p_actor, p_api_key_id);
    return json_build_object('location', '/account');
exception
    when sqlstate 'BX404' then
        return json_build_object('location', '/account');
end;
$$;

comment on function page.revoke_api_key is 'The form that revokes an API key.';
select api.add_route('POST', '/account/api_keys/{api_key_id}/revoke', 'page.revoke_api_key', role => 'customer', answer => 'redirect',
    status => 303, lane => 'write');

create or replace function page.export_account(p_actor bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'content_type', 'application/json',
        'filename', 'boxoffice.json',
        'body', translate(encode(convert_to(account.export_json(p_actor)::text, 'UTF8'), 'base64'), e'\n', '')
    );
$$;

comment on function page.export_account is 'All that is kept of one''s account, as a file.';
select api.add_route('GET', '/account/export', 'page.export_account', role => 'customer', answer => 'file', lane => 'search');

create or replace function page.delete_account(
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
declare
    v_answer jsonb := api.delete_me(p_actor, p_password_hash, p_remote_address);
begin
    return json_build_object('location', case when v_answer ? 'refused' then '/account?security=wrong_password' else '/' end);
exception
    when sqlstate 'BX922' then
        return json_build_object('location', '/account?security=in_use');
end;
$$;

comment on function page.delete_account is 'The form that deletes one''s account.';
select api.add_route('POST', '/account/deletion', 'page.delete_account', role => 'customer', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'login', guard => 'password_own');
