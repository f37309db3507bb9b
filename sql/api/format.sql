-- How values look on the outside, the same everywhere: times, money, lists, texts.

create or replace function api.rfc3339(p_at timestamptz)
returns text
language sql
stable
parallel safe
as $$
    select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
$$;

create or replace function api.money(
    p_minor bigint,
    p_currency text
)
returns json
language sql
stable
parallel safe
as $$
    select json_build_object('value', p_minor, 'currency', p_currency);
$$;

create or replace function api.check_page(
    p_page integer,
    p_per_page integer
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (page, per_page): pages count from 1, and have at most 30 items.
begin
    if p_page is null or p_page not between 1 and 100000 then
        perform api.raise_invalid('page', 'Pages are counted from 1.');
    end if;
    if p_per_page is null or p_per_page not between 1 and 30 then
        perform api.raise_invalid('per_page', 'A page has 1 to 30 items.');
    end if;
end;
$$;

create or replace function api.list(
    p_items json,
    p_page integer,
    p_per_page integer,
    p_total bigint
)
returns json
language sql
stable
parallel safe
as $$
-- The frame of every list; p_items null: none.
    select json_build_object(
        'items', coalesce(p_items, '[]'::json),
        'page', p_page,
        'per_page', p_per_page,
        'total', p_total
    );
$$;

create or replace function api.check_range(
    p_field text,
    p_value numeric,
    p_least numeric,
    p_greatest numeric
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (p_field) unless p_value is null or between the two.
begin
    if p_value not between p_least and p_greatest then
        perform api.raise_invalid(p_field, format('It is a number from %s to %s.', p_least, p_greatest));
    end if;
end;
$$;
