-- Texts that people write: brought into the one form in which they are stored, and checked. What a column may hold is a constraint
-- (api.is_line, api.is_prose, account.is_email); these functions say in an answer what those would refuse.

create or replace function api.normal_line(p_text text)
returns text
language sql
immutable
parallel safe
as $$
-- The text in normalization form C, without space around it, without marks of no width that do nothing in a name, and with a space for
-- each tab.
    select regexp_replace(
        regexp_replace(normalize(replace(p_text, e'\t', ' ')), '[\u00ad\u200b\u2060-\u2064\ufeff]', '', 'g'),
        '^[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+|[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+$',
        '',
        'g'
    );
$$;

create or replace function api.checked_text(
    p_field text,
    p_text text,
    p_length integer
)
returns text
language plpgsql
stable
as $$
-- The text as api.normal_line has it. Raises invalid_request (p_field) unless it has 1 to p_length characters on one line, of which
-- something is visible.
declare
    v_text text := api.normal_line(p_text);
begin
    if v_text is null or length(v_text) not between 1 and p_length or v_text ~ '[\n\r]' then
        perform api.raise_invalid(p_field, format('It has 1 to %s characters, all on one line.', p_length));
    end if;
    if not api.is_line(v_text) then
        perform api.raise_invalid(p_field, 'It has characters that are invisible, change the direction of writing, or mean nothing.');
    end if;
    return v_text;
end;
$$;

create or replace function api.checked_prose(
    p_field text,
    p_text text,
    p_least integer,
    p_length integer
)
returns text
language plpgsql
stable
as $$
-- The same for a text of any number of lines, of p_least to p_length characters; p_least is 0 or 1.
declare
    v_text text := api.normal_line(replace(p_text, e'\r\n', e'\n'));
begin
    if v_text is null or length(v_text) not between p_least and p_length then
        perform api.raise_invalid(p_field, format('It has %s to %s characters.', p_least, p_length));
    end if;
    if not api.is_prose(v_text) or (p_least > 0 and not api.is_line(replace(v_text, e'\n', ' '))) then
        perform api.raise_invalid(p_field, 'It has characters that are invisible, change the direction of writing, or mean nothing.');
    end if;
    return v_text;
end;
$$;

create or replace function account.checked_email(
    p_field text,
    p_email text
)
returns text
language plpgsql
stable
as $$
-- The address as it is stored (account.normal_email). Raises invalid_request (p_field) if it is none that can be written to.
declare
    v_email text := account.normal_email(p_email);
begin
    if v_email is null then
        perform api.raise_invalid(p_field, 'That is not an e-mail address.');
    end if;
    return v_email;
end;
$$;

create or replace function account.email_key(p_email text)
returns text
language sql
immutable
parallel safe
as $$
-- What account.users is searched by, lower(email), for an address as it was typed: in whatever letters, its domain in Unicode or in
-- Punycode. What is no address is nobody's.
    select coalesce(lower(account.normal_email(p_email)), lower(btrim(p_email)));
$$;

create or replace function api.checked_texts(
    p_field text,
    p_texts text[],
    p_count integer,
    p_length integer
)
returns text[]
language plpgsql
stable
as $$
-- At most p_count texts, each as api.checked_text has it; null is null.
begin
    perform api.check_range(p_field, cardinality(p_texts), 0, p_count);
    return (
        select case when p_texts is not null then coalesce(array_agg(api.checked_text(p_field, t.text, p_length) order by t.place), '{}') end
        from unnest(p_texts) with ordinality as t (text, place)
    );
end;
$$;
