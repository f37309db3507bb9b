create or replace function account.signed_in(p_credential bytea)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The user behind a credential for the frame of a page, as account.user_json; null for a stranger. The server asks it in
-- the statement that calls the page's function.
    select account.user_json(account.authenticate(p_credential, null));
$$;
