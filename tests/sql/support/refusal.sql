-- What a statement is refused with: 'code field' as the outside sees it, 'code' alone where no field is named, or null.
create function pg_temp.refusal(p_sql text) returns text language plpgsql as $$
declare
    v_detail text;
    v_sqlstate text;
begin
    execute p_sql;
    return null;
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail, v_sqlstate = returned_sqlstate;
    return concat_ws(
        ' ',
        coalesce((select e.code from api.error as e where e.sqlstate = v_sqlstate), v_sqlstate),
        nullif(v_detail, '')::jsonb ->> 'field'
    );
end
$$;
