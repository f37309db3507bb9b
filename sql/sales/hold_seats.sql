create or replace function sales.hold_seats(
    p_show_id bigint,
    p_user_id bigint,
    p_seats text[] default null,
    p_quantity integer default null,
    p_tier text default null,
    p_together boolean default null,
    p_idempotency_key text default null,
    p_address inet default null,
    out code text,
    out message text,
    out body json
)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
-- One hold in a transaction of its own. code null: held (or a repeat), and body is the booking; else a code of api.error, and
-- body its members. p_address: the client's, where limits by address apply; else null. Locks as begin_holds, judge_hold and write_hold.
-- Its plans are generic: made for each hold anew they cost more than the hold, 0.52 ms of CPU in all, and 0.34.
declare
    v_show sales.shows := sales.begin_holds(p_show_id, array[p_user_id], p_lock_later => p_idempotency_key is null);
    v_verdict sales.verdict;
    v_refusal sales.verdict;
    v_seat_nos integer[];
begin
    v_verdict := sales.judge_hold(v_show, p_user_id, p_seats, p_quantity, p_tier, p_together, p_idempotency_key);
    v_seat_nos := v_verdict.seat_nos;
    if v_seat_nos is not null and p_address is not null then
        v_refusal := sales.refuse_address(v_show, p_address, v_seat_nos);
    end if;
    if v_refusal.code is not null then
        v_verdict := v_refusal;
    elsif v_seat_nos is not null then
        v_verdict := sales.write_hold(v_show, p_user_id, p_idempotency_key, v_seat_nos);
        if p_address is not null and v_verdict.code is null then
            perform sales.note_address(v_show, p_address, v_verdict.body, v_seat_nos);
        end if;
    end if;
    code := v_verdict.code;
    message := v_verdict.message;
    body := v_verdict.body;
end;
$$;

comment on function sales.hold_seats is 'Holds seats of one show for one request, in a transaction of its own.';
