-- POST /api/v1/shows/{show_id}/holds

create or replace function api.create_hold(
    p_actor bigint,
    p_show_id bigint,
    p_seats text[] default null,
    p_quantity integer default null,
    p_tier text default null,
    p_together boolean default null,
    p_idempotency_key text default null,
    p_limited_address inet default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_hold record;
begin
    select
        h.code,
        h.message,
        h.body
    into v_hold
    from sales.hold_seats(p_show_id, p_actor, p_seats, p_quantity, p_tier, p_together, p_idempotency_key, p_limited_address) as h;
    if v_hold.code is not null then
        perform api.raise(v_hold.code, v_hold.body::jsonb, v_hold.message);
    end if;
    return v_hold.body;
end;
$$;

comment on function api.create_hold is
'Hold seats of a show, all or nothing, at most ten: named ones ("seats": ["C-7", "C-8"]), or a number of them ("quantity": 2, of "tier" or of any; "together": beside each other, as by default in a seated show). Answers the booking, held for five minutes. Errors: seats_taken (with "taken" and "yours"), sold_out (with "waitlist_open"), not_together, too_many_seats (with "max_seats"), unknown_seat (with "seats"), rate_limited (the same seats again and again from one network address), not_on_sale (with "sale_starts_at"), idempotency_key_reused, busy.';

create or replace function api.create_hold_batch(
    p_show_id bigint,
    p_requests jsonb
)
returns table (
    n integer,
    sqlstate text,
    message text,
    body json
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- api.create_hold for all requests that arrived together: [{"n", "credential" (hex), …}]. A verdict each, as a value.
declare
    v_user_ids bigint[];
begin
    select account.authenticate_all(array_agg(decode(q.credential, 'hex') order by q.i))
    into v_user_ids
    from rows from (jsonb_to_recordset(p_requests) as (credential text)) with ordinality as q (credential, i);

    return query
    select
        h.n,
        e.sqlstate::text,
        coalesce(h.message, e.title),
        h.body
    from sales.hold_batch(p_show_id, v_user_ids, p_requests) as h
    left join api.error as e
        on e.code = h.code;
end;
$$;

comment on function api.create_hold_batch is 'Holds that arrived together, judged in arrival order in one transaction.';

select api.add_route(
    'POST', '/api/v1/shows/{show_id}/holds', 'api.create_hold',
    role => 'customer',
    lane => 'write',
    status => 201,
    rate_class => 'hold',
    batch_function => 'api.create_hold_batch',
    batch_key => 'p_show_id'
);
