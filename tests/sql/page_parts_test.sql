-- What pages are made of: addresses that lead nowhere else, posters that stay the same, days and pages to choose from.
\ir support/house.sql
select * from no_plan();

select is(page.encode('C-7 & "Ü" 座'), 'C-7%20%26%20%22%C3%9C%22%20%E5%BA%A7', 'a value in a query is percent-encoded UTF-8');
select is(page.link('/shows/1', 'a', '1', 'b', null, 'c', '', 'd', 'x y'), '/shows/1?a=1&d=x%20y', 'empty fields are left out of a link');
select is(page.link('/shows/1'), '/shows/1', 'a link without fields has no query');
select is(page.link('/shows/1', variadic '{}'), '/shows/1', 'nor one with an empty list of them');

select is(page.local_path(p.path), p.kept, format('next=%s leads to %s', p.path, p.kept))
from (
    values
        ('/shows/1?keep=C-7', '/shows/1?keep=C-7'),
        ('/', '/'),
        (null, '/'),
        ('', '/'),
        ('shows/1', '/'),
        ('//evil.example', '/'),
        ('/\evil.example', '/'),
        ('/shows\..\1', '/'),
        ('https://evil.example', '/'),
        ('javascript:alert(1)', '/'),
        (e'/shows/1\nSet-Cookie: a=b', '/'),
        ('/a b', '/'),
        ('/座', '/')
) as p (path, kept);

select ok(
    (select bool_and(page.palette(t.title) between 0 and 11 and page.motif(t.title) between 0 and 7) from (select md5(n::text) from generate_series(1, 500) as n) as t (title)),
    'every title has a palette and a motif'
);
select ok(
    (select count(distinct page.palette(md5(n::text))) = 12 and count(distinct page.motif(md5(n::text))) = 8 from generate_series(1, 500) as n),
    'and all of them are used'
);

select is(page.in_language('zh', 'Alien', '异形'), '异形', 'readers of Chinese get the Chinese title');
select is(page.in_language('zh', 'Alien', null), 'Alien', 'or the one there is');
select is(page.in_language('en', 'Alien', '异形'), 'Alien', 'others get the other');

select is(
    (page.days(array[date '2025-12-01'], date '2025-12-01', 'UTC') -> 0)::jsonb,
    '{"day": "2025-12-01", "month": 12, "weekday": 1, "is_today": false, "day_number": 1, "is_chosen": true}',
    'a day tells its parts'
);

select is(
    page.pages(api.list('[]', 2, 10, 25), '/search', 'q', 'x')::jsonb,
    '{"page": 2, "page_count": 3, "previous": "/search?q=x&page=1", "next": "/search?q=x&page=3"}',
    'a page in the middle has one before and one after'
);
select is(page.pages(api.list('[]', 1, 10, 10), '/search')::text, null, 'a single page has none');
select is(page.pages(api.list('[]', 1, 10, 11), '/search') ->> 'previous', null, 'the first has none before');

-- Times. Where rules have changed of late, pages, mails and tickets say what the rest of SQL says.
select is(page.at('2031-07-01T18:30:00Z', 'Europe/London')::jsonb, '{"at": "2031-07-01T18:30:00Z", "zone": "Europe/London", "local": "2031-07-01T19:30:00"}', 'a time tells what the clock says there');
select is(page.at(null, 'Europe/London')::jsonb, null, 'no time tells nothing');
select results_eq(
    $$select z.zone, page.at('2026-07-01T12:00:00Z', z.zone) ->> 'local' from unnest(array['Africa/Cairo', 'America/Mexico_City', 'Asia/Almaty', 'America/Nuuk', 'America/Ciudad_Juarez', 'Pacific/Fiji']) as z (zone)$$,
    $$values ('Africa/Cairo', '2026-07-01T15:00:00'), ('America/Mexico_City', '2026-07-01T06:00:00'), ('Asia/Almaty', '2026-07-01T17:00:00'),
        ('America/Nuuk', '2026-07-01T11:00:00'), ('America/Ciudad_Juarez', '2026-07-01T06:00:00'), ('Pacific/Fiji', '2026-07-02T00:00:00')$$,
    'also in zones that have changed their rules'
);

select * from finish();
rollback;
