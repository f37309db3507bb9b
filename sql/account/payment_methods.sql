-- What may be charged while the buyer is away: kept at the provider, known here by its name for it.

create or replace function account.keep_payment_method(
    p_user_id bigint,
    p_customer_ref text,
    p_method_ref text,
    p_label text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider keeps this method for the user. A repeat is harmless; the provider's customer of a user stays the first one.
begin
    insert into account.provider_customers (user_id, customer_ref)
    values (p_user_id, p_customer_ref)
    on conflict (user_id) do nothing;
    insert into account.payment_methods as m (user_id, method_ref, label)
    values (p_user_id, p_method_ref, p_label)
    on conflict (user_id, method_ref) do update
    set
        label = excluded.label,
        removed_at = null;
end;
$$;

create or replace function account.payment_methods_json(p_user_id bigint)
returns json
language plpgsql
stable
as $$
-- The user's saved methods, the newest first: [{"payment_method", "label", "saved_at"}].
begin
    return (
        select coalesce(
            json_agg(
                json_build_object('payment_method', m.method_ref, 'label', m.label, 'saved_at', api.rfc3339(m.saved_at))
                order by m.saved_at desc
            ),
            '[]'
        )
        from account.payment_methods as m
        where m.user_id = p_user_id
            and m.removed_at is null
    );
end;
$$;
