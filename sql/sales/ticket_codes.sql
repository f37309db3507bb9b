-- The code in a ticket's QR: BX1.<show>.<ticket, 16 bytes, and signature, 12 bytes, in base64url>. The signature is
-- HMAC-SHA256 with the show's own key, so that a door which was given that key verifies offline, and a door's lost key
-- opens no other show. Nothing is stored: the code is made from the ticket's id whenever it is shown.

create or replace function sales.show_key(p_show_id bigint)
returns bytea
language plpgsql
stable
as $$
begin
    return (
        select public.hmac(convert_to(p_show_id::text, 'UTF8'), s.value, 'sha256')
        from ops.secrets as s
        where s.name = 'ticket_key'
    );
end;
$$;

create or replace function sales.base64url(p_bytes bytea)
returns text
language sql
immutable
parallel safe
as $$
-- RFC 4648 section 5, without padding; for fewer than 57 bytes, since PostgreSQL breaks longer ones into lines.
    select rtrim(translate(encode(p_bytes, 'base64'), '+/', '-_'), '=');
$$;

create or replace function sales.ticket_code_by_key(
    p_show_id bigint,
    p_ticket_id uuid,
    p_show_key bytea
)
returns text
language sql
immutable
parallel safe
as $$
-- For who makes many: the show's key is looked up once.
    select 'BX1.' || p_show_id || '.' || sales.base64url(
        uuid_send(p_ticket_id) || substr(public.hmac(uuid_send(p_ticket_id), p_show_key, 'sha256'), 1, 12)
    );
$$;

create or replace function sales.ticket_code(
    p_show_id bigint,
    p_ticket_id uuid
)
returns text
language plpgsql
stable
as $$
begin
    return sales.ticket_code_by_key(p_show_id, p_ticket_id, sales.show_key(p_show_id));
end;
$$;

create or replace function sales.parse_ticket_code(
    p_code text,
    out show_id bigint,
    out ticket_id uuid
)
language plpgsql
stable
as $$
-- The ticket that a code names, or nulls when it is not a code of ours or its signature does not match.
declare
    v_parts text[] := regexp_match(p_code, '^BX1\.([0-9]{1,18})\.([A-Za-z0-9_-]{38})$');
    v_ticket_id uuid;
begin
    if v_parts is null then
        return;
    end if;
    v_ticket_id := encode(substr(decode(translate(v_parts[2], '-_', '+/') || '==', 'base64'), 1, 16), 'hex')::uuid;
    if sales.ticket_code(v_parts[1]::bigint, v_ticket_id) = p_code then
        show_id := v_parts[1]::bigint;
        ticket_id := v_ticket_id;
    end if;
end;
$$;
