-- The registry of errors, and what /docs and the errors' pages say of them.
\ir support/house.sql
select * from no_plan();

select is_empty(
    $$select e.code from api.error as e where e.detail = e.title or e.detail !~ '\.$' or e.title ~ '\.$' or e.detail_zh !~ '。$' or e.title_zh !~ '[一-鿿]'$$,
    'each error says in a sentence what it means, in both languages'
);
select is_empty(
    $$
        select r.function from api.route as r where r.path like '/api/%'
        except
        select d.function from api.chinese_description as d
    $$,
    'each endpoint of the API is described in Chinese, in sql/api/chinese.sql'
);
select is_empty(
    $$
        select d.function from api.chinese_description as d
        except
        select r.function from api.route as r where r.path like '/api/%'
    $$,
    'and nothing else is'
);
select is(
    page.problem('sold_out', 'en')::jsonb,
    '{"code": "sold_out", "status": 409, "title": "Sold out", "detail": "No seat of this show is available. If waitlist_open is true, you can join its waiting list."}',
    'an error has a page'
);
select matches(page.problem('sold_out', 'zh') ->> 'title', '已售罄', 'in Chinese, too');
select is(page.problem('no_such_error', 'en')::text, null, 'what is no error has none');

-- The layout is kept for ever at the address of its version.
select layout_version from sales.shows where show_id = :seated \gset
select is(
    api.get_show(:seated) ->> 'layout_url',
    format('/api/v1/shows/%s/layout?version=%s', :seated, :layout_version),
    'a show names the address of its layout with the version'
);
select is(
    api.get_show_layout(:seated, :layout_version)::text,
    api.get_show_layout(:seated)::text,
    'the present version is the layout'
);
select is(api.get_show_layout(:seated, :layout_version + 1)::text, null, 'there is nothing at another version');

select is(api.get_show(:seated) -> 'waiting_room' #>> '{}', 'false', 'a show without a waiting room says so');
update sales.shows set has_waiting_room = true where show_id = :seated;
select is(api.get_show(:seated) -> 'waiting_room' #>> '{}', 'true', 'and one with a waiting room');

select * from finish();
rollback;
