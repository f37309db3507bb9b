-- Events and their way to the webhook (https://docs.stripe.com/webhooks): at least once, in no certain order.

-- Notes that something happened to p_object, and has it delivered: a moment later, as Stripe's events mostly come after the
-- answer to the call that made them has been dealt with.
create or replace function sandbox.record_event(p_type text, p_object json) returns void
language plpgsql volatile
as $$
declare
    v_event_id text := sandbox.new_id('evt');
begin
    insert into sandbox.events (event_id, type, payload, deliver_at)
    select
        v_event_id,
        p_type,
        json_build_object(
            'id', v_event_id,
            'object', 'event',
            'api_version', '2024-06-20',
            'created', sandbox.unix_time(now()),
            'data', json_build_object('object', p_object),
            'livemode', false,
            'pending_webhooks', 1,
            'type', p_type
        ),
        case
            when b.webhooks_enabled then clock_timestamp() + (50 + b.webhook_spread_ms * random()) * interval '1 ms'
        end
    from sandbox.behaviour as b;
end;
$$;

create or replace function sandbox.retrieve_event(p_event_id text) returns sandbox.answer
language plpgsql stable
as $$
declare
    v_event json;
begin
    select
        e.payload
    into v_event
    from sandbox.events as e
    where e.event_id = p_event_id;

    if v_event is null then
        perform sandbox.refuse(404, 'resource_missing', format('No such event: ''%s''', p_event_id), 'id');
    end if;
    return (200, v_event);
end;
$$;

-- Lends up to p_limit due events for p_lease_seconds, oldest first. One that is not finished by then is due again.
-- Locks the rows it lends; skips those that another has locked.
create or replace function sandbox.claim_deliveries(
    p_limit integer,
    p_lease_seconds integer,
    out event_id text,
    out payload text
) returns setof record
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform sandbox.expire_due_sessions();
    perform sandbox.turn_due_refunds();

    return query
    update sandbox.events as e
    set
        deliver_at = clock_timestamp() + p_lease_seconds * interval '1 s',
        attempt_count = e.attempt_count + 1
    -- By keys in an array: the plan, which knows no p_limit, would join a tenth of all due ones by reading the whole table.
    where e.event_id = any (
        array(
            select d.event_id
            from sandbox.events as d
            where d.deliver_at <= now()
            order by d.deliver_at
            limit p_limit
            for update skip locked
        )
    )
    returning e.event_id, e.payload::text;
end;
$$;

-- Takes lent events back: delivered ones are done, the others are due again after 1 s, 2 s, 4 s … 60 s, for three days.
create or replace function sandbox.finish_deliveries(p_delivered text[], p_failed text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    update sandbox.events as e
    set
        deliver_at = case
            when b.webhooks_duplicated and e.delivered_count = 0 then clock_timestamp()
        end,
        delivered_count = e.delivered_count + 1
    from sandbox.behaviour as b
    where e.event_id = any (p_delivered);

    update sandbox.events as e
    set
        deliver_at = case
            when e.created_at > now() - interval '3 days'
                then clock_timestamp() + least(60, power(2, least(e.attempt_count, 10) - 1)) * interval '1 s'
        end
    where e.event_id = any (p_failed);
end;
$$;
