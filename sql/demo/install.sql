-- The demo data, loaded once into an empty database, in one transaction.

-- The statements are large to the planner and small in truth: compiling them takes minutes.
set local jit = off;

\ir users.sql
\ir places.sql
\ir halls.sql
\ir films_repertory.sql
\ir films_current.sql
\ir stage.sql
select catalog.learn_words(array_agg(event_id)) from catalog.events;
select catalog.learn(array_agg(name)) from (select name from catalog.cities union all select name from catalog.venues) as p;
\ir shows.sql
\ir sales.sql
