-- A small house to sell in, made inside the test's transaction: one venue; a seated hall of three rows of eight with a
-- gap after seat 4; a place hall of twelve; a show in each, and users. Psql variables: seated, general, alice, bob, carol.
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off

begin;
create extension if not exists pgtap;

with city as (
    insert into catalog.cities (slug, name, country, timezone, latitude, longitude)
    values ('testville', 'Testville', 'GB', 'Europe/London', 51.5, -0.1)
    returning city_id
),
venue as (
    insert into catalog.venues (city_id, name, address, latitude, longitude)
    select city_id, 'Odeon Testville', '1 High Street', 51.5, -0.1 from city
    returning venue_id
)
select venue_id from venue \gset

insert into catalog.events (kind, title, duration_minutes)
values ('film', 'Alien', 117)
returning event_id \gset

select catalog.create_hall(
    :venue_id,
    'Screen 1',
    '[{"row": "A", "seats": 8, "gaps": [4]}, {"row": "B", "seats": 8, "gaps": [4]}, {"row": "C", "seats": 8, "gaps": [4], "tier": "premium"}]',
    null
) as seated_hall \gset
select catalog.create_hall(:venue_id, 'Floor', null, 12) as general_hall \gset

select sales.create_show(:event_id, :seated_hall, now() + interval '3 days', '{"standard": 1200, "premium": 1500}', 'EUR') as seated \gset
select sales.create_show(:event_id, :general_hall, now() + interval '3 days', '{"standard": 2500}', 'EUR') as general \gset

create function pg_temp.make_user(p_name text) returns bigint language sql as $$
    insert into account.users (email, name, password_hash)
    values (p_name || '@test.example', p_name, '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('B', 43))
    returning user_id
$$;
select pg_temp.make_user('alice') as alice, pg_temp.make_user('bob') as bob, pg_temp.make_user('carol') as carol \gset

-- What has lapsed, without waiting for it.
create function pg_temp.let_lapse(p_show_id bigint) returns void language plpgsql as $$
begin
    update sales.bookings
    set created_at = now() - interval '400 s', expires_at = now() - interval '6 s', held_until = now() - interval '1 s'
    where show_id = p_show_id and status in ('held', 'paying');
    update sales.show_seats
    set held_until = now() - interval '1 s'
    where show_id = p_show_id and status = 'held' and held_until < 'infinity';
end
$$;
