-- Links in mails: promised, written into a mail, used up. A link is good once, until it expires. Its token is 32 random
-- bytes, made when the mail is written; here only SHA-256 of it is kept.

create or replace function account.add_mail_link(
    p_user_id bigint,
    p_purpose text
)
returns void
language plpgsql
volatile
as $$
-- Promises the user a mail with a link: p_purpose 'verify_email', good for a day, or 'reset_password', for an hour. Three
-- of a purpose an hour at most: more are not sent, and nobody is told.
-- Locks the user's row, so that two at once count each other.
declare
    v_link_id uuid;
begin
    perform u.user_id
    from account.users as u
    where u.user_id = p_user_id
    for no key update;

    if (
        select count(*)
        from account.mail_links as l
        where l.user_id = p_user_id
            and l.purpose = p_purpose
            and l.created_at > now() - interval '1 hour'
    ) >= 3 then
        return;
    end if;

    insert into account.mail_links (user_id, purpose, expires_at)
    values (p_user_id, p_purpose, now() + case p_purpose when 'verify_email' then interval '1 day' else interval '1 hour' end)
    returning link_id into v_link_id;

    perform ops.add_mail(0, p_user_id, p_purpose, jsonb_build_object('link_id', v_link_id));
end;
$$;

create or replace function account.write_mail_link(p_link_id uuid)
returns text
language plpgsql
volatile
as $$
-- A new token for the link, 43 characters of base64url; null when the link is used or over. Called again it makes another,
-- and both are good: of a mail that was sent twice either may be read.
declare
    v_token text := translate(rtrim(encode(public.gen_random_bytes(32), 'base64'), '='), '+/', '-_');
begin
    insert into account.mail_link_tokens (token_hash, link_id)
    select sha256(convert_to(v_token, 'UTF8')), l.link_id
    from account.mail_links as l
    where l.link_id = p_link_id
        and l.used_at is null
        and l.expires_at > now();
    return case when found then v_token end;
end;
$$;

create or replace function account.use_mail_link(
    p_token text,
    p_purpose text
)
returns bigint
language plpgsql
volatile
as $$
-- The user to whom the link was sent; the link is used up. Locks it, so that of two at once one is refused.
-- Raises link_expired, the same whether it is unknown, used or over.
declare
    v_link_id uuid;
    v_user_id bigint;
begin
    select t.link_id
    into v_link_id
    from account.mail_link_tokens as t
    where t.token_hash = sha256(convert_to(p_token, 'UTF8'));

    update account.mail_links as l
    set used_at = now()
    where l.link_id = v_link_id
        and l.purpose = p_purpose
        and l.used_at is null
        and l.expires_at > now()
    returning l.user_id into v_user_id;

    if v_user_id is null then
        perform api.raise('link_expired');
    end if;
    return v_user_id;
end;
$$;

create or replace function account.verify_email(p_token text)
returns void
language plpgsql
volatile
as $$
-- The address is the user's: a mail to it was read. Raises link_expired.
declare
    v_user_id bigint := account.use_mail_link(p_token, 'verify_email');
begin
    update account.users as u
    set email_verified_at = coalesce(u.email_verified_at, now())
    where u.user_id = v_user_id;
end;
$$;

create or replace function account.reset_password(
    p_token text,
    p_password_hash text
)
returns void
language plpgsql
volatile
as $$
-- Sets the password, ends all the user's sessions and uses up the other links to a new password. Who read the mail has the
-- address, so that it is verified too. Raises link_expired.
declare
    v_user_id bigint := account.use_mail_link(p_token, 'reset_password');
begin
    update account.users as u
    set
        password_hash = p_password_hash,
        email_verified_at = coalesce(u.email_verified_at, now())
    where u.user_id = v_user_id;

    delete from account.sessions as s
    where s.user_id = v_user_id;

    update account.mail_links as l
    set used_at = now()
    where l.user_id = v_user_id
        and l.purpose = 'reset_password'
        and l.used_at is null;
end;
$$;
