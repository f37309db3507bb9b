-- Users: how one looks on the outside, and which languages there are.

create or replace function account.user_json(p_user_id bigint)
returns json
language sql
stable
as $$
    select json_build_object(
        'user_id', u.user_id,
        'email', u.email,
        'name', u.name,
        'role', u.role
    )
    from account.users as u
    where u.user_id = p_user_id;
$$;

create or replace function account.checked_language(
    p_field text,
    p_language text
)
returns text
language plpgsql
stable
as $$
begin
    if p_language is null or p_language not in ('en', 'zh') then
        perform api.raise_invalid(p_field, 'The language is en or zh.');
    end if;
    return p_language;
end;
$$;
