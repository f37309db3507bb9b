-- Functions whose arguments or results have changed; sql/ makes them anew.
drop function if exists catalog.found_by_words(text, text, bigint, bigint[], numeric[], timestamptz, timestamptz);
drop function if exists catalog.find_events(text);
