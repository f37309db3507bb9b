-- What a text that people wrote may hold, as constraints on every column that stores one. The functions are part of the
-- constraints, so they stand here and never change.

create function api.unprintable()
returns text
language sql
immutable
parallel safe
as $$
-- A regular expression of one character that no text may hold: a control character other than a new line; a control of direction
-- (Unicode's Bidi_Control); an invisible one without effect in a name; a noncharacter, or one for private use (Unicode 15.0).
-- The joiners U+200C and U+200D stay, since Indic and Persian words and emoji are written with them.
    select '[\u0001-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e'
        '\u2060-\u206f\u3164\ue000-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\uffff\U0001fffe\U0001ffff\U0002fffe\U0002ffff'
        '\U0003fffe-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U0010ffff]';
$$;

create function api.is_prose(p_text text)
returns boolean
language sql
immutable
parallel safe
as $$
-- True for a text of any number of lines, none too: in normalization form C, without what api.unprintable() names.
    select p_text is nfc normalized and p_text !~ api.unprintable();
$$;

create function api.is_line(p_text text)
returns boolean
language sql
immutable
parallel safe
as $$
-- True for prose on one line of which something is visible, without space around it.
    select api.is_prose(p_text)
        and p_text ~ '[^\u0020\u00a0\u034f\u1680\u180b-\u180f\u2000-\u200f\u202f\u205f\u2800\u3000\ufe00-\ufe0f\U000e0000-\U000e0fff]'
        and p_text !~ '\n|^[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]|[\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]$';
$$;

create function api.are_lines(p_texts text[])
returns boolean
language sql
immutable
parallel safe
as $$
    select coalesce(bool_and(api.is_line(t.text) is true), true)
    from unnest(p_texts) as t (text);
$$;

create function account.is_email(p_email text)
returns boolean
language sql
immutable
parallel safe
as $$
-- True for an address that can be written to as it stands: RFC 5321's dot-string at a domain of at least two labels (RFC 1123), all
-- ASCII, the domain in lower case; a domain in other letters stands in Punycode.
    select octet_length(p_email) <= 254
        and octet_length(split_part(p_email, '@', 1)) <= 64
        and p_email ~ ('^[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&''*+/=?^_`{|}~-]+)*'
            '@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])$');
$$;

create function account.punycode(p_label text)
returns text
language plpgsql
immutable
strict
parallel safe
as $$
-- The label in ASCII: RFC 3492 with the parameters of its section 5, whose names are used here, without the prefix xn--.
declare
    v_codes integer[] := array(select ascii(c.letter) from string_to_table(p_label, null) as c (letter));
    v_output text := regexp_replace(p_label, '[^\u0001-\u007f]', '', 'g');
    v_handled integer := length(v_output);
    v_basic integer := v_handled;
    v_n integer := 128;
    v_next integer;
    v_delta integer := 0;
    v_bias integer := 72;
    v_code integer;
    v_q integer;
    v_k integer;
    v_t integer;
begin
    v_output := v_output || case when v_basic > 0 then '-' else '' end;
    while v_handled < cardinality(v_codes) loop
        v_next := (select min(c.code) from unnest(v_codes) as c (code) where c.code >= v_n);
        v_delta := v_delta + (v_next - v_n) * (v_handled + 1);
        v_n := v_next;
        foreach v_code in array v_codes loop
            if v_code < v_n then
                v_delta := v_delta + 1;
            elsif v_code = v_n then
                v_q := v_delta;
                v_k := 36;
                loop
                    v_t := least(greatest(v_k - v_bias, 1), 26);
                    exit when v_q < v_t;
                    v_output := v_output || substr('abcdefghijklmnopqrstuvwxyz0123456789', v_t + (v_q - v_t) % (36 - v_t) + 1, 1);
                    v_q := (v_q - v_t) / (36 - v_t);
                    v_k := v_k + 36;
                end loop;
                v_output := v_output || substr('abcdefghijklmnopqrstuvwxyz0123456789', v_q + 1, 1);
                v_delta := v_delta / case when v_handled = v_basic then 700 else 2 end;
                v_delta := v_delta + v_delta / (v_handled + 1);
                v_bias := 0;
                while v_delta > 455 loop
                    v_delta := v_delta / 35;
                    v_bias := v_bias + 36;
                end loop;
                v_bias := v_bias + 36 * v_delta / (v_delta + 38);
                v_delta := 0;
                v_handled := v_handled + 1;
            end if;
        end loop;
        v_delta := v_delta + 1;
        v_n := v_n + 1;
    end loop;
    return v_output;
end;
$$;

create function account.ascii_domain(p_domain text)
returns text
language sql
immutable
strict
parallel safe
as $$
-- The domain in lower case, each label in other letters in Punycode, as browsers send it (RFC 5891, mapped as UTS 46 does). Null if a
-- label cannot be one.
    select case
        when bool_and(
            length(l.label) <= 63
            and (
                l.label ~ '^[a-z0-9-]+$'
                or (l.label !~ api.unprintable() and l.label collate "und-x-icu" !~ '[\u0001-,./:-@[-`{-\u007f[:space:]]|(?!-)[[:punct:]]')
            )
        )
            then string_agg(
                case when l.label ~ '^[\u0001-\u007f]*$' then l.label else 'xn--' || account.punycode(l.label) end,
                '.'
                order by l.place
            )
    end
    from string_to_table(
        lower(normalize(translate(p_domain, '。．｡', '...'), nfkc) collate "und-x-icu"),
        '.'
    ) with ordinality as l (label, place);
$$;

create function account.normal_email(p_email text)
returns text
language sql
immutable
strict
parallel safe
as $$
-- The address as it is stored, however its domain was typed and whatever space stands around it. Null if it is none.
    select case when account.is_email(e.email) then e.email end
    from regexp_match(p_email, '^[\s\u00a0\u3000]*([^@]*)@([^@]*?)[\s\u00a0\u3000]*$') as m (part)
    cross join lateral (values (m.part[1] || '@' || account.ascii_domain(m.part[2]))) as e (email);
$$;

-- What was stored before: as it is read today, without what may not stand in it.
create function pg_temp.cleaned(p_text text)
returns text
language sql
immutable
as $$
    select regexp_replace(
        regexp_replace(normalize(p_text), api.unprintable(), '', 'g'),
        '^[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+|[\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+$',
        '',
        'g'
    );
$$;

create function pg_temp.line(p_text text)
returns text
language sql
immutable
as $$
    select case when api.is_line(c.text) then c.text else '?' end
    from replace(pg_temp.cleaned(p_text), e'\n', ' ') as c (text);
$$;

-- Their names are unique in the venue and the city.
update catalog.halls as h
set name = format('%s (%s)', left(pg_temp.line(h.name), 170), h.hall_id)
where not api.is_line(h.name);
update catalog.venues as v
set name = format('%s (%s)', left(pg_temp.line(v.name), 170), v.venue_id)
where not api.is_line(v.name);

do $$
declare
    v_column record;
begin
    for v_column in
        values
            ('account.users', 'name', 'line'),
            ('account.api_keys', 'name', 'line'),
            ('catalog.cities', 'name', 'line'),
            ('catalog.cities', 'name_zh', 'line'),
            ('catalog.venues', 'name', 'line'),
            ('catalog.venues', 'name_zh', 'line'),
            ('catalog.venues', 'address', 'line'),
            ('catalog.venues', 'postal_code', 'line'),
            ('catalog.halls', 'name', 'line'),
            ('catalog.events', 'title', 'line'),
            ('catalog.events', 'title_zh', 'line'),
            ('catalog.events', 'rating', 'line'),
            ('catalog.events', 'description', 'prose'),
            ('catalog.events', 'description_zh', 'prose'),
            ('sales.shows', 'cancel_reason', 'prose'),
            ('sales.payments', 'reason', 'prose'),
            ('sales.tickets', 'gate', 'line'),
            ('sales.ticket_scans', 'gate', 'line'),
            ('sales.ticket_scans', 'used_gate', 'line'),
            ('sales.ticket_scans', 'reason', 'line')
    loop
        execute format(
            'update %1$s set %2$I = %3$s(%2$I) where not api.is_%4$s(%2$I)',
            v_column.column1,
            v_column.column2,
            case v_column.column3 when 'line' then 'pg_temp.line' else 'pg_temp.cleaned' end,
            v_column.column3
        );
        execute format(
            'alter table %s add constraint %I check (api.is_%s(%I))',
            v_column.column1,
            split_part(v_column.column1, '.', 2) || '_' || v_column.column2 || '_is_' || v_column.column3,
            v_column.column3,
            v_column.column2
        );
    end loop;
end;
$$;

update catalog.events as e
set
    genres = array(select pg_temp.line(t.text) from unnest(e.genres) as t (text)),
    people = array(select pg_temp.line(t.text) from unnest(e.people) as t (text))
where not api.are_lines(e.genres)
    or not api.are_lines(e.people);
alter table catalog.events add constraint events_genres_are_lines check (api.are_lines(genres));
alter table catalog.events add constraint events_people_are_lines check (api.are_lines(people));

-- Who signed up with an address that nothing can be sent to keeps the account, under an address that says so.
update account.users as u
set email = coalesce(n.email, format('user-%s@undeliverable.invalid', u.user_id))
from (
    select
        k.user_id,
        case when row_number() over (partition by lower(k.email) order by k.user_id) = 1 then k.email end as email
    from (
        select x.user_id, account.normal_email(x.email) as email
        from account.users as x
    ) as k
) as n
where n.user_id = u.user_id
    and u.email is distinct from n.email;
alter table account.users drop constraint users_email_is_address;
alter table account.users add constraint users_email_is_address check (account.is_email(email));

-- Seats of a hall are named by row and number; a row's label is compared with the others by how it looks (catalog.label_shape).
-- Labels that were stored before stay: tickets bear them.
alter table catalog.seats add constraint seats_row_label_is_label check (
    row_label is nfkc normalized and api.is_line(row_label) and row_label !~ '[\s-]' and length(row_label) <= 8
) not valid;
