-- What an error means, in a sentence, and both in Chinese: for problems and for the pages that explain them.
alter table api.error add column detail text;
alter table api.error add column title_zh text;
alter table api.error add column detail_zh text;
update api.error
set
    detail = title,
    title_zh = title,
    detail_zh = title;
alter table api.error alter column detail set not null;
alter table api.error alter column title_zh set not null;
alter table api.error alter column detail_zh set not null;

comment on column api.error.detail is 'What it means and what to do, when the place that raises it says nothing more particular.';

-- A function's comment is English; /docs in Chinese says this instead.
create table api.chinese_description (
    function text not null,
    description text not null,
    constraint chinese_description_pkey primary key (function),
    constraint chinese_description_not_empty check (length(description) > 0)
);

comment on table api.chinese_description is 'What the endpoints'' functions do, in Chinese.';

-- An address that names a version never answers anything else.
alter table api.route add column fixed_by text;
alter table api.route add constraint route_fixed_is_cached check (fixed_by is null or cache_seconds > 0);

comment on column api.route.fixed_by is 'The argument that names a version: with it the answer never changes, and is cached for long.';

alter table sales.shows add column has_waiting_room boolean not null default false;

comment on column sales.shows.has_waiting_room is 'Whether buyers pass a waiting room before they can hold seats.';

-- It takes one more argument.
drop function if exists api.add_route(
    text, text, text, text, text, text, integer, integer, text, text, text, text, text, text
);
