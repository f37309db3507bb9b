-- The schemas, who may enter them, and the registries that the server reads at its start.
-- Roles and extensions are cluster-wide or need a superuser: `boxoffice migrate` makes them before this file runs.

create schema account;      -- users, sessions, API keys
create schema catalog;      -- cities, venues, halls, seats, events: small, never written by the booking path
create schema sales;        -- shows, show seats, bookings, payments, tickets: everything of one show under its show_id
create schema waitlist;     -- the queue of a show
create schema api;          -- one function an endpoint, the routes, the errors
create schema page;         -- one function a web page, returning its model
create schema report;       -- views for DBAs
create schema sandbox;      -- the stand-in for the payment provider; shares nothing with the rest

-- Every SQLSTATE that a caller may see, and what it is over HTTP.
create table api.error (
    sqlstate character(5) not null,
    code text not null,
    status integer not null,
    title text not null,
    constraint error_pkey primary key (sqlstate),
    constraint error_code_key unique (code),
    constraint error_code_is_slug check (code ~ '^[a-z][a-z0-9_]*$'),
    constraint error_status_is_error check (status between 400 and 599)
);

comment on table api.error is 'SQLSTATE to HTTP: what the server answers when a function raises. Filled by sql/errors.sql.';

-- Every endpoint and page. Filled by the .sql file that holds the function.
create table api.route (
    method text not null,
    path text not null,
    function text not null,
    role text,
    answer text not null default 'json',
    template text,
    status integer not null default 200,
    cache_seconds integer not null default 0,
    rate_class text not null default 'default',
    lane text not null default 'read',
    batch_function text,
    batch_key text,
    await_function text,
    guard text,
    constraint route_pkey primary key (method, path),
    constraint route_method_known check (method in ('GET', 'POST', 'PATCH', 'PUT', 'DELETE')),
    constraint route_path_is_absolute check (path ~ '^/'),
    constraint route_role_known check (role in ('customer', 'staff', 'admin')),
    constraint route_answer_known check (answer in ('json', 'page', 'redirect', 'file', 'qr')),
    constraint route_page_has_template check ((answer = 'page') = (template is not null)),
    constraint route_status_is_success check (status between 200 and 399),
    constraint route_cache_seconds_not_negative check (cache_seconds >= 0),
    constraint route_only_get_is_cached check (cache_seconds = 0 or method = 'GET'),
    constraint route_lane_known check (lane in ('read', 'search', 'write')),
    constraint route_batch_is_whole check ((batch_function is null) = (batch_key is null)),
    constraint route_guard_known check (guard in ('password_new', 'password_check', 'stripe_signature'))
);

comment on table api.route is 'Routes are data: the server reads them, with pg_proc, at its start. Filled by api.add_route beside each function.';
comment on column api.route.role is 'The least role that may call; null: everybody.';
comment on column api.route.cache_seconds is 'How long the gateway may keep an answer for somebody who is signed out; 0: not at all.';
comment on column api.route.batch_function is 'Called with all requests for one batch_key that arrived while the last batch was under way.';
comment on column api.route.await_function is 'Polled with the answer''s own members until it answers non-null, when the answer says "await": true.';
comment on column api.route.guard is 'What the server does before the call: derive a password hash, or check the provider''s signature.';
