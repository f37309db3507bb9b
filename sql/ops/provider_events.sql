-- The provider's own list of events (https://docs.stripe.com/api/events/list), read every twenty seconds, and every three while somebody
-- pays on the provider's page: whatever webhook is lost, what it would have said is heard nevertheless, and who comes back from the page
-- does not wait for it. The worker reads the list; each event that is not known is work of its own, and is
-- received as if its webhook had come.

create or replace function ops.event_types()
returns text[]
language sql
immutable
as $$
-- Those that sales.receive_provider_event does something about.
    select array[
        'charge.dispute.created', 'charge.dispute.updated', 'charge.dispute.closed',
        'refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated',
        'payment_intent.amount_capturable_updated', 'payment_intent.succeeded', 'payment_intent.payment_failed', 'payment_intent.canceled',
        'checkout.session.completed', 'checkout.session.expired'
    ];
$$;

create or replace function ops.promise_reading_events()
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Promises that the list is read on from where it was read to, if that is due and not promised already. Each worker asks for it now and
-- then; of several one promises it. Returns whether it did.
declare
    v_since bigint;
begin
    update ops.read_events as r
    set asked_at = now()
    where r.asked_at <= now() - case
        when exists (
            select
            from sales.payments as p
            where p.status = 'pending'
                and p.method = 'hosted'
                and p.deadline_at > now() - interval '10 minutes'
        ) then interval '3 seconds'
        else interval '20 seconds'
    end
        and not exists (
            select
            from ops.outbox as o
            where o.kind = 'read_events'
                and o.done_at is null
                and o.dead_at is null
        )
    returning floor(extract(epoch from r.read_until)) into v_since;
    if v_since is null then
        return false;
    end if;
    perform ops.add_work(0, 'read_events', jsonb_build_object('since', v_since, 'types', to_jsonb(ops.event_types())));
    return true;
end;
$$;

create or replace function ops.promise_events(p_events jsonb)
returns integer
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Of a page of the list, promises that each event which nobody has told us is received. Returns how many these are.
declare
    v_count integer;
begin
    insert into ops.outbox (show_id, kind, payload)
    select
        0,
        'hear_event',
        jsonb_build_object('event', e.event)
    from jsonb_array_elements(p_events) with ordinality as e (event, place)
    where not exists (
        select
        from ops.provider_events as k
        where k.event_id = e.event ->> 'id'
    )
    order by e.place desc;
    get diagnostics v_count = row_count;
    return v_count;
end;
$$;

create or replace function ops.note_events_read(p_until bigint)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- All that the provider had made before p_until (seconds since 1970, by its clock) was read; null: there was nothing new. What was made
-- within the last five seconds before is read again: the list may be a moment behind.
    update ops.read_events as r
    set read_until = greatest(r.read_until, to_timestamp(p_until - 5))
    where p_until is not null;
$$;
