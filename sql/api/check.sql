-- The last file of an install: routes and functions that do not fit undo it.

do $$
declare
    v_faults text;
begin
    select string_agg(f.endpoint || ': ' || f.fault, e'\n' order by f.endpoint, f.fault)
    into v_faults
    from api.route_faults() as f;

    if v_faults is not null then
        raise exception 'routes and functions do not fit' using detail = v_faults;
    end if;
end;
$$;
