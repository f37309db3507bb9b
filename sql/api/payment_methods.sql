-- /api/v1/payment_methods: what I let be charged while I am away.

create or replace function api.list_payment_methods(p_actor bigint)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object('items', account.payment_methods_json(p_actor));
$$;

comment on function api.list_payment_methods is 'My saved payment methods, the newest first. One is saved by paying with "save_method", or by joining a waitlist in mode "buy".';

create or replace function api.remove_payment_method(
    p_actor bigint,
    p_payment_method text
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update account.payment_methods as m
    set removed_at = now()
    where m.user_id = p_actor
        and m.method_ref = p_payment_method
        and m.removed_at is null;
    if not found then
        perform api.raise('not_found');
    end if;
end;
$$;

comment on function api.remove_payment_method is 'Use a saved payment method no more for new purchases; waitlist entries that name it keep it.';

select api.add_route('GET', '/api/v1/payment_methods', 'api.list_payment_methods', role => 'customer');
select api.add_route('DELETE', '/api/v1/payment_methods/{payment_method}', 'api.remove_payment_method', role => 'customer', lane => 'write', status => 204);
