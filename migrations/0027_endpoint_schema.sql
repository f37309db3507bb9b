-- What the server calls where somebody acts: made anew by sql/api/endpoints.sql at each load.
create schema endpoint;
comment on schema endpoint is 'For each routed function that has an actor one that takes the credential instead: all that the server can act by.';
