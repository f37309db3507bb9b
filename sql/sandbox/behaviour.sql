-- How the sandbox misbehaves, for tests of faults. Not of Stripe: POST /sandbox/behaviour.

create or replace function sandbox.retrieve_behaviour() returns sandbox.answer
language sql stable
as $$
    select
        200,
        json_build_object(
            'delay_ms', b.delay_ms,
            'fail_rate', b.fail_rate,
            'lose_rate', b.lose_rate,
            'drop_rate', b.drop_rate,
            'idle_ms', b.idle_ms,
            'webhooks_enabled', b.webhooks_enabled,
            'webhooks_duplicated', b.webhooks_duplicated,
            'webhook_spread_ms', b.webhook_spread_ms
        )
    from sandbox.behaviour as b;
$$;

-- Sets all switches; one that is missing goes back to its default, so that no parameters at all mean: behave.
create or replace function sandbox.set_behaviour(p_parameters jsonb) returns sandbox.answer
language plpgsql volatile
as $$
begin
    perform sandbox.allow_parameters(
        p_parameters,
        'delay_ms', 'fail_rate', 'lose_rate', 'drop_rate', 'idle_ms', 'webhooks_enabled', 'webhooks_duplicated',
        'webhook_spread_ms'
    );

    update sandbox.behaviour
    set
        delay_ms = coalesce(sandbox.integer_parameter(p_parameters, 'delay_ms'), 0),
        fail_rate = coalesce(sandbox.parameter(p_parameters, 'fail_rate')::double precision, 0),
        lose_rate = coalesce(sandbox.parameter(p_parameters, 'lose_rate')::double precision, 0),
        drop_rate = coalesce(sandbox.parameter(p_parameters, 'drop_rate')::double precision, 0),
        idle_ms = coalesce(sandbox.integer_parameter(p_parameters, 'idle_ms'), 0),
        webhooks_enabled = sandbox.word_parameter(p_parameters, 'webhooks_enabled', 'true', 'true', 'false') = 'true',
        webhooks_duplicated = sandbox.boolean_parameter(p_parameters, 'webhooks_duplicated'),
        webhook_spread_ms = coalesce(sandbox.integer_parameter(p_parameters, 'webhook_spread_ms'), 0);

    return sandbox.retrieve_behaviour();
exception
    when check_violation or invalid_text_representation or numeric_value_out_of_range then
        return sandbox.refuse(400, null, sqlerrm);
end;
$$;
