-- An import finds an event by its title.
create index events_title_idx on catalog.events (title, kind);
