-- Waiting for seats: joining from the sold-out map, the page of who waits, leaving.

create or replace function page.waitlist(
    p_actor bigint,
    p_entry_id text,
    p_language text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Exactly one of is_waiting, is_offered, is_buying, is_fulfilled and is_over is true. is_offered: the seats are held for the
-- buyer, and the page leads on to the booking's countdown; is_buying: they are being paid for, mode `buy`.
-- "seats_held": seats of the show that are neither free nor sold, as GET /api/v1/shows/{show_id} counts them.
declare
    v_entry jsonb := api.get_waitlist_entry(p_actor, p_entry_id);
    v_show jsonb := api.get_show((v_entry ->> 'show_id')::bigint);
    v_status text := v_entry ->> 'status';
    v_is_buy boolean := v_entry ->> 'mode' = 'buy';
begin
    return json_build_object(
        'show', page.show_head((v_entry ->> 'show_id')::bigint, p_language),
        'entry_id', v_entry -> 'entry_id',
        'status', v_status,
        'is_live', v_status in ('waiting', 'offered'),
        'is_waiting', v_status = 'waiting',
        'is_offered', v_status = 'offered' and not v_is_buy,
        'is_buying', v_status = 'offered' and v_is_buy,
        'is_fulfilled', v_status = 'fulfilled',
        'is_over', v_status in ('expired', 'cancelled', 'failed'),
        'position', v_entry -> 'position',
        'is_next', v_entry ->> 'position' = '1',
        'quantity', v_entry -> 'quantity',
        'tier', v_entry -> 'tier',
        'is_buy', v_is_buy,
        'method', page.entry_method(p_actor, p_entry_id),
        'policy', (
            select s.waitlist_policy
            from sales.shows as s
            where s.show_id = (v_entry ->> 'show_id')::bigint
        ),
        'seats_held', coalesce(v_show -> 'seats_held', '0'),
        'hold_minutes', ceil((v_show ->> 'hold_seconds')::numeric / 60),
        'expires_at', page.at((v_entry ->> 'expires_at')::timestamptz, v_show #>> '{venue,timezone}'),
        'booking_id', v_entry -> 'booking_id',
        'end_reason', v_entry -> 'end_reason',
        'may_join_again', v_show ->> 'status' in ('on_sale', 'sold_out')
    );
end;
$$;

comment on function page.waitlist is 'A place in a show''s queue: how far it is, what can happen, leaving.';
select api.add_route('GET', '/waitlist/{entry_id}', 'page.waitlist', role => 'customer', answer => 'page', template => 'waitlist');

create or replace function page.entry_method(
    p_user_id bigint,
    p_entry_id text
)
returns text
language sql
stable
as $$
-- What the entry's buyer knows the payment method by that mode `buy` charges; null while the provider has not kept it.
    select m.label
    from sales.parse_public_id('wl', p_entry_id) as k
    inner join waitlist.entries as e
        on e.show_id = k.show_id
        and e.entry_id = k.id
    inner join account.payment_methods as m
        on m.user_id = e.user_id
        and m.method_ref = e.payment_method
    where e.user_id = p_user_id;
$$;

create or replace function page.live_entry(
    p_user_id bigint,
    p_show_id bigint
)
returns json
language sql
stable
as $$
-- The reader's place in the show's queue, {"entry_id", "quantity"}; null: none.
    select json_build_object('entry_id', sales.public_id('wl', e.show_id, e.entry_id), 'quantity', e.quantity)
    from waitlist.entries as e
    where e.show_id = p_show_id
        and e.user_id = p_user_id
        and e.status in ('waiting', 'offered');
$$;

create or replace function page.join_form(
    p_user_id bigint,
    p_show json,
    p_wanted integer,
    p_tier text
)
returns json
language plpgsql
stable
as $$
-- The form that joins the queue of p_show (api.get_show) as templates/_join.tpl shows it, {"methods": the reader's saved ones}; or
-- null: the show has no waitlist, no seat of it can come free, p_wanted seats (of p_tier, or of any when null) are free, or
-- the reader waits already.
declare
    v_show_id bigint := (p_show ->> 'show_id')::bigint;
    v_available bigint := (p_show ->> 'seats_available')::bigint;
begin
    if p_show ->> 'status' not in ('on_sale', 'sold_out')
        or (p_show ->> 'seats_held')::bigint = 0
        or page.live_entry(p_user_id, v_show_id) is not null
        or not exists (
            select
            from sales.shows as s
            where s.show_id = v_show_id
                and s.waitlist_enabled
        )
    then
        return null;
    end if;
    if p_tier is not null then
        select count(*)
        into v_available
        from sales.show_seats as s
        where s.show_id = v_show_id
            and s.tier = p_tier
            and (s.status = 'available' or s.held_until <= now());
    end if;
    return case
        when v_available < p_wanted
            then json_build_object('methods', account.payment_methods_json(p_user_id))
    end;
end;
$$;

create or replace function page.join_waitlist(
    p_actor bigint,
    p_show_id bigint,
    p_quantity integer,
    p_tier text default null,
    p_payment_method text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The form that joins the queue; with a payment method in mode `buy`. Leads to the place in the queue; or back to the map, which
-- says what was refused; or, for a stranger, to signing in and then back. That money may be taken is not carried along by
-- any address: after a refusal it is asked anew.
declare
    v_path text := '/shows/' || p_show_id;
    v_asked text[] := array['quantity', p_quantity::text, 'tier', p_tier];
    v_entry json;
    v_state text;
    v_detail text;
begin
    if p_actor is null then
        return json_build_object('location', page.link('/login', 'next', page.link(v_path, variadic v_asked)));
    end if;
    v_entry := api.join_waitlist(
        p_actor,
        p_show_id,
        p_quantity,
        p_tier,
        case when p_payment_method is null then 'offer' else 'buy' end,
        p_payment_method
    );
    return json_build_object('location', '/waitlist/' || (v_entry ->> 'entry_id'));
exception
    -- too_many_seats, not_on_sale, seats_available, cannot_be_met, already_waiting, waitlist_closed
    when sqlstate 'BX904' or sqlstate 'BX906' or sqlstate 'BX941' or sqlstate 'BX942' or sqlstate 'BX943' or sqlstate 'BX944' then
        get stacked diagnostics v_state = returned_sqlstate, v_detail = pg_exception_detail;
        return json_build_object(
            'location',
            page.link(
                v_path,
                variadic array[
                    'refused', (select e.code from api.error as e where e.sqlstate = v_state),
                    'available', v_detail::json ->> 'available'
                ] || v_asked
            )
        );
end;
$$;

comment on function page.join_waitlist is 'The form that joins a show''s queue.';
select api.add_route('POST', '/shows/{show_id}/waitlist', 'page.join_waitlist', answer => 'redirect', status => 303,
    lane => 'write', rate_class => 'hold');

create or replace function page.leave_waitlist(
    p_actor bigint,
    p_entry_id text
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Leaves the queue and stays at the page, which says so; when there is nothing left to leave, that says what has become of it.
begin
    perform api.leave_waitlist(p_actor, p_entry_id);
    return json_build_object('location', '/waitlist/' || p_entry_id);
exception
    when sqlstate 'BX946' then
        return json_build_object('location', '/waitlist/' || p_entry_id);
end;
$$;

comment on function page.leave_waitlist is 'The form that leaves a queue.';
select api.add_route('POST', '/waitlist/{entry_id}/leave', 'page.leave_waitlist', role => 'customer', answer => 'redirect',
    status => 303, lane => 'write');
