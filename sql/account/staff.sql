-- Users as ./boxoffice user makes and changes them: the first administrator comes from here, since nobody can give a role before.

create or replace function account.put_user(
    p_email text,
    p_role text,
    p_name text default null,
    p_password_hash text default null
)
returns text
language plpgsql
as $$
-- Makes a user of this role, whose address counts as confirmed; or gives an existing one the role (null: as it is), and the password if
-- there is one. Returns 'made' or 'changed'. Raises invalid_request (email, name, role, password).
declare
    v_email text := account.checked_email('email', p_email);
    v_user_id bigint;
    v_is_new boolean := false;
begin
    if p_role not in ('customer', 'staff', 'admin') then
        perform api.raise_invalid('role', 'A role is customer, staff or admin.');
    end if;
    select u.user_id
    into v_user_id
    from account.users as u
    where lower(u.email) = account.email_key(v_email)
    for update;
    if v_user_id is null then
        if p_password_hash is null then
            perform api.raise_invalid('email', 'There is no such user.');
        end if;
        insert into account.users (email, name, role, password_hash, email_verified_at)
        values (
            v_email, api.checked_text('name', coalesce(p_name, split_part(v_email, '@', 1)), 200), coalesce(p_role, 'customer'),
            p_password_hash, now()
        )
        returning user_id into v_user_id;
        v_is_new := true;
    else
        if p_password_hash is not null then
            perform account.set_password(v_user_id, p_password_hash, null);
        end if;
        if p_role <> 'admin' and not exists (
            select
            from account.users as u
            where u.role = 'admin'
                and u.user_id <> v_user_id
        ) and exists (select from account.users as u where u.user_id = v_user_id and u.role = 'admin') then
            perform api.raise_invalid('role', 'This is the last administrator.');
        end if;
        update account.users as u
        set role = coalesce(p_role, u.role)
        where u.user_id = v_user_id;
    end if;
    perform ops.note_audit(v_user_id, 'command', 'account.put_user', jsonb_build_object('email', v_email, 'role', p_role));
    return case when v_is_new then 'made' else 'changed' end;
end;
$$;

create or replace function account.user_id_of(p_credential bytea)
returns bigint
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Whose request it is, for the server's log; null: nobody's.
    select account.authenticate(p_credential, null);
$$;
