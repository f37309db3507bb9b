-- Public ids of per-show rows: prefix_show_random. They carry the show, so that any node can route them and the server can
-- batch by it (server/api/exchange.cpp), and a random part, so that they tell nothing about how much was sold.

create or replace function sales.public_id(
    p_prefix text,
    p_show_id bigint,
    p_id uuid
)
returns text
language sql
immutable
parallel safe
as $$
    select p_prefix || '_' || p_show_id::text || '_' || replace(p_id::text, '-', '');
$$;

comment on function sales.public_id is 'What the outside sees of a per-show row''s key, e.g. bk_12_0f8e…; prefixes: bk, pay, tk, wl.';

create or replace function sales.public_id_parts(
    p_prefix text,
    p_public_id text
)
returns text[]
language sql
immutable
parallel safe
as $$
-- Show and random part of a public id, which are its row's key; null when it is not an id of that kind.
    select regexp_match(p_public_id, '^' || p_prefix || '_([0-9]{1,18})_([0-9a-f]{32})$');
$$;

create or replace function sales.parse_public_id(
    p_prefix text,
    p_public_id text,
    out show_id bigint,
    out id uuid
)
language plpgsql
stable
as $$
-- The key behind a public id. Raises not_found when it is not an id of that kind: an id that cannot exist names nothing.
declare
    v_parts text[] := sales.public_id_parts(p_prefix, p_public_id);
begin
    if v_parts is null then
        perform api.raise('not_found');
    end if;
    show_id := v_parts[1]::bigint;
    id := v_parts[2]::uuid;
end;
$$;
