-- Two weeks of shows from today on, at local times and in local money, made by the same function as those that staff make.
-- Which film plays where follows from numbers alone, so that every installation of a day is alike.

create temporary table demo_prices (city, currency, base, step) as
values
    ('london', 'GBP', 1450, 50),
    ('manchester', 'GBP', 1050, 50),
    ('berlin', 'EUR', 1200, 50),
    ('paris', 'EUR', 1250, 50),
    ('amsterdam', 'EUR', 1300, 50),
    ('new-york', 'USD', 1800, 50),
    ('shanghai', 'CNY', 6500, 500),
    ('tokyo', 'JPY', 1900, 100);

create function pg_temp.demo_prices_of(
    p_hall_id bigint,
    p_base integer,
    p_step integer,
    p_factor numeric
)
returns jsonb
language sql
stable
as $$
-- {tier: minor units} for a hall: the base price times the tier's part and the show's, in round steps.
    select jsonb_object_agg(
        t.tier,
        round(p_base * p_factor * case t.tier
            when 'economy' then 0.7
            when 'premium' then 1.25
            when 'comfort' then 1.6
            else 1
        end / p_step) * p_step
    )
    from (
        select s.tier
        from catalog.seats as s
        where s.hall_id = p_hall_id
        union
        select 'standard'
        from catalog.halls as h
        where h.hall_id = p_hall_id
            and h.admission = 'general'
    ) as t;
$$;

-- Without statistics the planner takes ten times as long over what follows.
analyze catalog.venues, catalog.halls, catalog.seats, catalog.events;

-- Cinemas: the day begins at four, at weekends before noon; the second and the fourth film of a day are of the last
-- years, the others change daily, so that the whole repertory is on. The larger halls open in the evening only.
with halls as (
    select
        h.hall_id,
        h.capacity,
        c.slug,
        c.timezone,
        row_number() over (order by h.hall_id) as hall_no
    from catalog.halls as h
    inner join catalog.venues as v
        on v.venue_id = h.venue_id
    inner join catalog.cities as c
        on c.city_id = v.city_id
    where v.kind = 'cinema'
        and (v.name, h.name) <> ('HOME', 'Theatre 2')
),
days as (
    select
        h.hall_id,
        h.capacity,
        h.slug,
        h.timezone,
        h.hall_no,
        d.day_no,
        (now() at time zone h.timezone)::date + d.day_no as day,
        extract(isodow from (now() at time zone h.timezone)::date + d.day_no) >= 6 as is_weekend
    from halls as h
    cross join generate_series(0, 14) as d (day_no)
    where h.capacity <= 600
        or d.day_no % 3 = h.hall_no % 3
),
films as (
    select
        e.event_id,
        e.duration_minutes,
        e.released_on >= date '2023-01-01' as is_current,
        row_number() over (partition by e.released_on >= date '2023-01-01' order by e.event_id) - 1 as film_no,
        count(*) over (partition by e.released_on >= date '2023-01-01') as film_count
    from catalog.events as e
    where e.kind = 'film'
),
programme as (
    select
        d.hall_id,
        d.capacity,
        d.slug,
        d.timezone,
        d.is_weekend,
        f.event_id,
        d.day + case
            when d.capacity > 350 then time '19:30'
            when d.capacity > 180 then time '18:00'
            when d.is_weekend then time '11:15'
            else time '16:00'
        end
            + make_interval(mins => (d.hall_no * 7 % 9)::integer * 5)
            + make_interval(
                mins => coalesce(
                    sum((f.duration_minutes + 29) / 5 * 5) over (
                        partition by d.hall_id, d.day_no
                        order by slot.slot_no
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                )::integer
            ) as starts_at
    from days as d
    cross join lateral generate_series(
        1,
        case when d.capacity > 350 then 1 when d.capacity > 180 then 2 else 5 end
    ) as slot (slot_no)
    inner join films as f
        on f.is_current = (slot.slot_no in (2, 4) or d.capacity > 350)
        and f.film_no = case
            when f.is_current then d.hall_no * 5 + slot.slot_no * 3 + d.day_no / 4
            else d.hall_no * 29 + d.day_no * 3 + slot.slot_no / 2
        end % f.film_count
)
select sales.create_show(
    p.event_id,
    p.hall_id,
    p.starts_at at time zone p.timezone,
    pg_temp.demo_prices_of(
        p.hall_id,
        price.base,
        price.step,
        case when p.capacity >= 400 then 1.2 else 1.0 end
            * case when p.starts_at::time < time '17:00' and not p.is_weekend then 0.8 else 1.0 end
    ),
    price.currency,
    p_sale_starts_at => now() - interval '14 days'
)
from programme as p
inner join demo_prices as price
    on price.city = p.slug
where p.starts_at at time zone p.timezone > now() + interval '30 minutes'
    and p.starts_at - p.starts_at::date::timestamp between interval '10 hours' and interval '22 hours 20 minutes'
order by p.starts_at, p.hall_id;

-- Stages: who plays where, in how many days from today, at what time. The opera is announced, but not yet on sale.
select sales.create_show(
    e.event_id,
    h.hall_id,
    ((now() at time zone c.timezone)::date + d.day_no + s.starts_at) at time zone c.timezone,
    pg_temp.demo_prices_of(h.hall_id, price.base, price.step, s.price_factor),
    price.currency,
    p_sale_starts_at => now() + case e.title
        when 'The Threepenny Opera' then interval '2 days'
        else interval '-14 days'
    end
)
from (
    values
        ('Dominion Theatre', 'Auditorium', 'Hamlet', '{1,4,6}'::integer[], time '19:30', 2.8),
        ('Dominion Theatre', 'Auditorium', 'A Midsummer Night''s Dream', '{8,12}', time '19:30', 2.5),
        ('Shakespeare''s Globe', 'Sam Wanamaker Playhouse', 'Twelfth Night', '{1,2,3,7,10}', time '19:30', 2.2),
        ('Shakespeare''s Globe', 'Sam Wanamaker Playhouse', 'Macbeth', '{5,6,9,13}', time '19:30', 2.2),
        ('Alexandra Palace', 'Great Hall', 'Scratch Messiah: Ten Thousand Voices', '{9}', time '18:00', 1.4),
        ('HOME', 'Theatre 2', 'Waiting for Godot', '{1,2,4,5,8}', time '19:45', 1.6),
        ('HOME', 'Theatre 2', 'The Importance of Being Earnest', '{3,6,7,10,11}', time '19:45', 1.6),
        ('HOME', 'Theatre 2', 'Silent Film and Its Pianists', '{9}', time '18:00', 0.9),
        ('The Bridgewater Hall', 'Auditorium', 'Holst: The Planets', '{3}', time '19:30', 2.6),
        ('The Bridgewater Hall', 'Auditorium', 'Vivaldi: The Four Seasons by Candlelight', '{8}', time '19:30', 2.4),
        ('Philharmonie Berlin', 'Großer Saal', 'Mahler: Symphony No. 2, Resurrection', '{2,4}', time '20:00', 3.5),
        ('Philharmonie Berlin', 'Großer Saal', 'Stravinsky: The Rite of Spring', '{10}', time '20:00', 3.2),
        ('Philharmonie Berlin', 'Kammermusiksaal', 'Bach: Goldberg Variations', '{1}', time '20:00', 2.2),
        ('Philharmonie Berlin', 'Kammermusiksaal', 'Schubert: Winterreise', '{7}', time '20:00', 2.2),
        ('Uber Arena', 'Arena', 'Alba Berlin v FC Bayern München', '{3}', time '18:30', 2.0),
        ('Uber Arena', 'Arena', 'Eisbären Berlin v Adler Mannheim', '{6}', time '19:30', 2.0),
        ('Uber Arena', 'Arena', 'Alba Berlin v Ratiopharm Ulm', '{11}', time '15:00', 1.8),
        ('Le Grand Rex', 'Salle 2', 'How to Read a Film: An Evening on Editing', '{5}', time '09:30', 0.8),
        ('Salle Pleyel', 'Grande salle', 'Joe Hisaishi: Music from Studio Ghibli', '{5,6}', time '20:30', 4.0),
        ('Salle Pleyel', 'Grande salle', 'Kind of Blue, Played Live', '{9}', time '20:30', 2.8),
        ('Salle Pleyel', 'Grande salle', 'The Threepenny Opera', '{13}', time '19:30', 3.4),
        ('Het Concertgebouw', 'Grote Zaal', 'Bach: St Matthew Passion', '{4}', time '19:00', 3.4),
        ('Het Concertgebouw', 'Grote Zaal', 'Dvořák: New World Symphony', '{8}', time '20:15', 3.0),
        ('Het Concertgebouw', 'Grote Zaal', 'Steve Reich: Music for 18 Musicians', '{12}', time '20:15', 2.6),
        ('Beacon Theatre', 'Main stage', 'Duke Ellington: Sacred Concerts', '{3}', time '20:00', 3.2),
        ('Beacon Theatre', 'Main stage', 'Handel: Messiah', '{10}', time '19:30', 2.8),
        ('Metrograph', 'Theater 2', 'Writers on Writing: The Short Story', '{2}', time '09:30', 0.8),
        ('Shanghai Grand Theatre', '大剧场', 'Teahouse', '{2,3}', time '19:15', 4.5),
        ('Shanghai Grand Theatre', '大剧场', 'Thunderstorm', '{7}', time '19:15', 4.0),
        ('Shanghai Grand Theatre', '大剧场', 'Butterfly Lovers Violin Concerto', '{10}', time '19:30', 4.0),
        ('Suntory Hall', 'Main Hall', 'Beethoven: Symphony No. 9', '{4,6}', time '19:00', 4.0),
        ('Suntory Hall', 'Main Hall', 'Joe Hisaishi: Music from Studio Ghibli', '{11}', time '18:30', 4.5),
        ('Eye Filmmuseum', 'Cinema 1', 'The James Webb Telescope: What We See', '{6}', time '09:30', 0.9),
        ('HOME', 'Theatre 2', 'The Cherry Orchard', '{12}', time '19:45', 1.6),
        ('HOME', 'Theatre 2', 'A Doll''s House', '{13}', time '19:45', 1.6)
) as s (venue, hall, title, day_nos, starts_at, price_factor)
cross join lateral unnest(s.day_nos) as d (day_no)
inner join catalog.venues as v
    on v.name = s.venue
inner join catalog.halls as h
    on h.venue_id = v.venue_id
    and h.name = s.hall
inner join catalog.cities as c
    on c.city_id = v.city_id
inner join demo_prices as price
    on price.city = c.slug
inner join catalog.events as e
    on e.title = s.title
order by d.day_no, h.hall_id;
