create or replace function sales.hold_seats(
    p_show_id bigint,
    p_user_id bigint,
    p_seats text[] default null,
    p_quantity integer default null,
    p_tier text default null,
    p_together boolean default null,
    p_idempotency_key text default null,
    out code text,
    out message text,
    out body json
)
language plpgsql
as $$
-- One hold: hold_batch with one request. code null: held (or a repeat), and body is the booking; else a code of
-- api.error, and body its members.
begin
    select
        h.code,
        h.message,
        h.body
    into code, message, body
    from sales.hold_batch(
        p_show_id,
        array[p_user_id],
        jsonb_build_array(
            jsonb_build_object(
                'n', 1,
                'seats', p_seats,
                'quantity', p_quantity,
                'tier', p_tier,
                'together', p_together,
                'idempotency_key', p_idempotency_key
            )
        )
    ) as h;
end;
$$;
