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
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- One hold in a transaction of its own. code null: held (or a repeat), and body is the booking; else a code of api.error, and
-- body its members. Locks as begin_holds and judge_hold.
declare
    v_show sales.shows := sales.begin_holds(p_show_id, array[p_user_id]);
    v_verdict sales.verdict;
begin
    v_verdict := sales.judge_hold(v_show, p_user_id, p_seats, p_quantity, p_tier, p_together, p_idempotency_key);
    code := v_verdict.code;
    message := v_verdict.message;
    body := v_verdict.body;
    if v_verdict.seat_nos is not null then
        select w.body
        into body
        from sales.write_holds(
            v_show,
            array[p_user_id],
            array[p_idempotency_key],
            array_fill(1, array[cardinality(v_verdict.seat_nos)]),
            v_verdict.seat_nos
        ) as w (body);
    end if;
end;
$$;
