-- GET /api/v1/admin/orders

create or replace function api.list_orders(
    p_actor bigint,
    p_q text default null,
    p_show_id bigint default null,
    p_status text default null,
    p_page integer default 1,
    p_per_page integer default 30
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Raises what sales.find_orders does.
    select sales.find_orders(p_q, p_show_id, p_status, p_page, p_per_page);
$$;

comment on function api.list_orders is 'Find bookings: by a part of the buyer''s e-mail address or name (three letters or more), a booking id or a ticket code ("q"), by show, by status; the newest first, each with its "buyer". Of very common names the bookings of 200 buyers.';
select api.add_route('GET', '/api/v1/admin/orders', 'api.list_orders', role => 'staff', lane => 'search');
