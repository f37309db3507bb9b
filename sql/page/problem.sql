-- What an error means: the page at the address that its problem has as `type`.

create or replace function page.problem(
    p_code text,
    p_language text
)
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
    select json_build_object(
        'code', e.code,
        'status', e.status,
        'title', case p_language when 'zh' then e.title_zh else e.title end,
        'detail', case p_language when 'zh' then e.detail_zh else e.detail end
    )
    from api.error as e
    where e.code = p_code;
$$;

comment on function page.problem is 'What an error of the API means.';
select api.add_route('GET', '/problems/{code}', 'page.problem', answer => 'page', template => 'problem', cache_seconds => 60);
