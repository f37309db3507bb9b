create or replace function account.password_salt(
    p_email text,
    p_address inet default null
)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The start of the PHC string by which a password for this address is to be hashed: '$argon2id$v=19$m=…,t=…,p=…$salt'.
-- An address that nobody has gets a salt of its own that never changes, so that nobody learns which ones are known.
-- Raises rate_limited where the password was wrong too often, before anything is hashed.
begin
    perform account.check_login_wait(p_email, p_address);
    return coalesce(
        (
            select regexp_replace(u.password_hash, '\$[^$]*$', '')
            from account.users as u
            where lower(u.email) = account.email_key(p_email)
        ),
        (
            select '$argon2id$v=19$m=19456,t=2,p=1$' || left(
                encode(
                    substring(public.hmac(convert_to(account.email_key(p_email), 'UTF8'), k.value, 'sha256') for 16),
                    'base64'
                ),
                22
            )
            from ops.secrets as k
            where k.name = 'login_salt'
        )
    );
end;
$$;

create or replace function account.own_password_salt(p_credential bytea)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The same for the password of who is signed in. Raises not_signed_in.
declare
    v_user_id bigint := account.authenticate(p_credential, 'customer');
begin
    return (
        select account.password_salt(u.email, null)
        from account.users as u
        where u.user_id = v_user_id
    );
end;
$$;
