-- Making a hall from the rows that staff or an import describe: where each seat lies, what it is beside, how good it is.

create or replace function catalog.is_whole_number(
    p_value jsonb,
    p_least bigint,
    p_greatest bigint
)
returns boolean
language sql
immutable
parallel safe
as $$
    select case
        when jsonb_typeof(p_value) = 'number'
            then p_value::numeric = trunc(p_value::numeric) and p_value::numeric between p_least and p_greatest
        else false
    end;
$$;

create or replace function catalog.row_label(p_label text)
returns text
language sql
immutable
parallel safe
as $$
-- A row's label as it is stored and printed: in normalization form KC, so that a wide Ａ is A. Null if it is none: 1 to 8 characters
-- without spaces and hyphens.
    select l.label
    from normalize(p_label, nfkc) as l (label)
    where length(l.label) <= 8
        and l.label !~ '[\s-]'
        and api.is_line(l.label);
$$;

create or replace function catalog.label_shape(p_label text)
returns text
language sql
immutable
parallel safe
as $$
-- What two labels have in common that a reader takes for one another: the case of letters, and Cyrillic and Greek letters whose
-- capitals look like Latin ones. Accents count.
    select translate(
        lower(normalize(p_label, nfkd) collate "und-x-icu"),
        'авекмнорстухіјѕԛԝαβεζηικμνορτυχ',
        'abekmhopctyxijsqwabezhikmnoptyx'
    );
$$;

create or replace function catalog.check_row(
    p_row jsonb,
    p_row_no bigint
)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (rows) and says what is wrong with the row.
declare
    v_problem text;
    v_list text;
begin
    if jsonb_typeof(p_row) is distinct from 'object' then
        perform api.raise_invalid('rows', format('Row %s is not an object.', p_row_no));
    end if;

    select format('%s is not known', key)
    into v_problem
    from jsonb_object_keys(p_row) as member (key)
    where key not in ('row', 'seats', 'tier', 'gaps', 'accessible')
    limit 1;

    if catalog.row_label(p_row ->> 'row') is null or jsonb_typeof(p_row -> 'row') <> 'string' then
        v_problem := 'row is a label of 1 to 8 characters without spaces and hyphens';
    elsif not catalog.is_whole_number(coalesce(p_row -> 'seats', 'null'), 1, 500) then
        v_problem := 'seats is a number from 1 to 500';
    elsif p_row ? 'tier'
        and (jsonb_typeof(p_row -> 'tier') <> 'string' or p_row ->> 'tier' !~ '^[a-z][a-z0-9_]{0,39}$')
    then
        v_problem := 'tier is a name in lower case';
    else
        foreach v_list in array array['gaps', 'accessible'] loop
            if not p_row ? v_list then
                continue;
            elsif jsonb_typeof(p_row -> v_list) <> 'array' then
                v_problem := v_list || ' is a list of seat numbers';
            elsif exists (
                select
                from jsonb_array_elements(p_row -> v_list) as element (value)
                where not catalog.is_whole_number(value, 1, (p_row ->> 'seats')::integer)
            ) then
                v_problem := v_list || ' names a seat that the row does not have';
            end if;
        end loop;
        if v_problem is null and (p_row -> 'gaps') @> (p_row -> 'seats') then
            v_problem := 'gaps names the last seat, after which there is none';
        end if;
    end if;

    if v_problem is not null then
        perform api.raise_invalid('rows', format('Row %s: %s.', coalesce(p_row ->> 'row', p_row_no::text), v_problem));
    end if;
end;
$$;

create or replace function catalog.lay_out_seats(
    p_hall_id bigint,
    p_rows jsonb
)
returns void
language sql
volatile
as $$
-- Rows lie behind each other from the screen, each centred; a gap is an aisle one seat wide after the seat it names.
-- The best seat is in the middle, two thirds of the way back; a row counts two seat widths.
    with rows as (
        select
            r.row_no,
            catalog.row_label(r.value ->> 'row') as row_label,
            (r.value ->> 'seats')::integer as seat_count,
            coalesce(r.value ->> 'tier', 'standard') as tier,
            array(
                select distinct gap::integer
                from jsonb_array_elements_text(coalesce(r.value -> 'gaps', '[]')) as gap
                where gap::integer < (r.value ->> 'seats')::integer
            ) as gaps,
            array(
                select number::integer
                from jsonb_array_elements_text(coalesce(r.value -> 'accessible', '[]')) as number
            ) as accessible
        from jsonb_array_elements(p_rows) with ordinality as r (value, row_no)
    ),
    seats as (
        select
            r.row_no,
            r.row_label,
            r.tier,
            r.accessible,
            r.seat_count + cardinality(r.gaps) as width,
            n.number,
            (select count(*) from unnest(r.gaps) as gap where gap < n.number) as gaps_before
        from rows as r
        cross join lateral generate_series(1, r.seat_count) as n (number)
    ),
    placed as (
        select
            s.row_no,
            s.row_label,
            s.tier,
            s.accessible,
            s.number,
            row_number() over (order by s.row_no, s.number) as seat_no,
            dense_rank() over (order by s.row_no, s.gaps_before) as block_no,
            s.number - 1 + s.gaps_before + (max(s.width) over () - s.width) / 2.0 as x,
            s.row_no - 1 as y,
            (max(s.width) over () - 1) / 2.0 as best_x,
            (max(s.row_no) over () - 1) * 2 / 3.0 as best_y
        from seats as s
    )
    insert into catalog.seats (
        hall_id, seat_no, seat, row_label, number, x, y, block_no, tier, accessible, quality
    )
    select
        p_hall_id,
        p.seat_no,
        p.row_label || '-' || p.number,
        p.row_label,
        p.number,
        p.x,
        p.y,
        p.block_no,
        p.tier,
        p.number = any (p.accessible),
        round(1000 * sqrt(power(p.x - p.best_x, 2) + power(2 * (p.y - p.best_y), 2)))
    from placed as p
    order by p.seat_no;
$$;

create or replace function catalog.checked_capacity(
    p_rows jsonb,
    p_places integer
)
returns integer
language plpgsql
stable
as $$
-- How many a hall of these rows, or these places, holds. Raises invalid_request (rows, places).
declare
    v_capacity bigint;
    v_alike text;
begin
    if (p_rows is null) = (p_places is null) then
        perform api.raise_invalid('rows', 'A hall has either rows or places.');
    end if;

    if p_places is not null then
        if p_places not between 1 and 100000 then
            perform api.raise_invalid('places', 'A hall has 1 to 100000 places.');
        end if;
        return p_places;
    end if;

    if jsonb_typeof(p_rows) <> 'array' or jsonb_array_length(p_rows) not between 1 and 500 then
        perform api.raise_invalid('rows', 'A hall has a list of 1 to 500 rows.');
    end if;
    perform catalog.check_row(r.value, r.row_no)
    from jsonb_array_elements(p_rows) with ordinality as r (value, row_no);

    select string_agg(quote_literal(r.value ->> 'row'), ' and ' order by r.row_no)
    into v_alike
    from jsonb_array_elements(p_rows) with ordinality as r (value, row_no)
    group by catalog.label_shape(r.value ->> 'row')
    having count(*) > 1
    limit 1;
    if v_alike is not null then
        perform api.raise_invalid('rows', format('Rows with labels that are the same or look alike: %s.', v_alike));
    end if;

    select sum((r.value ->> 'seats')::integer)
    into v_capacity
    from jsonb_array_elements(p_rows) as r;
    if v_capacity > 100000 then
        perform api.raise_invalid('rows', 'A hall has at most 100000 seats.');
    end if;
    return v_capacity;
end;
$$;

create or replace function catalog.create_hall(
    p_venue_id bigint,
    p_name text,
    p_rows jsonb,
    p_places integer
)
returns bigint
language plpgsql
volatile
as $$
-- Makes a hall and returns its id: either with seats, from p_rows = [{"row", "seats", "tier", "gaps", "accessible"}] in
-- order from the screen (tier, gaps and accessible may be left out), or with p_places places that are all alike.
-- Raises invalid_request (venue_id, name, rows, places) and already_exists.
declare
    v_name text := api.checked_text('name', p_name, 200);
    v_hall_id bigint;
begin
    if not exists (select from catalog.venues as v where v.venue_id = p_venue_id) then
        perform api.raise_invalid('venue_id', 'There is no such venue.');
    end if;
    insert into catalog.halls (venue_id, name, admission, capacity)
    values (p_venue_id, v_name, case when p_rows is null then 'general' else 'seated' end, catalog.checked_capacity(p_rows, p_places))
    on conflict (venue_id, name) do nothing
    returning hall_id into v_hall_id;

    if v_hall_id is null then
        perform api.raise('already_exists', '{"field": "name"}', 'The venue has a hall of that name.');
    end if;
    if p_rows is not null then
        perform catalog.lay_out_seats(v_hall_id, p_rows);
    end if;
    return v_hall_id;
end;
$$;

create or replace function catalog.set_cleaning_time(
    p_hall_id bigint,
    p_cleaning_minutes integer
)
returns void
language plpgsql
volatile
as $$
-- How long the hall is not to be had after a show, 0 to 1440 minutes; null leaves it. Raises invalid_request (cleaning_minutes).
begin
    perform api.check_range('cleaning_minutes', p_cleaning_minutes, 0, 1440);
    update catalog.halls as h
    set cleaning_minutes = p_cleaning_minutes
    where h.hall_id = p_hall_id
        and p_cleaning_minutes is not null;
end;
$$;
