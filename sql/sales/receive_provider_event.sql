create or replace function sales.receive_provider_event(p_event jsonb)
returns text
language plpgsql
as $$
-- One event of the provider, its signature already checked. The mark that it was handled and the handling are one
-- transaction, so that a crash loses both; a repeat is recognised by the mark. An event that does not concern us is
-- recorded and left. Returns what became of it.
declare
    v_object jsonb := p_event #> '{data,object}';
    v_show_id bigint;
    v_payment_id uuid;
begin
    if jsonb_typeof(p_event -> 'id') is distinct from 'string'
        or jsonb_typeof(p_event -> 'type') is distinct from 'string'
        or jsonb_typeof(v_object) is distinct from 'object'
    then
        perform api.raise_invalid('event', 'An event has "id", "type" and "data.object".');
    end if;

    insert into ops.provider_events (
        event_id,
        type,
        payload
    )
    values (
        p_event ->> 'id',
        p_event ->> 'type',
        p_event
    )
    on conflict (event_id) do nothing;
    if not found then
        return 'repeat';
    end if;

    if coalesce(v_object #>> '{metadata,show_id}', '') !~ '^[0-9]{1,18}$'
        or coalesce(v_object #>> '{metadata,payment_id}', '') !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    then
        return 'ignored';
    end if;
    v_show_id := (v_object #>> '{metadata,show_id}')::bigint;
    v_payment_id := (v_object #>> '{metadata,payment_id}')::uuid;

    case p_event ->> 'type'
        when 'payment_intent.amount_capturable_updated' then
            return sales.complete_payment(v_show_id, v_payment_id, v_object ->> 'id');
        when 'payment_intent.succeeded' then
            -- Its authorization may not have been heard of yet.
            perform sales.complete_payment(v_show_id, v_payment_id, v_object ->> 'id');
            return sales.settle_capture(v_show_id, v_payment_id);
        when 'payment_intent.payment_failed' then
            -- On the provider's page a declined card is not the end: the buyer tries another one there.
            if exists (
                select
                from sales.payments as p
                where p.show_id = v_show_id
                    and p.payment_id = v_payment_id
                    and p.method = 'token'
            ) then
                return sales.fail_payment(
                    v_show_id,
                    v_payment_id,
                    coalesce(
                        nullif(v_object #>> '{last_payment_error,decline_code}', 'generic_decline'),
                        v_object #>> '{last_payment_error,code}',
                        'card_declined'
                    ),
                    v_object ->> 'id'
                );
            end if;
            return 'ignored';
        when 'payment_intent.canceled' then
            -- Final. While the payment is pending it was not we who asked for it: no money will come.
            perform sales.fail_payment(
                v_show_id,
                v_payment_id,
                coalesce(v_object ->> 'cancellation_reason', 'canceled'),
                v_object ->> 'id'
            );
            return sales.settle_void(v_show_id, v_payment_id);
        when 'checkout.session.expired' then
            return sales.fail_payment(v_show_id, v_payment_id, 'checkout_expired');
        else
            return 'ignored';
    end case;
end;
$$;
