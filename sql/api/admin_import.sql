-- POST /api/v1/admin/import

create or replace function api.import_catalogue(
    p_actor bigint,
    p_raw_body text,
    p_what text default null,
    p_dry_run boolean default false
)
returns json
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
    select catalog.import(p_actor, p_raw_body, p_what, p_dry_run);
$$;

comment on function api.import_catalogue is
'Import the catalogue, all or nothing. The body is a document {"cities": [], "venues": [], "halls": [], "events": [], "shows": []}, or with "what" in the query the CSV of one of these lists, whose first line names the fields. What is there is found by its names (city by slug, venue and hall by name, event by kind and title) and changed. Errors: invalid_request with "faults", each with its list, line, field and detail. "dry_run": only say what would be done.';
select api.add_route('POST', '/api/v1/admin/import', 'api.import_catalogue', role => 'staff', lane => 'write');
