-- The waitlist: /api/v1/shows/{show_id}/waitlist and /api/v1/waitlist. Another's entry is not found.

create or replace function api.join_waitlist(
    p_actor bigint,
    p_show_id bigint,
    p_quantity integer,
    p_tier text default null,
    p_mode text default 'offer',
    p_payment_method text default null,
    p_idempotency_key text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return waitlist.join_queue(p_show_id, p_actor, p_quantity, p_tier, p_mode, p_payment_method, p_idempotency_key);
end;
$$;

comment on function api.join_waitlist is
'Queue for seats of a show of which too few are free: "quantity" of them, of "tier" or of any. Mode "offer": when it is my turn they are held for me, and I have five minutes to pay; "buy": they are bought at once with "payment_method", or with my saved one. First come, first served. Errors: seats_available (hold them instead), cannot_be_met, already_waiting (with "entry_id"), waitlist_closed, no_payment_method, too_many_seats, not_on_sale.';

create or replace function api.list_waitlist(
    p_actor bigint,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform api.check_page(p_page, p_per_page);
    return api.list(
        (
            select json_agg(history.entry_json(e.show_id, e.entry_id) order by e.joined_at desc, e.entry_id)
            from (
                select
                    e.show_id,
                    e.entry_id,
                    e.joined_at
                from history.entries as e
                where e.user_id = p_actor
                order by
                    e.joined_at desc,
                    e.entry_id
                limit p_per_page
                offset (p_page::bigint - 1) * p_per_page
            ) as e
        ),
        p_page,
        p_per_page,
        (
            select count(*)
            from history.entries as e
            where e.user_id = p_actor
        )
    );
end;
$$;

comment on function api.list_waitlist is 'My waitlist entries, the newest first.';

create or replace function api.get_waitlist_entry(
    p_actor bigint,
    p_entry_id text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry json;
begin
    select history.entry_json(e.show_id, e.entry_id)
    into v_entry
    from sales.parse_public_id('wl', p_entry_id) as k
    inner join history.entries as e
        on e.show_id = k.show_id
        and e.entry_id = k.id
        and e.user_id = p_actor;
    if v_entry is null then
        perform api.raise('not_found');
    end if;
    return v_entry;
end;
$$;

comment on function api.get_waitlist_entry is
'One of my waitlist entries: its status, its position (1 is the next), and the booking that was offered or bought.';

create or replace function api.leave_waitlist(
    p_actor bigint,
    p_entry_id text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key record;
begin
    select k.show_id, k.id
    into v_key
    from sales.parse_public_id('wl', p_entry_id) as k;
    perform waitlist.leave_queue(v_key.show_id, v_key.id, p_actor);
end;
$$;

comment on function api.leave_waitlist is
'Leave the queue, from wherever in it; what was offered passes on at once. Errors: not_waiting.';

select api.add_route('POST', '/api/v1/shows/{show_id}/waitlist', 'api.join_waitlist', role => 'customer', lane => 'write', status => 201,
    rate_class => 'hold');
select api.add_route('GET', '/api/v1/waitlist', 'api.list_waitlist', role => 'customer');
select api.add_route('GET', '/api/v1/waitlist/{entry_id}', 'api.get_waitlist_entry', role => 'customer');
select api.add_route('DELETE', '/api/v1/waitlist/{entry_id}', 'api.leave_waitlist', role => 'customer', lane => 'write', status => 204);
