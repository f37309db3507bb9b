create or replace function sales.receive_provider_event(
    p_event jsonb,
    p_by_worker boolean default false
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- One event of the provider, its signature already checked. The mark that it was handled and the handling are one
-- transaction, so that a crash loses both; a repeat is recognised by the mark. An event that does not concern us is
-- recorded and left. A refund or a dispute of a charge whose show is in the archive brings the show back, which takes a while: so
-- the worker does that (p_by_worker), and others leave the event to it. Returns what became of it.
declare
    v_object jsonb := p_event #> '{data,object}';
    v_archived_show_id bigint;
    v_named record;
begin
    if jsonb_typeof(p_event -> 'id') is distinct from 'string'
        or jsonb_typeof(p_event -> 'type') is distinct from 'string'
        or jsonb_typeof(v_object) is distinct from 'object'
    then
        perform api.raise_invalid('event', 'An event has "id", "type" and "data.object".');
    end if;

    if p_event ->> 'type' ~ '^(charge[.]dispute|(charge[.])?refund)[.]' then
        v_archived_show_id := archive.show_of_charge(v_object ->> 'payment_intent');
    end if;
    if v_archived_show_id is not null and not p_by_worker then
        perform ops.promise_events(jsonb_build_array(p_event));
        return 'promised';
    elsif v_archived_show_id is not null then
        perform archive.bring_back(v_archived_show_id);
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

    if p_event ->> 'type' like 'charge.dispute.%' then
        return sales.hear_dispute(v_object, to_timestamp((p_event ->> 'created')::bigint));
    elsif p_event ->> 'type' in ('refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated') then
        return sales.hear_refund(v_object);
    elsif p_event ->> 'type' in (
        'payment_intent.amount_capturable_updated',
        'payment_intent.succeeded',
        'payment_intent.payment_failed',
        'payment_intent.canceled'
    ) then
        v_named := sales.payment_named(v_object);
        if v_named.payment_id is not null then
            return sales.hear_intent(v_named.show_id, v_named.payment_id, v_object);
        end if;
    elsif p_event ->> 'type' = 'checkout.session.completed' then
        -- Its intent tells the rest; but where only this is heard, the page is asked.
        v_named := sales.payment_named(v_object);
        if exists (
            select
            from sales.payments as p
            where p.show_id = v_named.show_id
                and p.payment_id = v_named.payment_id
                and p.status = 'pending'
                and p.checkout_ref = v_object ->> 'id'
        ) then
            perform sales.look_at_intent(v_named.show_id, v_named.payment_id, v_object ->> 'id');
            return 'asked';
        end if;
    elsif p_event ->> 'type' = 'checkout.session.expired' then
        v_named := sales.payment_named(v_object);
        if v_named.payment_id is not null then
            return sales.hear_closed_checkout(v_named.show_id, v_named.payment_id, v_object ->> 'id');
        end if;
    end if;
    return 'ignored';
end;
$$;
