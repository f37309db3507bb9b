-- Who may do what. Everything is taken away first, then given by role. No role but the owner can touch a table.

revoke all on all functions in schema account, catalog, sales, waitlist, archive, history, ops, api, page, endpoint, report, sandbox
from public, boxoffice_server, boxoffice_worker, boxoffice_report, boxoffice_sandbox;
revoke all on all procedures in schema account, catalog, sales, waitlist, archive, history, ops, api, page, endpoint, report, sandbox
from public, boxoffice_server, boxoffice_worker, boxoffice_report, boxoffice_sandbox;
revoke all on all tables in schema account, catalog, sales, waitlist, archive, history, ops, api, page, endpoint, report, sandbox
from public, boxoffice_server, boxoffice_worker, boxoffice_report, boxoffice_sandbox;
alter default privileges for role boxoffice_owner revoke execute on functions from public;

-- All processes: which schema is loaded.
grant usage on schema ops to boxoffice_server, boxoffice_worker, boxoffice_sandbox;
grant execute on function ops.installed_schema to boxoffice_server, boxoffice_worker, boxoffice_sandbox;

-- The server: what routes name; where somebody acts, the function that takes the credential in place of the user.
grant usage on schema account, api, page, endpoint to boxoffice_server;
grant execute on function
    api.registry,
    account.password_salt,
    account.own_password_salt,
    account.signed_in,
    account.user_id_of,
    ops.watch_show,
    ops.watch_caller,
    ops.await_tellers,
    ops.metrics
to boxoffice_server;

do $$
declare
    v_function text;
begin
    for v_function in
        select distinct api.describe_function(f.name) ->> 'callable'
        from api.route as r
        cross join lateral (
            values
                (r.function),
                (r.batch_function),
                (r.await_function)
        ) as f (name)
        where f.name is not null
    loop
        execute format('grant execute on function %s to boxoffice_server', v_function);
    end loop;
end;
$$;

-- The worker: its queue, and what the provider answered.
grant usage on schema account, catalog, sales, waitlist to boxoffice_worker;
grant execute on function
    catalog.currency_decimals,
    ops.claim_outbox,
    ops.finish_outbox,
    ops.retry_outbox,
    ops.renew_lease,
    ops.give_up_outbox,
    ops.compose_mail,
    sales.open_checkout,
    sales.hear_intent,
    sales.fail_payment,
    sales.hear_refund,
    sales.fail_refund,
    sales.note_returned,
    sales.hear_dispute,
    sales.receive_provider_event,
    ops.promise_reading_events,
    ops.promise_events,
    ops.note_events_read,
    sales.settle_cancelled_show,
    waitlist.method_saved,
    waitlist.method_refused,
    account.keep_payment_method
to boxoffice_worker;

-- And the live channels.
grant execute on function
    ops.take_lead,
    ops.leave_lead,
    ops.watched_changes,
    ops.forget_unwatched,
    ops.note_figures
to boxoffice_worker;

-- The sandbox: its own schema.
grant usage on schema sandbox to boxoffice_sandbox;
grant execute on function
    sandbox.handle,
    sandbox.show_checkout,
    sandbox.act_on_checkout,
    sandbox.claim_deliveries,
    sandbox.finish_deliveries
to boxoffice_sandbox;

-- DBAs: views that show no secret, and no personal data but what a report needs.
grant usage on schema report to boxoffice_report;
grant select on all tables in schema report to boxoffice_report;
grant execute on function sales.public_id, sales.unmatched_minor to boxoffice_report;
