-- What search engines read: robots.txt and the sitemap.

create or replace function page.text_file(
    p_content_type text,
    p_text text
)
returns json
language sql
immutable
strict
as $$
-- A file as the answer `file` has it.
    select json_build_object('content_type', p_content_type, 'body', encode(convert_to(p_text, 'UTF8'), 'base64'));
$$;

create or replace function page.robots(p_public_url text)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select page.text_file(
        'text/plain; charset=utf-8',
        'User-agent: *' || string_agg(e'\nDisallow: ' || d.path, '' order by d.path) || e'\n\nSitemap: ' || p_public_url || e'/sitemap.xml\n'
    )
    from unnest(array[
        '/account', '/admin', '/api/', '/bookings/', '/checkin', '/forgot', '/live/', '/login', '/orders', '/reset', '/signup', '/verify', '/waitlist/'
    ]) as d (path);
$$;

comment on function page.robots is 'Which pages search engines leave alone.';
select api.add_route('GET', '/robots.txt', 'page.robots', answer => 'file', cache_seconds => 3600);

create or replace function page.sitemap(
    p_public_url text,
    p_part integer default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Pages that everybody may see: cities, venues, and events that play (sitemaps.org: at most 50,000 a file). More than one file
-- holds: without p_part an index of the parts, which are numbered from 1. Null: there is no such part. Raises invalid_request (part).
declare
    c_per_part constant integer := 40000;
    v_count bigint;
    v_body text;
begin
    if p_part < 1 then
        perform api.raise_invalid('part', 'Parts are numbered from 1.');
    end if;

    with pages as (
        select '/' as path, 0 as kind, 0::bigint as id
        union all
        select l.path, 1, c.city_id
        from catalog.cities as c
        cross join lateral (values ('/cities/' || c.slug), ('/cities/' || c.slug || '/times')) as l (path)
        union all
        select '/venues/' || v.venue_id, 2, v.venue_id
        from catalog.venues as v
        union all
        select '/events/' || p.event_id, 3, p.event_id
        from catalog.playing as p
        where p.city_id = 0
    ),
    chosen as (
        select g.path, g.kind, g.id
        from pages as g
        order by g.kind, g.id, g.path
        limit c_per_part
        offset (coalesce(p_part, 1)::bigint - 1) * c_per_part
    )
    select
        (select count(*) from pages),
        (select string_agg('<url><loc>' || p_public_url || h.path || '</loc></url>', e'\n' order by h.kind, h.id, h.path) from chosen as h)
    into v_count, v_body;

    if p_part is null and v_count > c_per_part then
        select string_agg('<sitemap><loc>' || p_public_url || '/sitemap.xml?part=' || n || '</loc></sitemap>', e'\n' order by n)
        into v_body
        from generate_series(1, (v_count + c_per_part - 1) / c_per_part) as n;
        v_body := '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">' || e'\n' || v_body || e'\n</sitemapindex>\n';
    else
        v_body := '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">' || e'\n' || v_body || e'\n</urlset>\n';
    end if;
    return page.text_file('application/xml; charset=utf-8', e'<?xml version="1.0" encoding="UTF-8"?>\n' || v_body);
end;
$$;

comment on function page.sitemap is 'The pages that everybody may see, for search engines.';
select api.add_route('GET', '/sitemap.xml', 'page.sitemap', answer => 'file', cache_seconds => 3600);
