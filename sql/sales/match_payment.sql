-- Does what the provider reports belong to this payment, and what does it say? The one place that decides, whoever brings the
-- report: the answer to the worker's own request, a webhook, a search, or a list.
--
-- An intent is a charge's own when it is the one that we had made: the provider answered with it to our own request, or the page that
-- we had opened names it. Metadata prove nothing: whoever uses the same account of the provider can write them. Its amount, its
-- currency and what can be taken or was taken of it must be the charge's.
--
--     report ──match_intent──► ours ──follow_intent──► complete_payment, settle_capture, fail_payment …
--                 ├─ unbound ──► wait_for_intent: the charge does not know its intent yet; asked again soon
--                 └─ foreign, wrong_…, captured_… ──► refuse_intent: sells and settles nothing, its money is returned, a person is told

create or replace function sales.match_intent(
    p_provider_ref text,
    p_amount_minor bigint,
    p_currency text,
    p_intent jsonb,
    p_source text
)
returns text
language plpgsql
stable
as $$
-- Whether a payment intent (https://docs.stripe.com/api/payment_intents/object) is that of a charge, known by its own
-- p_provider_ref (null: not yet), and says what it should:
--     ours             all fits
--     unbound          the charge does not know its intent yet, and this may be it
--     foreign          it is another one's
--     wrong_currency, wrong_amount       what can be taken is not what is due
--     captured_less, captured_more       nor is what was taken
-- p_source: 'answer', to our own request: it is the charge's intent, if none is known yet; 'event': somebody says so; 'stranger': what
-- we asked for is another one.
declare
    v_status text := p_intent ->> 'status';
    v_currency text := upper(p_intent ->> 'currency');
    v_amount_minor bigint := catalog.minor_amount((p_intent ->> 'amount')::bigint, v_currency);
begin
    if p_provider_ref is null and p_source <> 'answer' then
        return case p_source when 'event' then 'unbound' else 'foreign' end;
    elsif p_provider_ref <> p_intent ->> 'id' then
        return 'foreign';
    elsif v_status not in ('requires_capture', 'succeeded') then
        return 'ours';
    elsif v_currency is distinct from p_currency then
        return 'wrong_currency';
    elsif v_amount_minor is distinct from p_amount_minor
        or (
            v_status = 'requires_capture'
            and catalog.minor_amount((p_intent ->> 'amount_capturable')::bigint, v_currency) is distinct from p_amount_minor
        )
    then
        return 'wrong_amount';
    elsif v_status = 'succeeded'
        and catalog.minor_amount((p_intent ->> 'amount_received')::bigint, v_currency) is distinct from p_amount_minor
    then
        return case when (p_intent ->> 'amount_received')::bigint > (p_intent ->> 'amount')::bigint then 'captured_more' else 'captured_less' end;
    end if;
    return 'ours';
end;
$$;

create or replace function sales.hear_intent(
    p_show_id bigint,
    p_payment_id uuid,
    p_intent jsonb,
    p_source text default 'event'
)
returns text
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The provider says how an intent stands that is, or claims to be, the charge's. p_intent: the provider's object; p_source as in
-- match_intent. Returns what became of the charge, or 'unknown' (no such charge), 'ignored', 'unbound' (it is looked at again
-- soon), 'refused'. May be told again and in any order. Locks as what it calls.
declare
    v_charge record;
    v_match text;
begin
    select
        p.kind,
        p.status,
        p.method,
        p.provider_ref,
        p.checkout_ref,
        p.amount_minor,
        p.currency
    into v_charge
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
    if v_charge.kind is distinct from 'charge' then
        return 'unknown';
    end if;

    v_match := sales.match_intent(v_charge.provider_ref, v_charge.amount_minor, v_charge.currency, p_intent, p_source);
    case v_match
        when 'ours' then
            return sales.follow_intent(p_show_id, p_payment_id, v_charge.status, v_charge.method, p_intent);
        when 'foreign' then
            return sales.refuse_intent(
                p_show_id,
                p_payment_id,
                p_intent,
                case when v_charge.status in ('authorized', 'succeeded') then 'second_charge' else 'foreign_charge' end
            );
        when 'unbound' then
            return sales.wait_for_intent(p_show_id, p_payment_id, v_charge.status, v_charge.checkout_ref, p_intent);
        else
            return sales.handle_mismatch(p_show_id, p_payment_id, v_charge.status, p_intent, v_match);
    end case;
end;
$$;

create or replace function sales.follow_intent(
    p_show_id bigint,
    p_payment_id uuid,
    p_status text,
    p_method text,
    p_intent jsonb
)
returns text
language plpgsql
as $$
-- The charge's own intent, of which all fits, stands as it says; the charge was in p_status when it was looked at. Returns as
-- hear_intent. Locks as what it calls.
declare
    v_status text := p_intent ->> 'status';
    v_currency text := upper(p_intent ->> 'currency');
    v_amount_minor bigint := catalog.minor_amount((p_intent ->> 'amount')::bigint, v_currency);
begin
    if v_status in ('requires_capture', 'succeeded') then
        -- Most often it was told before. What is authorized or succeeded stays so, which needs no lock to know.
        if p_status not in ('authorized', 'succeeded')
            and sales.complete_payment(p_show_id, p_payment_id, p_intent ->> 'id', v_amount_minor, v_currency) = 'voided'
        then
            return case
                when v_status = 'requires_capture' then 'voided'
                else sales.refuse_intent(p_show_id, p_payment_id, p_intent, 'captured_after_void')
            end;
        end if;
        return case
            when v_status = 'requires_capture' then 'paid'
            when p_status = 'succeeded' then 'succeeded'
            else sales.settle_capture(p_show_id, p_payment_id, v_amount_minor)
        end;
    elsif v_status = 'canceled' then
        -- While the payment is pending it was not we who asked for it: no money will come.
        if p_status = 'authorized' then
            perform sales.note_discrepancy(p_show_id, p_payment_id, p_intent, 'authorization_canceled');
            return sales.lose_authorization(p_show_id, p_payment_id, p_intent ->> 'cancellation_reason');
        end if;
        perform sales.fail_payment(
            p_show_id, p_payment_id, coalesce(p_intent ->> 'cancellation_reason', 'canceled'), p_intent ->> 'id'
        );
        return sales.settle_void(p_show_id, p_payment_id);
    elsif v_status like 'requires\_%' and p_method = 'token' then
        return sales.fail_payment(p_show_id, p_payment_id, sales.why_declined(p_intent), p_intent ->> 'id');
    end if;
    -- On the provider's page a declined card is not the end: the buyer tries another one there.
    return 'ignored';
end;
$$;

create or replace function sales.why_declined(p_intent jsonb)
returns text
language sql
immutable
as $$
-- Why an intent has no money, in the provider's word: the bank's reason where it gave one.
    select case
        when p_intent ->> 'status' = 'requires_action' then 'authentication_required'
        else coalesce(
            nullif(p_intent #>> '{last_payment_error,decline_code}', 'generic_decline'),
            p_intent #>> '{last_payment_error,code}',
            p_intent #>> '{last_payment_error,type}',
            case when p_intent ->> 'last_payment_error' is not null then 'card_declined' else 'never_authorized' end
        )
    end;
$$;

create or replace function sales.wait_for_intent(
    p_show_id bigint,
    p_payment_id uuid,
    p_status text,
    p_checkout_ref text,
    p_intent jsonb
)
returns text
language plpgsql
as $$
-- Money is heard of that may be the charge's, before the charge knows its own intent: the answer to our own request is on its way, or
-- was lost and is asked for again, now rather than later; or the buyer has paid on the provider's page, which is asked. Then this
-- intent is judged again. Returns 'unbound', or as refuse_intent when no answer is to come any more.
begin
    if coalesce(p_intent ->> 'status', '') not in ('requires_capture', 'succeeded') then
        return 'ignored';
    elsif p_status <> 'pending' and not ops.has_open_work(p_show_id, p_payment_id) then
        return sales.refuse_intent(p_show_id, p_payment_id, p_intent, 'foreign_charge');
    end if;

    update ops.outbox as o
    set run_at = now()
    where o.show_id = p_show_id
        and o.payload ->> 'payment_id' = p_payment_id::text
        and o.done_at is null
        and coalesce(o.dead_at, o.leased_until) is null
        and o.kind in ('authorize', 'open_checkout')
        and o.run_at > now();
    perform sales.look_at_intent(p_show_id, p_payment_id, p_checkout_ref, p_intent ->> 'id');
    return 'unbound';
end;
$$;

create or replace function sales.look_at_intent(
    p_show_id bigint,
    p_payment_id uuid,
    p_checkout_ref text,
    p_intent_ref text default null
)
returns void
language plpgsql
as $$
-- Promises to ask the provider soon how the charge stands: its page (p_checkout_ref, null: it has none), which knows its intent; and an
-- intent that claims to be the charge's (p_intent_ref, null: none). The longer the charge is under way, the later.
begin
    insert into ops.outbox (
        show_id,
        kind,
        payload,
        run_at
    )
    select
        p_show_id,
        'look',
        jsonb_strip_nulls(
            jsonb_build_object('charge_id', p_payment_id, 'checkout_ref', p_checkout_ref, 'intent_ref', p_intent_ref)
        ),
        now() + case
            when p_checkout_ref is null then least((now() - p.created_at) / 2 + interval '1 second', interval '1 minute')
            else interval '0'
        end
    from sales.payments as p
    where p.show_id = p_show_id
        and p.payment_id = p_payment_id;
end;
$$;
