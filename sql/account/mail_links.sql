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

create or replace function account.make_reset_link(
    p_email text,
    p_link_id uuid
)
returns bigint
language plpgsql
volatile
as $$
-- The link by which the account with this address gets a new password, of the id that was promised; three an hour at most. Called again
-- it is the same. Returns the user; null: nobody has the address, or that was asked for too often.
declare
    v_user_id bigint;
begin
    select u.user_id
    into v_user_id
    from account.users as u
    where lower(u.email) = p_email
    for no key update;
    if exists (select from account.mail_links as l where l.link_id = p_link_id) then
        return v_user_id;
    elsif v_user_id is null
        or (
            select count(*)
            from account.mail_links as l
            where l.user_id = v_user_id
                and l.purpose = 'reset_password'
                and l.created_at > now() - interval '1 hour'
        ) >= 3
    then
        return null;
    end if;
    insert into account.mail_links (link_id, user_id, purpose, expires_at)
    values (p_link_id, v_user_id, 'reset_password', now() + interval '1 hour');
    return v_user_id;
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
    variadic p_purposes text[]
)
returns account.mail_links
language plpgsql
volatile
as $$
-- The link, of one of these purposes; it is used up. Locks it, so that of two at once one is refused.
-- Raises link_expired, the same whether it is unknown, used or over.
declare
    v_link_id uuid;
    v_link account.mail_links;
begin
    select t.link_id
    into v_link_id
    from account.mail_link_tokens as t
    where t.token_hash = sha256(convert_to(p_token, 'UTF8'));

    update account.mail_links as l
    set used_at = now()
    where l.link_id = v_link_id
        and l.purpose = any (p_purposes)
        and l.used_at is null
        and l.expires_at > now()
    returning l.* into v_link;

    if v_link.link_id is null then
        perform api.raise('link_expired');
    end if;
    return v_link;
end;
$$;

create or replace function account.verify_email(p_token text)
returns void
language plpgsql
volatile
as $$
-- The address is the user's: a mail to it was read. Of a change of address the new one is theirs now, and the old one is told.
-- Raises link_expired, email_taken.
declare
    v_link account.mail_links := account.use_mail_link(p_token, 'verify_email', 'change_email');
    v_email_before text;
begin
    select u.email
    into v_email_before
    from account.users as u
    where u.user_id = v_link.user_id
    for update;
    begin
        update account.users as u
        set
            email = coalesce(v_link.email, u.email),
            email_verified_at = case when v_link.email is null then coalesce(u.email_verified_at, now()) else now() end
        where u.user_id = v_link.user_id;
    exception when unique_violation then
        perform api.raise('email_taken');
    end;
    if v_link.purpose = 'change_email' then
        perform ops.add_mail(0, v_link.user_id, 'email_changed', jsonb_build_object('to', v_email_before));
    end if;
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
-- Sets the password, ends all the user's sessions and keys, and uses up the other links to a new password. Who read the mail has the
-- address, so that it is verified too; and whoever guessed before starts anew. Raises link_expired.
declare
    v_user_id bigint := (account.use_mail_link(p_token, 'reset_password')).user_id;
begin
    update account.users as u
    set email_verified_at = coalesce(u.email_verified_at, now())
    where u.user_id = v_user_id;
    perform account.set_password(v_user_id, p_password_hash, null);

    update account.mail_links as l
    set used_at = now()
    where l.user_id = v_user_id
        and l.purpose = 'reset_password'
        and l.used_at is null;
end;
$$;
