-- Where Stripe's objects are found, how they are listed page by page (https://docs.stripe.com/api/pagination) and how an answer shows
-- one within another (https://docs.stripe.com/api/expanding_objects).

-- What lies under which path, and by which parameters its list is narrowed.
create or replace view sandbox.collections as
select
    c.path,
    c.kind,
    c.filters
from (
    values
        ('/v1/payment_intents', 'payment_intent', array['customer', 'created']),
        ('/v1/charges', 'charge', array['customer', 'payment_intent', 'created']),
        ('/v1/refunds', 'refund', array['charge', 'payment_intent', 'created']),
        ('/v1/disputes', 'dispute', array['charge', 'payment_intent', 'created']),
        ('/v1/checkout/sessions', 'checkout.session', array['customer', 'payment_intent', 'status', 'created']),
        ('/v1/customers', 'customer', array['email', 'created']),
        ('/v1/events', 'event', array['type', 'types', 'created']),
        ('/v1/setup_intents', 'setup_intent', array['customer', 'created']),
        ('/v1/payment_methods', 'payment_method', array[]::text[])
) as c (path, kind, filters);

-- Which members of which objects are ids that can be expanded, and what is found there.
create or replace view sandbox.expandable_members as
select
    e.kind,
    e.member,
    e.member_kind
from (
    values
        ('payment_intent', 'customer', 'customer'),
        ('payment_intent', 'latest_charge', 'charge'),
        ('payment_intent', 'payment_method', 'payment_method'),
        ('charge', 'customer', 'customer'),
        ('charge', 'payment_intent', 'payment_intent'),
        ('refund', 'charge', 'charge'),
        ('refund', 'payment_intent', 'payment_intent'),
        ('dispute', 'charge', 'charge'),
        ('dispute', 'payment_intent', 'payment_intent'),
        ('checkout.session', 'customer', 'customer'),
        ('checkout.session', 'payment_intent', 'payment_intent'),
        ('setup_intent', 'customer', 'customer'),
        ('setup_intent', 'payment_method', 'payment_method'),
        ('payment_method', 'customer', 'customer')
) as e (kind, member, member_kind);

create or replace function sandbox.object_of(p_kind text, p_id text) returns json
language plpgsql stable
as $$
begin
    return case p_kind
        when 'payment_intent' then sandbox.payment_intent_object(p_id)
        when 'charge' then sandbox.charge_object(sandbox.intent_of_charge(p_id))
        when 'refund' then sandbox.refund_object(p_id)
        when 'dispute' then sandbox.dispute_object(p_id)
        when 'checkout.session' then sandbox.checkout_session_object(p_id)
        when 'customer' then sandbox.customer_object(p_id)
        when 'setup_intent' then sandbox.setup_intent_object(p_id)
        when 'payment_method' then sandbox.payment_method_object(p_id)
        when 'event' then (select e.payload from sandbox.events as e where e.event_id = p_id)
    end;
end;
$$;

-- All that is listed, with what it may be narrowed by.
create or replace view sandbox.listed_objects as
select 'payment_intent' as kind, i.payment_intent_id as id, i.created_at, i.customer_id, i.payment_intent_id, i.status, null::text as email, null::text as type
from sandbox.payment_intents as i
union all
select 'charge', 'ch_' || substr(i.payment_intent_id, 4), i.created_at, i.customer_id, i.payment_intent_id, i.status, null, null
from sandbox.payment_intents as i
where i.status in ('requires_capture', 'succeeded')
union all
select 'refund', r.refund_id, r.created_at, null, r.payment_intent_id, r.status, null, null
from sandbox.refunds as r
union all
select 'dispute', d.dispute_id, d.created_at, null, d.payment_intent_id, d.status, null, null
from sandbox.disputes as d
union all
select 'checkout.session', s.session_id, s.created_at, s.customer_id, s.payment_intent_id, s.status, null, null
from sandbox.checkout_sessions as s
union all
select 'customer', c.customer_id, c.created_at, c.customer_id, null, null, c.email, null
from sandbox.customers as c
union all
select 'event', e.event_id, e.created_at, null, null, null, null, e.type
from sandbox.events as e
union all
select 'setup_intent', s.setup_intent_id, s.created_at, s.customer_id, null, s.status, null, null
from sandbox.setup_intents as s;

-- When a list may begin and end: `created` is a time, or {gt, gte, lt, lte}; until_at itself is outside.
create or replace function sandbox.created_parameter(
    p_parameters jsonb,
    out from_at timestamptz,
    out until_at timestamptz
)
language plpgsql stable
as $$
declare
    v_bounds jsonb := p_parameters -> 'created';
begin
    if jsonb_typeof(v_bounds) = 'object' then
        perform sandbox.allow_parameters(v_bounds, 'gt', 'gte', 'lt', 'lte');
        -- Objects are made within a second, and Stripe tells and compares whole ones.
        from_at := to_timestamp(greatest(
            sandbox.integer_parameter(p_parameters, 'created[gte]'), sandbox.integer_parameter(p_parameters, 'created[gt]') + 1
        ));
        until_at := to_timestamp(least(
            sandbox.integer_parameter(p_parameters, 'created[lte]') + 1, sandbox.integer_parameter(p_parameters, 'created[lt]')
        ));
    else
        from_at := to_timestamp(sandbox.integer_parameter(p_parameters, 'created'));
        until_at := from_at + interval '1 second';
    end if;
    from_at := coalesce(from_at, '-infinity');
    until_at := coalesce(until_at, 'infinity');
end;
$$;

-- The place in a list that starting_after or ending_before (p_name) names: null and null when it is missing.
create or replace function sandbox.cursor_parameter(
    p_parameters jsonb,
    p_name text,
    p_kind text,
    out created_at timestamptz,
    out id text
)
language plpgsql stable
set plan_cache_mode = force_custom_plan
as $$
begin
    id := sandbox.parameter(p_parameters, p_name);
    if id is null then
        return;
    end if;
    select l.created_at
    into created_at
    from sandbox.listed_objects as l
    where l.kind = p_kind
        and l.id = cursor_parameter.id;
    if not found then
        perform sandbox.refuse(400, 'resource_missing', format('No such %s: ''%s''', p_kind, id), p_name);
    end if;
end;
$$;

-- The types of events that are asked for, as patterns of LIKE; null: all. `type` may end in .*
create or replace function sandbox.types_parameter(p_parameters jsonb) returns text[]
language plpgsql stable
as $$
declare
    v_type text := sandbox.parameter(p_parameters, 'type');
    v_types jsonb := p_parameters -> 'types';
begin
    if jsonb_typeof(v_types) <> 'array' or jsonb_array_length(v_types) > 20 then
        perform sandbox.refuse(400, null, 'Invalid array: up to 20 types.', 'types');
    elsif v_type is not null and v_types is not null then
        perform sandbox.refuse(400, null, 'You may only specify one of these parameters: type, types.', 'type');
    end if;
    return (
        select array_agg(replace(replace(t.type, '_', '\_'), '*', '%'))
        from jsonb_array_elements_text(coalesce(v_types, jsonb_build_array(v_type))) as t (type)
        where t.type is not null
    );
end;
$$;

-- One page of a collection, newest first: limit (1 to 100, 10 if it is missing), starting_after or ending_before, created, and what
-- else the collection is narrowed by. Planned anew each time: with its values known, the collections and the filters that were
-- not asked for cost nothing.
create or replace function sandbox.list_objects(p_path text, p_parameters jsonb) returns sandbox.answer
language plpgsql stable
set plan_cache_mode = force_custom_plan
as $$
declare
    v_collection record;
    v_limit bigint := sandbox.limit_parameter(p_parameters);
    v_created record := sandbox.created_parameter(p_parameters);
    v_customer_id text := sandbox.customer_parameter(p_parameters);
    v_payment_intent_id text := coalesce(sandbox.payment_intent_parameter(p_parameters), sandbox.charge_parameter(p_parameters));
    v_status text := sandbox.word_parameter(p_parameters, 'status', null, 'open', 'complete', 'expired');
    v_types text[] := sandbox.types_parameter(p_parameters);
    v_email text := sandbox.parameter(p_parameters, 'email');
    v_is_backward boolean := p_parameters ? 'ending_before';
    v_after record;
    v_before record;
    v_ids text[];
    v_data json;
begin
    select c.kind, c.filters
    into v_collection
    from sandbox.collections as c
    where c.path = p_path;
    perform sandbox.allow_parameters(
        p_parameters, variadic array['limit', 'starting_after', 'ending_before'] || v_collection.filters
    );
    if v_is_backward and p_parameters ? 'starting_after' then
        perform sandbox.refuse(
            400, 'parameters_exclusive', 'You may only specify one of these parameters: starting_after, ending_before.'
        );
    end if;
    v_after := sandbox.cursor_parameter(p_parameters, 'starting_after', v_collection.kind);
    v_before := sandbox.cursor_parameter(p_parameters, 'ending_before', v_collection.kind);

    -- One more than asked for tells whether there are more. Towards the newer ones it is read from the other end.
    select array_agg(page.id order by page.created_at desc, page.id desc)
    into v_ids
    from (
        select l.id, l.created_at
        from sandbox.listed_objects as l
        where l.kind = v_collection.kind
            and l.created_at >= v_created.from_at
            and l.created_at < v_created.until_at
            and (v_customer_id is null or l.customer_id = v_customer_id)
            and (v_payment_intent_id is null or l.payment_intent_id = v_payment_intent_id)
            and (v_status is null or l.status = v_status)
            and (v_types is null or l.type like any (v_types))
            and (v_email is null or l.email = v_email)
            and (v_after.id is null or (l.created_at, l.id) < (v_after.created_at, v_after.id))
            and (v_before.id is null or (l.created_at, l.id) > (v_before.created_at, v_before.id))
        order by
            case when v_is_backward then l.created_at end,
            case when v_is_backward then l.id end,
            l.created_at desc,
            l.id desc
        limit v_limit + 1
    ) as page;

    select coalesce(json_agg(sandbox.object_of(v_collection.kind, shown.id) order by shown.place), '[]')
    into v_data
    from unnest(
        case
            when cardinality(v_ids) <= v_limit then v_ids
            when v_is_backward then v_ids[2:]
            else v_ids[:v_limit]
        end
    ) with ordinality as shown (id, place);
    return (
        200,
        json_build_object(
            'object', 'list', 'url', p_path, 'has_more', coalesce(cardinality(v_ids) > v_limit, false), 'data', v_data
        )
    );
end;
$$;

-- Refuses an `expand` that Stripe refuses: of a path that leads nowhere in an answer about p_kind (a list, if p_is_list).
create or replace function sandbox.check_expand(p_parameters jsonb, p_kind text, p_is_list boolean) returns void
language plpgsql stable
as $$
declare
    v_path text;
    v_names text[];
    v_kind text;
begin
    if jsonb_typeof(p_parameters -> 'expand') <> 'array' then
        perform sandbox.refuse(400, null, 'Invalid array', 'expand');
    end if;
    for v_path in
        select e.path
        from jsonb_array_elements_text(p_parameters -> 'expand') as e (path)
    loop
        v_names := string_to_array(v_path, '.');
        v_kind := p_kind;
        if cardinality(v_names) > 4 then
            perform sandbox.refuse(400, null, 'You cannot expand more than 4 levels of a property.', 'expand');
        elsif p_is_list then
            v_kind := case v_names[1] when 'data' then p_kind end;
            v_names := v_names[2:];
        end if;
        for v_number in 1 .. cardinality(v_names) loop
            v_kind := (
                select e.member_kind
                from sandbox.expandable_members as e
                where e.kind = v_kind
                    and e.member = v_names[v_number]
            );
        end loop;
        if v_kind is null or v_names = '{}' then
            perform sandbox.refuse(400, null, format('This property cannot be expanded (%s).', v_path), 'expand');
        end if;
    end loop;
end;
$$;

-- An answer with the objects on a path, which sandbox.check_expand has let pass, in the places of their ids.
create or replace function sandbox.expanded(p_object jsonb, p_names text[]) returns jsonb
language plpgsql stable
as $$
declare
    v_member jsonb := p_object -> p_names[1];
begin
    if p_names = '{}' or coalesce(jsonb_typeof(v_member), 'null') = 'null' then
        return p_object;
    elsif jsonb_typeof(v_member) = 'array' then
        v_member := (
            select jsonb_agg(sandbox.expanded(e.element, p_names[2:]) order by e.place)
            from jsonb_array_elements(v_member) with ordinality as e (element, place)
        );
        return jsonb_set(p_object, p_names[:1], coalesce(v_member, '[]'));
    elsif jsonb_typeof(v_member) = 'string' then
        v_member := (
            select sandbox.object_of(e.member_kind, v_member #>> '{}')::jsonb
            from sandbox.expandable_members as e
            where e.kind = p_object ->> 'object'
                and e.member = p_names[1]
        );
    end if;
    return jsonb_set(p_object, p_names[:1], sandbox.expanded(v_member, p_names[2:]));
end;
$$;

create or replace function sandbox.expanded_all(p_object json, p_paths jsonb) returns json
language plpgsql stable
as $$
declare
    v_object jsonb := p_object;
    v_path text;
begin
    for v_path in
        select e.path
        from jsonb_array_elements_text(p_paths) as e (path)
    loop
        v_object := sandbox.expanded(v_object, string_to_array(v_path, '.'));
    end loop;
    return v_object;
end;
$$;

-- What has been taken and not been given back, in each currency. None of it was ever paid out.
create or replace function sandbox.retrieve_balance() returns sandbox.answer
language sql stable
as $$
    select
        200,
        json_build_object(
            'object', 'balance',
            'available', json_agg(json_build_object('amount', 0, 'currency', b.currency, 'source_types', json_build_object('card', 0))),
            'livemode', false,
            'pending', json_agg(
                json_build_object('amount', b.amount, 'currency', b.currency, 'source_types', json_build_object('card', b.amount))
            )
        )
    from (
        select
            i.currency,
            sum(i.amount_received_minor - i.amount_refunded_minor - coalesce(d.withdrawn_minor, 0))::bigint as amount
        from sandbox.payment_intents as i
        left join (
            select
                d.payment_intent_id,
                sum(d.amount_minor) as withdrawn_minor
            from sandbox.disputes as d
            where d.status in ('needs_response', 'under_review', 'lost')
            group by d.payment_intent_id
        ) as d
            on d.payment_intent_id = i.payment_intent_id
        where i.status = 'succeeded'
        group by i.currency
        union all
        select 'eur', 0
        where not exists (select from sandbox.payment_intents as i where i.status = 'succeeded')
    ) as b;
$$;
