-- Guessing a password gets slower with each failure: for who guesses soon, and for strangers altogether later, so that nobody locks
-- an owner out who has signed in from the same place before.

create or replace function account.account_key(p_email text)
returns bytea
language sql
stable
as $$
    select sha256(convert_to(account.email_key(p_email), 'UTF8'));
$$;

create or replace function account.wait_after(
    p_failed_count integer,
    p_failed_at timestamptz,
    p_free integer,
    p_most interval
)
returns interval
language sql
stable
as $$
-- How much longer to wait: p_free failures cost nothing, the next one a second, and each one more twice as long, up to p_most.
    select case
        when p_failed_count >= p_free and p_failed_at > now() - interval '1 hour' then
            greatest(
                p_failed_at + least(2 ^ least(p_failed_count - p_free, 20) * interval '1 second', p_most) - now(),
                interval '0'
            )
        else interval '0'
    end;
$$;

create or replace function account.login_wait(
    p_email text,
    p_address inet
)
returns integer
language plpgsql
stable
as $$
-- How many seconds this address waits before its next attempt on this account; 0: none. From one address twenty failures are free, and a
-- quarter of an hour is the most. Failures from everywhere count from the hundredth on, a minute at most, and not for an address that has
-- signed in within ninety days.
declare
    v_key bytea := account.account_key(p_email);
    v_own record;
    v_all record;
begin
    select a.failed_count, a.failed_at, a.succeeded_at
    into v_own
    from account.login_attempts as a
    where a.account_key = v_key
        and a.address = coalesce(p_address, '0.0.0.1');
    select a.failed_count, a.failed_at
    into v_all
    from account.login_attempts as a
    where a.account_key = v_key
        and a.address = '0.0.0.0';
    return ceil(
        extract(
            epoch from greatest(
                account.wait_after(v_own.failed_count, v_own.failed_at, 20, interval '15 minutes'),
                case when (v_own.succeeded_at > now() - interval '90 days') is not true
                    then account.wait_after(v_all.failed_count, v_all.failed_at, 100, interval '1 minute')
                end,
                interval '0'
            )
        )
    );
end;
$$;

create or replace function account.check_login_wait(
    p_email text,
    p_address inet
)
returns void
language plpgsql
stable
as $$
-- Raises rate_limited (retry_after).
declare
    v_seconds integer := account.login_wait(p_email, p_address);
begin
    if v_seconds > 0 then
        perform api.raise(
            'rate_limited',
            jsonb_build_object('retry_after', v_seconds),
            'The password was wrong too often. Wait, or set a new one by mail.'
        );
    end if;
end;
$$;

create or replace function account.note_login(
    p_email text,
    p_address inet,
    p_is_good boolean
)
returns void
language plpgsql
volatile
as $$
-- Counts a failure, for the address and for all; a success ends the count of its address. Locks both rows, in one order.
begin
    insert into account.login_attempts as a (account_key, address, failed_count, failed_at, succeeded_at)
    select
        account.account_key(p_email),
        k.address,
        case when p_is_good then 0 else 1 end,
        case when not p_is_good then now() end,
        case when p_is_good then now() end
    from unnest(array[coalesce(p_address, '0.0.0.1'), '0.0.0.0']) as k (address)
    where not p_is_good
        or k.address <> '0.0.0.0'
    order by k.address
    on conflict (account_key, address) do update
    set
        failed_count = case
            when p_is_good then 0
            when a.failed_at > now() - interval '1 hour' then a.failed_count + 1
            else 1
        end,
        failed_at = case when p_is_good then a.failed_at else now() end,
        succeeded_at = case when p_is_good then now() else a.succeeded_at end;
end;
$$;

create or replace function account.sign_in(
    p_email text,
    p_password_hash text,
    p_address inet
)
returns bigint
language plpgsql
volatile
as $$
-- The user with this address and password, and null if either is wrong; what it was is counted.
declare
    v_user_id bigint;
begin
    select u.user_id
    into v_user_id
    from account.users as u
    where lower(u.email) = account.email_key(p_email)
        and u.password_hash = p_password_hash;
    perform account.note_login(p_email, p_address, v_user_id is not null);
    return v_user_id;
end;
$$;

create or replace function account.is_own_password(
    p_user_id bigint,
    p_password_hash text,
    p_address inet
)
returns boolean
language plpgsql
volatile
as $$
-- Whether it is the user's password; a failure counts as one of signing in.
declare
    v_email text;
begin
    select u.email
    into v_email
    from account.users as u
    where u.user_id = p_user_id;
    return account.sign_in(v_email, p_password_hash, p_address) is not distinct from p_user_id;
end;
$$;
