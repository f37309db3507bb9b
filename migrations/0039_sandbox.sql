-- The sandbox knows Stripe's lists, versions and what can be expanded (sql/sandbox/{collections,versions}.sql).
drop function if exists sandbox.handle(text, text, text, text, jsonb);
drop function if exists sandbox.dispatch(text, text, jsonb);
drop function if exists sandbox.list_events(jsonb);
drop function if exists sandbox.list_refunds(jsonb);
drop function if exists sandbox.expanded(json, jsonb);
