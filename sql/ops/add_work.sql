create or replace function ops.add_work(
    p_show_id bigint,
    p_kind text,
    p_payload jsonb
)
returns void
language plpgsql
as $$
-- Promises work to be done outside the database, in the transaction that makes it due.
begin
    insert into ops.outbox (
        show_id,
        kind,
        payload
    )
    values (
        p_show_id,
        p_kind,
        p_payload
    );
end;
$$;
