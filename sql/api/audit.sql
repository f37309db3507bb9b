create or replace function api.list_audit(
    p_actor bigint,
    p_by bigint default null,
    p_action text default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select api.list(
        (
            select json_agg(
                json_build_object(
                    'audit_id', a.audit_id,
                    'happened_at', api.rfc3339(a.happened_at),
                    'user', case when u.user_id is not null then json_build_object('user_id', u.user_id, 'name', u.name) end,
                    'role', a.role,
                    'action', a.action,
                    'arguments', a.arguments
                )
                order by a.audit_id desc
            )
            from (
                select x.*
                from ops.audit as x
                where (p_by is null or x.user_id = p_by)
                    and (p_action is null or x.action = p_action)
                order by x.audit_id desc
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as a
            left join account.users as u
                on u.user_id = a.user_id
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from ops.audit as x
            where (p_by is null or x.user_id = p_by)
                and (p_action is null or x.action = p_action)
        )
    )
    from api.check_page(p_page, p_per_page);
$$;

comment on function api.list_audit is 'What staff and administrators changed, the newest first; of one user ("by", a user_id), or of one kind ("action", as api.update_show).';
select api.add_route('GET', '/api/v1/admin/audit', 'api.list_audit', role => 'admin', lane => 'search');
