-- Users and their roles, for administrators.

create or replace function account.find_users(
    p_q text,
    p_role text,
    p_page integer,
    p_per_page integer
)
returns json
language plpgsql
stable
as $$
-- A page of users, by name and id; parameters and answer are those of api.list_users. Raises invalid_request (q, role, page, per_page).
declare
    c_max_users constant integer := 200;
    v_q text := api.normal_line(p_q);
    v_found bigint[];
begin
    perform api.check_page(p_page, p_per_page);
    if p_role not in ('customer', 'staff', 'admin') then
        perform api.raise_invalid('role', 'A role is customer, staff or admin.');
    elsif length(v_q) < 3 then
        perform api.raise_invalid('q', 'Give at least three letters.');
    elsif v_q is null and (p_role is null or p_role = 'customer') then
        perform api.raise_invalid('q', 'Search for a part of a name or e-mail address, or list the role staff or admin.');
    elsif v_q is not null then
        v_found := account.find_buyers(v_q, c_max_users);
    end if;
    return (
        with found as (
            select
                u.user_id,
                u.name
            from account.users as u
            where u.deleted_at is null
                and (p_role is null or u.role = p_role)
                and (v_found is null or u.user_id = any (v_found))
        )
        select api.list(
            (
                select json_agg(account.user_json(f.user_id) order by f.name, f.user_id)
                from (
                    select x.*
                    from found as x
                    order by
                        x.name,
                        x.user_id
                    limit p_per_page
                    offset (p_page::bigint - 1) * p_per_page
                ) as f
            ),
            p_page,
            p_per_page,
            (select count(*) from found)
        )
    );
end;
$$;

create or replace function account.set_role(
    p_user_id bigint,
    p_role text
)
returns json
language plpgsql
as $$
-- Gives a user a role and returns the user. Sessions and API keys go on, with what the new role may do. Locks the administrators, so that
-- two who take each other's role away cannot leave none. Raises not_found, invalid_request (role).
declare
    v_admin_ids bigint[];
begin
    if p_role is null or p_role not in ('customer', 'staff', 'admin') then
        perform api.raise_invalid('role', 'A role is customer, staff or admin.');
    end if;
    select array_agg(a.user_id)
    into v_admin_ids
    from (
        select u.user_id
        from account.users as u
        where u.role = 'admin'
            and u.deleted_at is null
        order by u.user_id
        for update
    ) as a;
    if p_role <> 'admin' and v_admin_ids = array[p_user_id] then
        perform api.raise_invalid('role', 'This is the last administrator.');
    end if;
    update account.users as u
    set role = p_role
    where u.user_id = p_user_id
        and u.deleted_at is null;
    if not found then
        perform api.raise('not_found');
    end if;
    return account.user_json(p_user_id);
end;
$$;

create or replace function api.list_users(
    p_actor bigint,
    p_q text default null,
    p_role text default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select account.find_users(p_q, p_role, p_page, p_per_page);
$$;

comment on function api.list_users is 'Find users by a part of their name or e-mail address (three letters or more, "q"), or list those with the role staff or admin ("role"), by name.';
select api.add_route('GET', '/api/v1/admin/users', 'api.list_users', role => 'admin', lane => 'search');

create or replace function api.update_user(
    p_actor bigint,
    p_user_id bigint,
    p_role text
)
returns json
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select account.set_role(p_user_id, p_role);
$$;

comment on function api.update_user is 'Give a user another role: customer, staff or admin; it counts from the next request on. The last administrator stays one.';
select api.add_route('PATCH', '/api/v1/admin/users/{user_id}', 'api.update_user', role => 'admin', lane => 'write');
