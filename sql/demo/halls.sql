-- Halls of many shapes, made by the same function as those that staff make. A hall is described by its number of rows, the
-- seats in the first and in the last, how it widens between them, the block between two aisles, and its price classes.

create function pg_temp.demo_rows(
    p_rows integer,
    p_first integer,
    p_last integer,
    p_shape text,
    p_centre integer,
    p_style text
)
returns jsonb
language sql
immutable
as $$
-- p_shape: fan (widens evenly) | curve (widens fast, then slowly) | steps (every third row); p_centre: seats between the two
-- aisles, 0 for one aisle in the middle, null for none; p_style: plain | cinema | stage.
    with rows as (
        select
            n,
            (n - 1)::numeric / greatest(p_rows - 1, 1) as depth
        from generate_series(1, p_rows) as n
    ),
    widths as (
        select
            r.n,
            r.depth,
            p_first + 2 * round(
                (p_last - p_first) / 2.0 * case p_shape
                    when 'curve' then sin(r.depth * pi() / 2)::numeric
                    when 'steps' then trunc(r.depth * (p_rows - 1) / 3) * 3 / greatest(p_rows - 1, 1)
                    else r.depth
                end
            )::integer as width
        from rows as r
    )
    select jsonb_agg(
        jsonb_build_object(
            'row', case when w.n <= 26 then chr(64 + w.n) else repeat(chr(64 + w.n - 26), 2) end,
            'seats', w.width,
            'tier', case
                when p_style = 'cinema' and w.n = p_rows then 'comfort'
                when p_style = 'cinema' and w.depth >= 0.55 then 'premium'
                when p_style = 'stage' and w.depth < 0.35 then 'premium'
                when p_style = 'stage' and w.depth > 0.75 then 'economy'
                else 'standard'
            end,
            'gaps', case
                when p_centre is null then '[]'::jsonb
                when p_centre = 0 then jsonb_build_array(w.width / 2)
                when w.width > p_centre
                    then jsonb_build_array((w.width - p_centre) / 2, (w.width + p_centre) / 2)
                else '[]'
            end,
            'accessible', case
                when w.n = 1 and p_rows < 12 then jsonb_build_array(1, w.width)
                when w.n = p_rows / 2 + 1 and p_rows >= 12
                    then jsonb_build_array(1, 2, w.width - 1, w.width)
                else '[]'
            end
        )
        order by w.n
    )
    from widths as w;
$$;

-- Parities agree (first, last and centre), so that aisles are straight.
select catalog.create_hall(
    v.venue_id,
    h.name,
    case when h.rows is not null then pg_temp.demo_rows(h.rows, h.first, h.last, h.shape, h.centre, h.style) end,
    h.places
)
from (
    values
        ('BFI IMAX', 'IMAX', 15, 26, 38, 'curve', 14, 'cinema', null::integer),
        ('BFI Southbank', 'NFT1', 16, 22, 32, 'curve', 16, 'plain', null),
        ('BFI Southbank', 'NFT2', 11, 12, 16, 'steps', 0, 'plain', null),
        ('BFI Southbank', 'NFT3', 9, 12, 16, 'fan', null, 'plain', null),
        ('Curzon Soho', 'Screen 1', 12, 16, 24, 'curve', 10, 'cinema', null),
        ('Curzon Soho', 'Screen 2', 9, 12, 14, 'fan', null, 'cinema', null),
        ('Curzon Soho', 'Screen 3', 9, 12, 16, 'steps', 0, 'cinema', null),
        ('Prince Charles Cinema', 'Downstairs', 14, 18, 24, 'fan', 12, 'plain', null),
        ('Prince Charles Cinema', 'Upstairs', 8, 12, 14, 'fan', 0, 'plain', null),
        ('Odeon Luxe Leicester Square', 'Main auditorium', 22, 26, 40, 'curve', 16, 'cinema', null),
        ('Odeon Luxe Leicester Square', 'Studio', 5, 8, 10, 'fan', null, 'plain', null),
        ('Barbican Centre', 'Cinema 1', 12, 20, 28, 'curve', 12, 'cinema', null),
        ('Barbican Centre', 'Cinema 2', 10, 14, 18, 'steps', 0, 'plain', null),
        ('Rio Cinema', 'Screen 1', 13, 14, 22, 'fan', 8, 'plain', null),
        ('Rio Cinema', 'Screen 2', 5, 4, 6, 'fan', null, 'plain', null),
        ('Dominion Theatre', 'Auditorium', 40, 32, 68, 'fan', 20, 'stage', null),
        ('Shakespeare''s Globe', 'Sam Wanamaker Playhouse', 10, 24, 38, 'curve', 14, 'stage', null),
        ('Alexandra Palace', 'Great Hall', null, null, null, null, null, null, 10000),
        ('HOME', 'Cinema 1', 12, 18, 24, 'curve', 12, 'cinema', null),
        ('HOME', 'Cinema 2', 9, 14, 18, 'fan', 0, 'plain', null),
        ('HOME', 'Theatre 2', 8, 14, 20, 'curve', 10, 'stage', null),
        ('Vue Printworks', 'Screen 1', 14, 20, 30, 'steps', 14, 'cinema', null),
        ('Vue Printworks', 'Screen 2', 10, 14, 18, 'fan', 0, 'cinema', null),
        ('Vue Printworks', 'Screen 3', 8, 12, 14, 'fan', null, 'plain', null),
        ('Everyman St John''s', 'Screen 1', 7, 8, 12, 'curve', 4, 'cinema', null),
        ('Everyman St John''s', 'Screen 2', 6, 6, 10, 'fan', 0, 'cinema', null),
        ('The Bridgewater Hall', 'Auditorium', 30, 30, 56, 'curve', 18, 'stage', null),
        ('Kino International', 'Saal', 18, 22, 34, 'curve', 14, 'plain', null),
        ('Zoo Palast', 'Kino 1', 20, 28, 42, 'curve', 16, 'cinema', null),
        ('Zoo Palast', 'Kino 2', 12, 18, 24, 'steps', 10, 'cinema', null),
        ('Zoo Palast', 'Club A', 5, 8, 10, 'fan', null, 'plain', null),
        ('Delphi Filmpalast', 'Saal', 20, 20, 36, 'fan', 14, 'plain', null),
        ('Babylon', 'Großer Saal', 16, 20, 30, 'curve', 12, 'plain', null),
        ('Babylon', 'Kleiner Saal', 7, 8, 10, 'fan', 0, 'plain', null),
        ('Philharmonie Berlin', 'Großer Saal', 32, 40, 80, 'curve', 24, 'stage', null),
        ('Philharmonie Berlin', 'Kammermusiksaal', 22, 28, 64, 'curve', 16, 'stage', null),
        ('Uber Arena', 'Arena', 48, 60, 110, 'curve', 30, 'stage', null),
        ('Le Grand Rex', 'Grande Salle', 36, 40, 72, 'fan', 24, 'stage', null),
        ('Le Grand Rex', 'Salle 2', 10, 14, 20, 'fan', 0, 'cinema', null),
        ('mk2 Bibliothèque', 'Salle 1', 13, 18, 26, 'curve', 12, 'cinema', null),
        ('mk2 Bibliothèque', 'Salle 2', 10, 14, 18, 'steps', 0, 'cinema', null),
        ('mk2 Bibliothèque', 'Salle 3', 8, 10, 14, 'fan', null, 'plain', null),
        ('Le Champo', 'Salle 1', 9, 10, 14, 'fan', 0, 'plain', null),
        ('Le Champo', 'Salle 2', 7, 8, 12, 'fan', null, 'plain', null),
        ('UGC Ciné Cité Les Halles', 'Salle 10', 15, 22, 34, 'curve', 16, 'cinema', null),
        ('UGC Ciné Cité Les Halles', 'Salle 11', 11, 14, 20, 'steps', 8, 'cinema', null),
        ('UGC Ciné Cité Les Halles', 'Salle 12', 8, 12, 14, 'fan', 0, 'plain', null),
        ('Salle Pleyel', 'Grande salle', 34, 38, 68, 'curve', 22, 'stage', null),
        ('Koninklijk Theater Tuschinski', 'Grote Zaal', 20, 24, 42, 'curve', 16, 'cinema', null),
        ('Koninklijk Theater Tuschinski', 'Zaal 2', 9, 12, 16, 'fan', 0, 'cinema', null),
        ('Eye Filmmuseum', 'Cinema 1', 13, 18, 28, 'curve', 12, 'plain', null),
        ('Eye Filmmuseum', 'Cinema 2', 9, 12, 16, 'fan', 0, 'plain', null),
        ('Het Concertgebouw', 'Grote Zaal', 32, 44, 72, 'curve', 20, 'stage', null),
        ('Film Forum', 'Screen 1', 12, 10, 14, 'fan', 0, 'plain', null),
        ('Film Forum', 'Screen 2', 11, 10, 14, 'steps', null, 'plain', null),
        ('IFC Center', 'Theater 1', 12, 14, 20, 'curve', 8, 'plain', null),
        ('IFC Center', 'Theater 2', 9, 10, 14, 'fan', 0, 'plain', null),
        ('AMC Lincoln Square 13', 'IMAX', 18, 28, 40, 'curve', 18, 'cinema', null),
        ('AMC Lincoln Square 13', 'Loews', 16, 20, 30, 'fan', 14, 'cinema', null),
        ('AMC Lincoln Square 13', 'Valencia', 11, 14, 20, 'steps', 8, 'cinema', null),
        ('Metrograph', 'Theater 1', 12, 12, 16, 'fan', 0, 'plain', null),
        ('Metrograph', 'Theater 2', 6, 8, 8, 'fan', null, 'plain', null),
        ('Beacon Theatre', 'Main stage', 38, 46, 84, 'curve', 26, 'stage', null),
        ('Grand Cinema', '1号厅', 22, 30, 44, 'curve', 18, 'cinema', null),
        ('Grand Cinema', '2号厅', 11, 14, 20, 'steps', 8, 'cinema', null),
        ('Shanghai Film Art Center', '1号厅', 20, 28, 44, 'fan', 16, 'cinema', null),
        ('Shanghai Film Art Center', '3号厅', 12, 16, 22, 'curve', 10, 'cinema', null),
        ('Shanghai Film Art Center', '5号厅', 9, 12, 16, 'fan', 0, 'plain', null),
        ('Cathay Theatre', '1号厅', 13, 16, 24, 'fan', 12, 'cinema', null),
        ('Cathay Theatre', '2号厅', 8, 10, 14, 'fan', null, 'plain', null),
        ('Shanghai Grand Theatre', '大剧场', 30, 42, 68, 'curve', 22, 'stage', null),
        ('TOHO Cinemas Shinjuku', 'Screen 9', 17, 22, 32, 'curve', 16, 'cinema', null),
        ('TOHO Cinemas Shinjuku', 'Screen 5', 11, 14, 20, 'steps', 8, 'cinema', null),
        ('TOHO Cinemas Shinjuku', 'Screen 2', 8, 10, 12, 'fan', null, 'plain', null),
        ('Shin-Bungeiza', '劇場', 14, 16, 22, 'fan', 12, 'plain', null),
        ('Kadokawa Cinema Yurakucho', 'Screen 1', 13, 16, 20, 'fan', 10, 'plain', null),
        ('Suntory Hall', 'Main Hall', 32, 46, 76, 'curve', 22, 'stage', null)
) as h (venue, name, rows, first, last, shape, centre, style, places)
inner join catalog.venues as v
    on v.name = h.venue
order by v.venue_id, h.name;
