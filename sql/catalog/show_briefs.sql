-- What a booking tells about its show stands on the show's row, so that selling reads no table of the catalogue. These triggers
-- renew it when the catalogue changes; a new show is written with it (create_show).

create or replace function catalog.event_brief(p_event catalog.events)
returns json
language sql
stable
as $$
-- sales.shows.event_brief
    select json_build_object(
        'event_id', (p_event).event_id,
        'title', (p_event).title,
        'title_zh', (p_event).title_zh
    );
$$;

create or replace function catalog.venue_brief(
    p_venue catalog.venues,
    p_city text
)
returns json
language sql
stable
as $$
-- sales.shows.venue_brief; p_city: the city's name.
    select json_build_object(
        'venue_id', (p_venue).venue_id,
        'name', (p_venue).name,
        'name_zh', (p_venue).name_zh,
        'address', (p_venue).address,
        'city', p_city
    );
$$;

create or replace function catalog.events__renew_briefs()
returns trigger
language plpgsql
as $$
begin
    update sales.shows as s
    set event_brief = catalog.event_brief(new)
    where s.event_id = new.event_id;
    return null;
end;
$$;

create or replace function catalog.venues__renew_briefs()
returns trigger
language plpgsql
as $$
begin
    update sales.shows as s
    set venue_brief = catalog.venue_brief(new, c.name)
    from catalog.cities as c
    where s.venue_id = new.venue_id
        and c.city_id = s.city_id;
    return null;
end;
$$;

create or replace function catalog.cities__renew_briefs()
returns trigger
language plpgsql
as $$
begin
    update sales.shows as s
    set
        venue_brief = catalog.venue_brief(v, new.name),
        timezone = new.timezone
    from catalog.venues as v
    where s.city_id = new.city_id
        and v.venue_id = s.venue_id;
    return null;
end;
$$;

create or replace function catalog.halls__renew_briefs()
returns trigger
language plpgsql
as $$
begin
    update sales.shows as s
    set hall_name = new.name
    where s.hall_id = new.hall_id;
    return null;
end;
$$;

create or replace trigger events__renew_briefs
after update on catalog.events
for each row
when ((old.title, old.title_zh) is distinct from (new.title, new.title_zh))
execute function catalog.events__renew_briefs();

create or replace trigger venues__renew_briefs
after update on catalog.venues
for each row
when ((old.name, old.name_zh, old.address) is distinct from (new.name, new.name_zh, new.address))
execute function catalog.venues__renew_briefs();

create or replace trigger cities__renew_briefs
after update on catalog.cities
for each row
when ((old.name, old.timezone) is distinct from (new.name, new.timezone))
execute function catalog.cities__renew_briefs();

create or replace trigger halls__renew_briefs
after update on catalog.halls
for each row
when (old.name is distinct from new.name)
execute function catalog.halls__renew_briefs();
