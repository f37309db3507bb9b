-- Disputes: a bank takes back what a buyer paid. The provider takes the money away when the dispute is opened, and gives it back if it
-- is won; an inquiry (warning_…) takes nothing yet.

create or replace function sales.record_dispute(
    p_dispute jsonb,
    p_told_at timestamptz
)
returns text
language plpgsql
as $$
-- What the provider tells of a dispute (https://docs.stripe.com/api/disputes/object), in any order and more than once: a status
-- only goes on, from an inquiry to a dispute to its end, which stays. The charge is known by its payment intent. Returns the dispute's
-- status, or null if no charge of ours is disputed. Locks the charge, the dispute, the tickets, and as end_dispute.
declare
    v_statuses constant text[] := array[
        'warning_needs_response', 'warning_under_review', 'needs_response', 'under_review', 'warning_closed', 'prevented', 'won', 'lost'
    ];
    v_charge record;
    v_status text;
begin
    select
        p.show_id,
        p.payment_id,
        p.booking_id
    into v_charge
    from sales.payments as p
    where p.provider_ref = p_dispute ->> 'payment_intent'
        and p.kind = 'charge'
    for no key update;
    if not found then
        return null;
    end if;

    insert into sales.disputes as d (
        show_id,
        dispute_ref,
        payment_id,
        amount_minor,
        currency,
        reason,
        status,
        opened_at,
        closed_at
    )
    values (
        v_charge.show_id,
        p_dispute ->> 'id',
        v_charge.payment_id,
        catalog.minor_amount((p_dispute ->> 'amount')::bigint, p_dispute ->> 'currency'),
        upper(p_dispute ->> 'currency'),
        p_dispute ->> 'reason',
        p_dispute ->> 'status',
        to_timestamp((p_dispute ->> 'created')::bigint),
        case when p_dispute ->> 'status' in ('won', 'lost', 'warning_closed', 'prevented') then p_told_at end
    )
    on conflict (show_id, dispute_ref) do update
    set
        amount_minor = excluded.amount_minor,
        reason = coalesce(excluded.reason, d.reason),
        status = excluded.status,
        closed_at = excluded.closed_at
    where d.closed_at is null
        and coalesce(array_position(v_statuses, excluded.status) >= array_position(v_statuses, d.status), true)
    returning d.status into v_status;
    if v_status is not null then
        perform sales.mark_disputed_tickets(v_charge.show_id, v_charge.booking_id);
    end if;
    if v_status in ('won', 'lost') then
        perform sales.end_dispute(v_charge.show_id, v_charge.payment_id, p_dispute);
    end if;
    return coalesce(
        v_status,
        (
            select d.status
            from sales.disputes as d
            where d.show_id = v_charge.show_id
                and d.dispute_ref = p_dispute ->> 'id'
        )
    );
end;
$$;

create or replace function sales.mark_disputed_tickets(
    p_show_id bigint,
    p_booking_id uuid
)
returns void
language plpgsql
as $$
-- A booking's tickets say whether its money is disputed, so that the door, which locks them anyway, need not look elsewhere.
-- Locks the tickets.
declare
    v_is_disputed boolean := sales.dispute_of_booking(p_show_id, p_booking_id) is not null;
begin
    -- In the order in which doors that upload their scans lock them.
    perform
    from sales.tickets as t
    where t.show_id = p_show_id
        and t.booking_id = p_booking_id
    order by t.ticket_id
    for no key update;
    update sales.tickets as t
    set is_disputed = v_is_disputed
    where t.show_id = p_show_id
        and t.booking_id = p_booking_id
        and t.is_disputed <> v_is_disputed;
end;
$$;

create or replace function sales.end_dispute(
    p_show_id bigint,
    p_charge_id uuid,
    p_dispute jsonb
)
returns void
language plpgsql
as $$
-- A dispute of the charge was won or lost. Refunds that waited for that are asked for when it was won; when it was lost, the bank
-- has returned the money, and they come to an end without a word to the buyer: a person is told of them, and of the loss. The caller
-- has locked the charge. Locks the refunds.
declare
    v_refund_id uuid;
begin
    for v_refund_id in
        select p.payment_id
        from sales.payments as p
        where p.show_id = p_show_id
            and p.charge_payment_id = p_charge_id
            and p.kind = 'refund'
            and p.status = 'pending'
            and p.provider_ref is null
            and not ops.has_open_work(p.show_id, p.payment_id)
        for update
    loop
        if p_dispute ->> 'status' = 'won' then
            perform sales.promise_refund(p_show_id, v_refund_id);
        else
            perform sales.fail_disputed_refund(p_show_id, v_refund_id);
        end if;
    end loop;
    if p_dispute ->> 'status' = 'lost' and not sales.note_double_return(p_show_id, p_charge_id) then
        perform sales.note_discrepancy(p_show_id, p_charge_id, p_dispute, 'dispute_lost');
    end if;
end;
$$;

create or replace function sales.fail_disputed_refund(
    p_show_id bigint,
    p_refund_id uuid
)
returns text
language plpgsql
as $$
-- The provider refuses a refund, since the charge is disputed. Until that is decided, or heard of, the refund waits; when it is lost
-- the bank has returned the money, and the refund has failed, without a word to the buyer. Returns the refund's status. Locks the refund.
begin
    update sales.payments as p
    set
        status = 'failed',
        failure_code = 'charge_disputed',
        ended_at = now()
    where p.show_id = p_show_id
        and p.payment_id = p_refund_id
        and p.kind = 'refund'
        and p.status = 'pending'
        and exists (
            select
            from sales.disputes as d
            where d.show_id = p.show_id
                and d.payment_id = p.charge_payment_id
                and d.status = 'lost'
        )
        and not sales.is_charge_disputed(p.show_id, p.charge_payment_id);
    return (
        select p.status
        from sales.payments as p
        where p.show_id = p_show_id
            and p.payment_id = p_refund_id
            and p.kind = 'refund'
    );
end;
$$;

create or replace function sales.note_double_return(
    p_show_id bigint,
    p_charge_id uuid
)
returns boolean
language plpgsql
as $$
-- Tells a person, once, if banks took back what the provider had refunded, or the other way round: more is gone than was taken.
-- Returns whether it is. The caller has locked the charge.
declare
    v_lost record;
begin
    select
        min(d.dispute_ref) as dispute_ref,
        min(d.currency) as currency,
        sum(d.amount_minor)::bigint as amount_minor
    into v_lost
    from sales.disputes as d
    where d.show_id = p_show_id
        and d.payment_id = p_charge_id
        and d.status = 'lost';
    if v_lost.dispute_ref is null
        or v_lost.amount_minor + (
            select coalesce(sum(r.amount_minor), 0)
            from sales.payments as r
            where r.show_id = p_show_id
                and r.charge_payment_id = p_charge_id
                and r.kind = 'refund'
                and r.status = 'succeeded'
                and r.settled_by is null
        ) <= (
            select c.amount_minor
            from sales.payments as c
            where c.show_id = p_show_id
                and c.payment_id = p_charge_id
        )
    then
        return false;
    end if;
    perform sales.note_discrepancy(
        p_show_id,
        p_charge_id,
        jsonb_build_object(
            'id', v_lost.dispute_ref,
            'amount', catalog.provider_amount(v_lost.amount_minor, v_lost.currency),
            'currency', v_lost.currency
        ),
        'returned_twice'
    );
    return true;
end;
$$;

create or replace function sales.hear_dispute(
    p_dispute jsonb,
    p_told_at timestamptz default null,
    p_asked_count integer default 0
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- A dispute as the provider tells of it: by an event, or when it is asked. What is told in part is asked for whole; and one whose
-- charge is not known is asked for again for a day, since it may be one that is not known yet. Returns the dispute's status,
-- 'asked', or 'ignored': it is another's on the same account. Locks as record_dispute.
declare
    v_is_whole boolean := p_dispute ->> 'status' is not null
        and p_dispute ->> 'payment_intent' is not null
        and p_dispute ->> 'created' is not null
        and catalog.minor_amount((p_dispute ->> 'amount')::bigint, p_dispute ->> 'currency') > 0;
    v_status text;
begin
    if v_is_whole then
        v_status := sales.record_dispute(p_dispute, coalesce(p_told_at, now()));
        if v_status is not null then
            return v_status;
        end if;
    end if;
    if p_dispute ->> 'id' is null
        or p_asked_count >= 12
        or (v_is_whole and to_timestamp((p_dispute ->> 'created')::bigint) < now() - interval '1 day')
    then
        return 'ignored';
    end if;
    insert into ops.outbox (
        show_id,
        kind,
        payload,
        run_at
    )
    select
        0,
        'ask_dispute',
        jsonb_build_object('dispute_ref', p_dispute ->> 'id', 'asked_count', p_asked_count + 1),
        now() + case
            when v_is_whole or p_asked_count > 0 then least(2 ^ p_asked_count * interval '1 minute', interval '2 hours')
            else interval '0'
        end
    where not exists (
        select
        from ops.outbox as o
        where o.kind = 'ask_dispute'
            and o.payload ->> 'dispute_ref' = p_dispute ->> 'id'
            and o.done_at is null
            and o.dead_at is null
            and p_asked_count = 0
    );
    return 'asked';
end;
$$;

create or replace function sales.dispute_of_booking(
    p_show_id bigint,
    p_booking_id uuid
)
returns text
language plpgsql
stable
as $$
-- The status of a dispute that has the booking's money away: open or lost; null: there is none.
begin
    return (
        select d.status
        from sales.payments as p
        inner join sales.disputes as d
            on d.show_id = p.show_id
            and d.payment_id = p.payment_id
        where p.show_id = p_show_id
            and p.booking_id = p_booking_id
            and d.status in ('needs_response', 'under_review', 'lost')
        order by d.opened_at desc
        limit 1
    );
end;
$$;

create or replace function sales.is_charge_disputed(
    p_show_id bigint,
    p_charge_id uuid
)
returns boolean
language plpgsql
stable
as $$
-- Whether a bank has the charge's money and it is not decided yet who keeps it: until then the provider refunds nothing of it.
begin
    return exists (
        select
        from sales.disputes as d
        where d.show_id = p_show_id
            and d.payment_id = p_charge_id
            and d.status in ('needs_response', 'under_review')
    );
end;
$$;
