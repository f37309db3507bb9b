-- One show: what it is, where its seats lie, what has become of them. Drafts are not there for anybody but staff.

create or replace function api.get_show(p_show_id bigint)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    return sales.show_json(p_show_id, false);
end;
$$;

comment on function api.get_show is 'A show with its prices and how many seats are free. A tier''s "price" is the lowest of what is free; "price_to" the highest, where seats have prices of their own. Status: scheduled, on_sale, sold_out, closed or cancelled.';
select api.add_route('GET', '/api/v1/shows/{show_id}', 'api.get_show', cache_seconds => 1);

create or replace function api.get_show_layout(
    p_show_id bigint,
    p_version integer default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The seats as they lie in the hall, with the tier and the price that they have in this show. Where places are all alike, no rows.
-- p_version: null, or the layout's present version, which the show names; there is nothing at another one.
declare
    v_show record;
    v_rows json;
begin
    select s.hall_id, s.admission, s.layout_version, s.currency, h.capacity
    into v_show
    from sales.shows as s
    inner join catalog.halls as h
        on h.hall_id = s.hall_id
    where s.show_id = p_show_id
        and s.status <> 'draft';
    if v_show.hall_id is null or p_version <> v_show.layout_version then
        return null;
    end if;
    if v_show.admission = 'general' then
        return json_build_object(
            'version', v_show.layout_version,
            'admission', v_show.admission,
            'rows', '[]'::json,
            'places', v_show.capacity
        );
    end if;

    select json_agg(json_build_object('row', r.row_label, 'seats', r.seats) order by r.first_seat_no)
    into v_rows
    from (
        select
            l.row_label,
            min(l.seat_no) as first_seat_no,
            json_agg(
                json_build_object(
                    'seat', l.seat,
                    'number', l.number,
                    'x', l.x,
                    'y', l.y,
                    'tier', l.tier,
                    'price', api.money(l.price_minor, v_show.currency),
                    'accessible', l.accessible
                )
            ) as seats
        from (
            select p.row_label, p.seat_no, p.seat, p.number, p.x, p.y, s.tier, s.price_minor, p.accessible
            from sales.show_seats as s
            inner join catalog.seats as p
                on p.hall_id = v_show.hall_id
                and p.seat_no = s.seat_no
            where s.show_id = p_show_id
            order by p.row_label, p.seat_no
        ) as l
        group by l.row_label
    ) as r;

    return json_build_object(
        'version', v_show.layout_version,
        'admission', v_show.admission,
        'rows', coalesce(v_rows, '[]')
    );
end;
$$;

comment on function api.get_show_layout is 'The seats of the map, row by row from the screen: x across in seat widths, y back in rows, both from 0; the price is what this very seat costs. Places that are all alike have no rows. With "version", as in the show''s layout_url, the answer never changes and may be kept.';
select api.add_route('GET', '/api/v1/shows/{show_id}/layout', 'api.get_show_layout', cache_seconds => 60,
    fixed_by => 'p_version');

create or replace function api.get_seat_states(p_show_id bigint)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- One scan of the show's seats.
declare
    v_version bigint;
    v_available bigint;
    v_states text;
begin
    if not exists (
        select
        from sales.shows as s
        where s.show_id = p_show_id
            and s.status <> 'draft'
    ) then
        return null;
    end if;

    select
        coalesce(sum(seat.changes), 0),
        count(*) filter (where seat.state = 'a'),
        coalesce(string_agg(seat.state, ''), '')
    into v_version, v_available, v_states
    from (
        select
            sales.seat_state(s.status, s.held_until) as state,
            sales.seat_changes(s.change_count, s.held_until) as changes
        from sales.show_seats as s
        where s.show_id = p_show_id
        order by s.seat_no
    ) as seat;

    return json_build_object(
        'show_id', p_show_id,
        'version', v_version,
        'available', v_available,
        'states', v_states
    );
end;
$$;

comment on function api.get_seat_states is 'What has become of the seats, a character each in the layout''s order: a available, h held, s sold, b blocked.';
select api.add_route('GET', '/api/v1/shows/{show_id}/seats', 'api.get_seat_states', cache_seconds => 1);
