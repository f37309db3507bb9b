-- The office's pages: today, orders, audit log. The programme is planned over the API (sql/api/admin*.sql).

create or replace function page.shows_of_today(p_language text)
returns json
language sql
stable
as $$
-- The shows that run now or start within 24 hours, by their start, 200 at most: page.show_head with how many places are "sold", "held",
-- "total" and "checked_in".
    select json_agg(
        page.show_head(s.show_id, p_language)::jsonb
        || jsonb_build_object(
            'sold', n.sold,
            'held', n.held,
            'total', n.total,
            'checked_in', (
                select count(*)
                from sales.tickets as t
                where t.show_id = s.show_id
                    and t.status = 'used'
            )
        )
        order by
            s.starts_at,
            s.show_id
    )
    from (
        select array_agg(x.show_id) as show_ids
        from (
            select y.show_id
            from sales.shows as y
            where y.starts_at between now() - interval '4 hours' and now() + interval '24 hours'
                and y.ends_at > now()
                and y.status in ('on_sale', 'closed')
            order by y.starts_at
            limit 200
        ) as x
    ) as d
    cross join lateral sales.seat_counts(d.show_ids) as n
    inner join sales.shows as s
        on s.show_id = n.show_id;
$$;

create or replace function page.show_admin(
    p_actor bigint,
    p_language text
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- "attention": what needs a person, each with how many there are, none that has none.
declare
    v_shows json := page.shows_of_today(p_language);
begin
    return (
        select json_build_object(
            'viewer', p_actor,
            'attention', (
                select json_agg(json_build_object('matter', a.matter, 'count', a.count) order by a.place)
                from (
                    values
                        (1, 'stuck_payments', (select count(*) from report.stuck_payments)),
                        (2, 'open_disputes', (select count(*) from report.disputes as d where d.closed_at is null)),
                        (3, 'dead_letters', (select count(*) from report.dead_letters)),
                        (4, 'seats_entered_twice', (select count(*) from report.seats_entered_twice)),
                        (5, 'inconsistencies', (select coalesce(sum(c.row_count), 0) from ops.checks as c where c.name = 'inconsistencies'))
                ) as a (place, matter, count)
                where a.count > 0
            ),
            'has_shows', v_shows is not null,
            'shows', v_shows
        )
    );
end;
$$;

comment on function page.show_admin is 'The office''s first page: what needs attention, and the shows of the next 24 hours.';
select api.add_route('GET', '/admin', 'page.show_admin', role => 'staff', answer => 'page', template => 'admin', lane => 'search');

create or replace function page.admin_orders(
    p_actor bigint,
    p_language text,
    p_q text default null,
    p_show_id bigint default null,
    p_status text default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Bookings as sales.find_orders finds them; without a question only the form. "error": the field that was refused.
declare
    v_list json;
    v_error text;
    v_detail text;
begin
    if api.normal_line(p_q) is not null or p_show_id is not null then
        begin
            v_list := sales.find_orders(p_q, p_show_id, p_status, p_page, 30);
        exception
            when sqlstate 'BX400' then
                get stacked diagnostics v_detail = pg_exception_detail;
                v_error := v_detail::json ->> 'field';
            when sqlstate 'BX404' then
                v_list := api.list(null, 1, 30, 0);
        end;
    end if;
    return json_build_object(
        'viewer', p_actor,
        'q', p_q,
        'show_id', p_show_id,
        'error', v_error,
        'has_searched', v_list is not null,
        'total', v_list -> 'total',
        'statuses', (
            select json_agg(json_build_object('this_status', s.status, 'is_chosen', s.status is not distinct from p_status) order by s.place)
            from unnest(array['held', 'paying', 'paid', 'refunded', 'cancelled', 'expired', 'released']) with ordinality as s (status, place)
        ),
        'orders', (
            select json_agg(
                page.seats_of((i.item ->> 'show_id')::bigint, i.item -> 'seats')::jsonb
                || jsonb_build_object(
                    'booking_id', i.item ->> 'booking_id',
                    'status', i.item ->> 'status',
                    'amount', i.item -> 'amount',
                    'buyer_name', i.item #>> '{buyer,name}',
                    'buyer_email', i.item #>> '{buyer,email}',
                    'show', page.show_head((i.item ->> 'show_id')::bigint, p_language),
                    'created_at', page.at((i.item ->> 'created_at')::timestamptz, s.timezone)
                )
                order by i.place
            )
            from json_array_elements(v_list -> 'items') with ordinality as i (item, place)
            inner join sales.shows as s
                on s.show_id = (i.item ->> 'show_id')::bigint
        ),
        'pages', page.pages(v_list, '/admin/orders', 'q', p_q, 'show_id', p_show_id::text, 'status', p_status)
    );
end;
$$;

comment on function page.admin_orders is 'Find orders by buyer, booking, ticket code or show.';
select api.add_route('GET', '/admin/orders', 'page.admin_orders', role => 'staff', answer => 'page', template => 'admin_orders', lane => 'search');

create or replace function page.admin_audit(
    p_actor bigint,
    p_by bigint default null,
    p_action text default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_list json := api.list_audit(p_actor, p_by, nullif(p_action, ''), p_page, 30);
begin
    return json_build_object(
        'by', p_by,
        'action', p_action,
        'has_entries', (v_list ->> 'total')::bigint > 0,
        'entries', (
            select json_agg(
                json_build_object(
                    'happened_at', page.at((i.entry ->> 'happened_at')::timestamptz, 'UTC'),
                    'user_name', i.entry #>> '{user,name}',
                    'user_id', i.entry #>> '{user,user_id}',
                    'action', i.entry ->> 'action',
                    'arguments', i.entry -> 'arguments'
                )
                order by i.place
            )
            from json_array_elements(v_list -> 'items') with ordinality as i (entry, place)
        ),
        'pages', page.pages(v_list, '/admin/audit', 'by', p_by::text, 'action', p_action)
    );
end;
$$;

comment on function page.admin_audit is 'What staff and administrators changed.';
select api.add_route('GET', '/admin/audit', 'page.admin_audit', role => 'admin', answer => 'page', template => 'admin_audit', lane => 'search');

create or replace function page.admin_reports(
    p_actor bigint,
    p_name text default null
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- The reports by name, and the first 200 rows of the one that is chosen, each value as text. Raises not_found.
declare
    c_max_rows constant integer := 200;
    v_relation regclass := api.exported_relation(p_name);
    v_rows json;
begin
    if p_name is not null and (v_relation is null or v_relation::text not like 'report.%') then
        perform api.raise('not_found');
    end if;
    if p_name is not null then
        select json_agg(
            json_build_object(
                'cells',
                (select json_agg(coalesce(f.value, '') order by f.place) from json_each_text(r.found) with ordinality as f (name, value, place))
            )
            order by r.place
        )
        into v_rows
        from api.rows_of(v_relation, c_max_rows) with ordinality as r (found, place);
    end if;
    return json_build_object(
        'viewer', p_actor,
        'name', p_name,
        'reports', (
            select json_agg(json_build_object('report', c.relname, 'is_chosen', coalesce(c.relname = p_name, false)) order by c.relname)
            from pg_catalog.pg_class as c
            where c.relnamespace = 'report'::regnamespace
                and c.relkind = 'v'
        ),
        'columns', to_json(api.columns_of(v_relation)),
        'has_rows', v_rows is not null,
        'rows', v_rows,
        'is_cut', coalesce(json_array_length(v_rows) = c_max_rows, false)
    );
end;
$$;

comment on function page.admin_reports is 'The reports, and the rows of one.';
select api.add_route('GET', '/admin/reports', 'page.admin_reports', role => 'admin', answer => 'page', template => 'admin_reports', lane => 'search');

create or replace function page.admin_people(
    p_actor bigint,
    p_q text default null,
    p_role text default null,
    p_saved boolean default false,
    p_error text default null,
    p_page integer default 1
)
returns json
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- Users as account.find_users finds them; without a question the staff. "error": the field that was refused.
declare
    v_role text := case when api.normal_line(p_q) is null then coalesce(nullif(p_role, 'customer'), 'staff') else p_role end;
    v_list json;
    v_error text := p_error;
    v_detail text;
begin
    begin
        v_list := account.find_users(p_q, v_role, p_page, 30);
    exception
        when sqlstate 'BX400' then
            get stacked diagnostics v_detail = pg_exception_detail;
            v_error := v_detail::json ->> 'field';
    end;
    return json_build_object(
        'viewer', p_actor,
        'q', p_q,
        'role', v_role,
        'is_saved', p_saved,
        'error', v_error,
        'roles', page.roles(v_role),
        'people', (
            select json_agg(
                json_build_object(
                    'user_id', i.item -> 'user_id',
                    'user_name', i.item ->> 'name',
                    'user_email', i.item ->> 'email',
                    'own_roles', page.roles(i.item ->> 'role')
                )
                order by i.place
            )
            from json_array_elements(v_list -> 'items') with ordinality as i (item, place)
        ),
        'has_people', (v_list ->> 'total')::bigint > 0,
        'pages', page.pages(v_list, '/admin/people', 'q', p_q, 'role', v_role)
    );
end;
$$;

create or replace function page.roles(p_chosen text)
returns json
language sql
immutable
as $$
-- The roles to choose from.
    select json_agg(json_build_object('this_role', r.role, 'is_chosen', r.role is not distinct from p_chosen) order by r.place)
    from unnest(array['customer', 'staff', 'admin']) with ordinality as r (role, place);
$$;

comment on function page.admin_people is 'Find users, and see who has which role.';
select api.add_route('GET', '/admin/people', 'page.admin_people', role => 'admin', answer => 'page', template => 'admin_people', lane => 'search');

create or replace function page.set_role(
    p_actor bigint,
    p_user_id bigint,
    p_new_role text,
    p_back_q text default null,
    p_back_role text default null
)
returns json
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
-- p_back_q, p_back_role: the list to go back to.
declare
    v_detail text;
begin
    perform api.update_user(p_actor, p_user_id, p_new_role);
    return json_build_object('location', page.link('/admin/people', 'q', p_back_q, 'role', p_back_role, 'saved', 'true'));
exception
    when sqlstate 'BX400' then
        get stacked diagnostics v_detail = pg_exception_detail;
        return json_build_object(
            'location', page.link('/admin/people', 'q', p_back_q, 'role', p_back_role, 'error', v_detail::json ->> 'field')
        );
end;
$$;

comment on function page.set_role is 'The form that gives a user another role.';
select api.add_route('POST', '/admin/people/{user_id}', 'page.set_role', role => 'admin', answer => 'redirect', status => 303, lane => 'write');
