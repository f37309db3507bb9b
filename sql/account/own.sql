-- What owners do with their accounts.

create or replace function account.set_password(
    p_user_id bigint,
    p_password_hash text,
    p_but bytea
)
returns void
language plpgsql
volatile
as $$
-- A new password ends the sessions but p_but (its token's SHA-256; null: all) and the API keys, lets no link to another password be used,
-- and the owner is told by mail.
begin
    update account.users as u
    set password_hash = p_password_hash
    where u.user_id = p_user_id;
    delete from account.sessions as s
    where s.user_id = p_user_id
        and s.token_hash is distinct from p_but;
    update account.api_keys as k
    set revoked_at = now()
    where k.user_id = p_user_id
        and k.revoked_at is null;
    update account.mail_links as l
    set used_at = now()
    where l.user_id = p_user_id
        and l.purpose in ('reset_password', 'change_email')
        and l.used_at is null;
    delete from account.login_attempts as a
    using account.users as u
    where u.user_id = p_user_id
        and a.account_key = account.account_key(u.email)
        and a.succeeded_at is null;
    perform ops.add_mail(0, p_user_id, 'password_changed');
end;
$$;

create or replace function account.begin_email_change(
    p_user_id bigint,
    p_email text
)
returns void
language plpgsql
volatile
as $$
-- Promises a mail to the new address, which becomes the account's when its link is used; three a day at most, and nobody is told of more.
-- Raises invalid_request (email), email_taken.
declare
    v_email text := account.checked_email('email', p_email);
    v_link_id uuid;
begin
    perform u.user_id
    from account.users as u
    where u.user_id = p_user_id
    for no key update;
    if exists (select from account.users as u where lower(u.email) = account.email_key(v_email)) then
        perform api.raise('email_taken');
    elsif (
        select count(*)
        from account.mail_links as l
        where l.user_id = p_user_id
            and l.purpose = 'change_email'
            and l.created_at > now() - interval '1 day'
    ) >= 3 then
        return;
    end if;
    insert into account.mail_links (user_id, purpose, email, expires_at)
    values (p_user_id, 'change_email', v_email, now() + interval '1 day')
    returning link_id into v_link_id;
    perform ops.add_mail(0, p_user_id, 'change_email', jsonb_build_object('link_id', v_link_id, 'to', v_email));
end;
$$;

create or replace function account.sessions_json(
    p_user_id bigint,
    p_credential bytea
)
returns json
language sql
stable
as $$
-- The newest first: [{"session_id", "created_at", "expires_at", "is_current"}].
    select coalesce(
        json_agg(
            json_build_object(
                'session_id', s.session_id,
                'created_at', api.rfc3339(s.created_at),
                'expires_at', api.rfc3339(s.expires_at),
                'is_current', s.token_hash is not distinct from p_credential
            )
            order by
                s.created_at desc,
                s.session_id desc
        ),
        '[]'
    )
    from account.sessions as s
    where s.user_id = p_user_id
        and s.expires_at > now();
$$;

create or replace function account.api_keys_json(p_user_id bigint)
returns json
language sql
stable
as $$
-- Those that are not revoked, the newest first: [{"api_key_id", "name", "daily_quota", "created_at"}].
    select coalesce(
        json_agg(
            json_build_object(
                'api_key_id', k.api_key_id,
                'name', k.name,
                'daily_quota', k.daily_quota,
                'created_at', api.rfc3339(k.created_at)
            )
            order by k.api_key_id desc
        ),
        '[]'
    )
    from account.api_keys as k
    where k.user_id = p_user_id
        and k.revoked_at is null;
$$;

create or replace function account.export_json(p_user_id bigint)
returns json
language plpgsql
stable
as $$
-- All that is kept of a user, but what is secret: the account, sessions, API keys, saved methods, bookings, places in queues.
begin
    return json_build_object(
        'account', api.get_me(p_user_id),
        'sessions', account.sessions_json(p_user_id, null),
        'api_keys', account.api_keys_json(p_user_id),
        'payment_methods', account.payment_methods_json(p_user_id),
        'bookings', coalesce(
            (
                select json_agg(coalesce(sales.booking_json(b.show_id, b.booking_id), to_json(b)) order by b.created_at)
                from history.bookings as b
                where b.user_id = p_user_id
            ),
            '[]'
        ),
        'waitlist_entries', coalesce(
            (
                select json_agg(waitlist.entry_json(e.show_id, e.entry_id) order by e.joined_at)
                from waitlist.entries as e
                where e.user_id = p_user_id
            ),
            '[]'
        )
    );
end;
$$;

create or replace function account.delete_user(p_user_id bigint)
returns void
language plpgsql
volatile
as $$
-- Erases who the user is; what was bought, and its totals, stay. Raises in_use (used_by, count) while there is something to come: bookings
-- that are held, being paid, or of shows that are not over; places in queues; or if it is the last administrator. Locks the user.
declare
    v_role text;
    v_count bigint;
begin
    select u.role
    into v_role
    from account.users as u
    where u.user_id = p_user_id
    for update;
    select count(*)
    into v_count
    from sales.bookings as b
    inner join sales.shows as s
        on s.show_id = b.show_id
    where b.user_id = p_user_id
        and (b.status in ('held', 'paying') or (b.status = 'paid' and s.ends_at > now()));
    perform api.raise_in_use('bookings', v_count);
    select count(*)
    into v_count
    from waitlist.entries as e
    where e.user_id = p_user_id
        and e.status in ('waiting', 'offered');
    perform api.raise_in_use('waitlist_entries', v_count);
    if v_role = 'admin' and not exists (
        select
        from account.users as u
        where u.role = 'admin'
            and u.user_id <> p_user_id
    ) then
        perform api.raise_in_use('administrators', 1);
    end if;

    delete from account.login_attempts as a
    using account.users as u
    where u.user_id = p_user_id
        and a.account_key = account.account_key(u.email);
    delete from account.sessions as s
    where s.user_id = p_user_id;
    delete from account.api_keys as k
    where k.user_id = p_user_id;
    delete from account.mail_links as l
    where l.user_id = p_user_id;
    delete from account.payment_methods as m
    where m.user_id = p_user_id;
    delete from account.provider_customers as c
    where c.user_id = p_user_id;
    update account.users as u
    set
        email = 'deleted-' || u.user_id || '@deleted.invalid',
        name = 'Deleted',
        role = 'customer',
        -- Of no password: nobody knows one with this hash.
        password_hash = '$argon2id$v=19$m=19456,t=2,p=1$' || left(translate(encode(public.gen_random_bytes(16), 'base64'), '=', ''), 22)
            || '$' || left(translate(encode(public.gen_random_bytes(33), 'base64'), '=', ''), 43),
        email_verified_at = null,
        deleted_at = now()
    where u.user_id = p_user_id;
end;
$$;
