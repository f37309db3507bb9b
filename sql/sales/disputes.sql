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
-- only goes on, from an inquiry to a dispute to its end, which stays. The charge is known by its payment intent. What is lost is
-- listed for a person, and so is a charge whose money is gone twice. Returns the dispute's status, or null if no charge of ours is
-- disputed. Locks the dispute.
declare
    v_statuses constant text[] := array[
        'warning_needs_response', 'warning_under_review', 'needs_response', 'under_review', 'warning_closed', 'won', 'lost'
    ];
    v_charge record;
    v_status text;
begin
    select
        p.show_id,
        p.payment_id,
        p.refunded_minor
    into v_charge
    from sales.payments as p
    where p.provider_ref = p_dispute ->> 'payment_intent'
        and p.kind = 'charge';
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
        case when p_dispute ->> 'status' in ('won', 'lost', 'warning_closed') then p_told_at end
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
    if v_status = 'lost' then
        perform sales.note_discrepancy(
            v_charge.show_id,
            v_charge.payment_id,
            p_dispute,
            case when v_charge.refunded_minor > 0 then 'returned_twice' else 'dispute_lost' end
        );
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
        now() + case when v_is_whole then least(2 ^ p_asked_count * interval '1 minute', interval '2 hours') else interval '0' end
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
