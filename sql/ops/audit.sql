create or replace function ops.note_audit(
    p_user_id bigint,
    p_role text,
    p_action text,
    p_arguments jsonb
)
returns void
language sql
as $$
-- Part of every call that changes something and asks for staff or more (sql/api/endpoints.sql).
    insert into ops.audit (user_id, role, action, arguments)
    values (p_user_id, p_role, p_action, jsonb_strip_nulls(p_arguments));
$$;
