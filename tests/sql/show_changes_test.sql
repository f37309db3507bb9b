-- What staff changes of a show that is being sold: the show, and single seats.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.seat(p_show_id bigint, p_seat text) returns text language sql as $$
    select concat_ws(' ', s.status, s.tier, s.price_minor, s.change_count) from sales.show_seats as s where s.show_id = p_show_id and s.seat = p_seat
$$;
create function pg_temp.detail(p_sql text) returns jsonb language plpgsql as $$
declare
    v_detail text;
begin
    execute p_sql;
    return null;
exception when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return v_detail::jsonb;
end
$$;
create function pg_temp.change(p_seats jsonb) returns text language sql as $$
    select format('select sales.change_seats(%s, %s, %L)', current_setting('test.show'), current_setting('test.staff'), p_seats)
$$;
create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_seats text[]) returns uuid language sql as $$
    select (sales.parse_public_id('bk', (sales.hold_seats(p_show_id, p_user_id, p_seats)).body ->> 'booking_id')).id
$$;
select set_config('test.show', :'seated', true), set_config('test.staff', :'carol', true) \g /dev/null

-- seats
select is(
    sales.change_seats(:seated, :carol, '[{"seat": "A-1", "price": 700}, {"seat": "A-2", "tier": "premium"}, {"seat": "A-3", "tier": "premium", "price": 0}, {"seat": "A-4", "blocked": true}]')::jsonb,
    jsonb_build_object('show_id', :seated, 'changed', 4, 'seats', '[
        {"seat": "A-1", "tier": "standard", "price": {"value": 700, "currency": "EUR"}, "status": "available"},
        {"seat": "A-2", "tier": "premium", "price": {"value": 1500, "currency": "EUR"}, "status": "available"},
        {"seat": "A-3", "tier": "premium", "price": {"value": 0, "currency": "EUR"}, "status": "available"},
        {"seat": "A-4", "tier": "standard", "price": {"value": 1200, "currency": "EUR"}, "status": "blocked"}]'::jsonb),
    'a seat gets a price, a tier with its price, both, or is blocked'
);
select is(
    (api.get_show(:seated) -> 'tiers')::jsonb,
    '[{"tier": "premium", "price": {"value": 0, "currency": "EUR"}, "price_to": {"value": 1500, "currency": "EUR"}},
      {"tier": "standard", "price": {"value": 700, "currency": "EUR"}, "price_to": {"value": 1200, "currency": "EUR"}}]',
    'the show says from which price to which its tiers are'
);
select is(
    (select jsonb_object_agg(seat ->> 'seat', seat #> '{price,value}') from jsonb_array_elements((api.get_show_layout(:seated) #> '{rows,0,seats}')::jsonb) as seat) @> '{"A-1": 700, "A-2": 1500, "A-3": 0, "A-4": 1200}',
    true, 'and the layout what each seat costs'
);
select is(
    (select show #> '{price_from,value}' from jsonb_path_query(api.list_event_shows(:event_id)::jsonb, '$.items[*].shows[*]') as show where show ->> 'show_id' = :'seated'),
    '0', 'a list of shows has the lowest price'
);
select pg_temp.hold(:seated, :bob, '{A-3}') as cheapest \gset
select is(api.get_show(:seated) #>> '{tiers,0,price,value}', '700', 'of what is still free');
select sales.release_booking(:seated, :'cheapest', :bob) \g /dev/null
select is(pg_temp.seat(:seated, 'A-4'), 'blocked standard 1200 1', 'blocking is a change of its state');
select is(pg_temp.seat(:seated, 'A-1'), 'available standard 700 0', 'a price is none');
select is(layout_version, 2, 'but another layout') from sales.shows where show_id = :seated;
select results_eq(
    format('select kind, user_id, detail #>> ''{seats,0,seat}'' from sales.show_events where show_id = %s', :seated),
    format('values (''seats_changed'', %s::bigint, ''A-1'')', :carol),
    'who did what is remembered'
);
select is((sales.hold_seats(:seated, :alice, '{A-4}')).code, 'seats_taken', 'a blocked seat is not sold');
select is((pg_temp.detail(pg_temp.change('[{"seat": "A-5", "price": 1}, {"seat": "Z-1", "price": 1}, {"seat": "Y-9", "blocked": true}]'))), '{"seats": ["Y-9", "Z-1"]}', 'seats that the show has not are named');
select is(pg_temp.refusal(pg_temp.change('[{"seat": "Z-1", "price": 1}]')), 'unknown_seat', 'as unknown_seat');
select is(pg_temp.seat(:seated, 'A-5'), 'available standard 1200 0', 'and nothing else was changed');

select is(pg_temp.refusal(pg_temp.change(bad::jsonb)), 'invalid_request seats', 'refused: ' || bad)
from (
    values
        ('{}'), ('[]'), ('[1]'), ('[{"price": 1}]'), ('[{"seat": 1, "price": 1}]'), ('[{"seat": "A-5"}]'), ('[{"seat": "A-5", "colour": "red"}]'),
        ('[{"seat": "A-5", "price": -1}]'), ('[{"seat": "A-5", "price": 1.5}]'), ('[{"seat": "A-5", "price": "1"}]'), ('[{"seat": "A-5", "price": 100000001}]'),
        ('[{"seat": "A-5", "tier": "gold"}]'), ('[{"seat": "A-5", "tier": 1}]'), ('[{"seat": "A-5", "blocked": "yes"}]'), ('[{"seat": "A-5", "blocked": null}]'),
        ('[{"seat": "A-5", "price": 1}, {"seat": "A-5", "tier": "premium"}]')
) as r (bad);
select is(pg_temp.refusal('select sales.change_seats(0, 1, ''[{"seat": "A-1", "price": 1}]'')'), 'not_found', 'a show that is not there has no seats');

select pg_temp.hold(:seated, :alice, '{B-1,B-2}') as held \gset
select is(pg_temp.detail(pg_temp.change('[{"seat": "B-3", "price": 1}, {"seat": "B-2", "blocked": true}, {"seat": "B-1", "price": 1}]')), '{"used_by": "buyers", "seats": ["B-1", "B-2"]}', 'held seats are named');
select is(pg_temp.refusal(pg_temp.change('[{"seat": "B-2", "tier": "premium"}]')), 'in_use', 'as in_use');
select is(pg_temp.seat(:seated, 'B-3'), 'available standard 1200 0', 'and nothing else was changed either');
select is(sales.change_seats(:seated, :carol, '[{"seat": "B-1", "price": 1200, "blocked": false}]') ->> 'changed', '0', 'what a held seat is already may be said again');
select pg_temp.let_lapse(:seated) \g /dev/null
select is(sales.change_seats(:seated, :carol, '[{"seat": "B-1", "blocked": true}]') ->> 'changed', '1', 'a hold that has lapsed is in no way');
select is(status, 'expired', 'it ends') from sales.bookings where show_id = :seated and booking_id = :'held';
select is(claimed_count, 0, 'and its buyer claims nothing') from sales.buyers where show_id = :seated and user_id = :alice;

select sales.change_seats(:seated, :carol, '[{"seat": "A-4", "blocked": false}, {"seat": "B-1", "blocked": false}]') \g /dev/null
select is(pg_temp.seat(:seated, 'A-4'), 'available standard 1200 2', 'a seat that is blocked no longer is free');

-- seats, and who waits
select sales.change_seats(:seated, :carol, (select jsonb_agg(jsonb_build_object('seat', seat, 'blocked', true)) from sales.show_seats where show_id = :seated and seat not in ('C-1', 'C-2', 'C-3'))) \g /dev/null
select pg_temp.hold(:seated, :alice, '{C-1,C-2,C-3}') as held \gset
select waitlist.join_queue(:seated, :bob, 3, null, 'offer', null, null) as entry \gset
select is(:'entry'::json ->> 'status', 'waiting', 'somebody waits for the three seats that are held');
select sales.change_seats(:seated, :carol, '[{"seat": "A-1", "blocked": false}]') \g /dev/null
select is(pg_temp.seat(:seated, 'A-1'), 'reserved standard 700 2', 'a seat that is blocked no longer gathers for who waits');
select sales.change_seats(:seated, :carol, '[{"seat": "A-1", "blocked": true}]') \g /dev/null
select is(pg_temp.seat(:seated, 'A-1'), 'blocked standard 700 3', 'and can be blocked again');
select is(reserved_seat_nos, '{}', 'then nothing gathers') from waitlist.queues where show_id = :seated;
select sales.change_seats(:seated, :carol, '[{"seat": "A-1", "blocked": false}, {"seat": "A-2", "blocked": false}, {"seat": "A-3", "blocked": false}]') \g /dev/null
select is(status, 'offered', 'as soon as there are enough, they are offered') from waitlist.entries where show_id = :seated and user_id = :bob;
select is(left(pg_temp.seat(:seated, 'A-2'), 4), 'held', 'not to a passer-by');

select sales.hold_seats(:general, :alice, null, 9) \g /dev/null
select waitlist.join_queue(:general, :bob, 10, null, 'offer', null, null) as entry \gset
select is(:'entry'::json ->> 'status', 'waiting', 'somebody waits for ten places of twelve');
select sales.change_seats(:general, :carol, (select jsonb_agg(jsonb_build_object('seat', seat, 'blocked', true)) from sales.show_seats where show_id = :general and status <> 'held')) \g /dev/null
select is(end_reason, 'cannot_be_met', 'when the rest is blocked, that cannot be met any more') from waitlist.entries where show_id = :general and user_id = :bob;

-- A free seat whose tier changes, while somebody waits for that tier.
select sales.create_show(:event_id, :seated_hall, now() + interval '4 days', '{"standard": 1200, "premium": 1500}', 'EUR') as tiers \gset
select sales.hold_seats(:tiers, :alice, '{C-1,C-2,C-3,C-4,C-5,C-6,C-7,C-8}') \g /dev/null
select waitlist.join_queue(:tiers, :bob, 2, 'premium', 'offer', null, null) \g /dev/null
select sales.change_seats(:tiers, :carol, '[{"seat": "A-1", "tier": "premium"}]') #>> '{seats,0,status}' as status \gset
select is(:'status'::text, 'reserved', 'a free seat that becomes of the tier that somebody waits for is for who waits');
select is((sales.hold_seats(:tiers, :carol, '{A-1}')).code, 'seats_taken', 'and no passer-by gets it');
select sales.change_seats(:tiers, :carol, '[{"seat": "A-1", "tier": "standard"}]') #>> '{seats,0,status}' as status \gset
select is(:'status'::text, 'available', 'one that becomes of a tier that nobody waits for is for everybody');
select sales.change_seats(:tiers, :carol, '[{"seat": "A-1", "tier": "premium"}, {"seat": "A-2", "tier": "premium"}, {"seat": "B-1", "price": 100}]') \g /dev/null
select is((select status from waitlist.entries where show_id = :tiers), 'offered', 'as soon as there are enough, they are offered');
select is((select status from sales.show_seats where show_id = :tiers and seat = 'B-1'), 'available', 'another price alone is nothing to who waits');
select sales.create_show(:event_id, :seated_hall, now() + interval '5 days', '{"standard": 1200, "premium": 1500}', 'EUR') as tiers \gset
select sales.change_seats(:tiers, :carol, (select jsonb_agg(jsonb_build_object('seat', 'C-' || n, 'tier', 'standard')) from generate_series(3, 8) as n)) \g /dev/null
select sales.hold_seats(:tiers, :alice, '{C-2}') \g /dev/null
select waitlist.join_queue(:tiers, :bob, 2, 'premium', 'offer', null, null) \g /dev/null
select sales.change_seats(:tiers, :carol, '[{"seat": "C-1", "tier": "standard"}]') \g /dev/null
select is((select end_reason from waitlist.entries where show_id = :tiers), 'cannot_be_met', 'who waits for a tier that has too few seats left is told');
select is_empty('select * from report.inconsistencies', 'and all of it is consistent');
select is(claimed_count, 0, 'and claims nothing') from sales.buyers where show_id = :general and user_id = :bob;
select is_empty('select * from report.inconsistencies', 'all of it is consistent');

-- the show
select sales.create_show(:event_id, :general_hall, now() + interval '5 days', '{"standard": 2500}', 'EUR') as other \gset
select pg_temp.hold(:other, :alice, '{GA-1}') as held \gset
select pg_temp.hold(:other, :bob, '{GA-2}') as waiting \gset
select starts_at as before, ends_at - starts_at as length from sales.shows where show_id = :other \gset
update sales.shows set refund_cutoff_seconds = 60 where show_id = :other;

select sales.change_show(:other, :carol, null, null, null, 4, 120, 7, false, 'first_fit', 900, 3600) \g /dev/null
select results_eq(
    format('select max_seats, hold_seconds, hold_grace_seconds, waitlist_enabled, waitlist_policy, waitlist_seconds, refund_cutoff_seconds, status, starts_at from sales.shows where show_id = %s', :other),
    format('values (4, 120, 7, false, ''first_fit'', 900, 3600, ''on_sale'', %L::timestamptz)', :'before'),
    'the rules of a show are changed, and nothing else of it'
);
select results_eq(
    format('select kind, user_id, detail -> ''refund_cutoff_seconds'', detail ? ''status'' from sales.show_events where show_id = %s', :other),
    format('values (''changed'', %s::bigint, ''[60, 3600]''::jsonb, false)', :carol),
    'who changed what from what is remembered'
);
select sales.change_show(:other, :carol, null, null, null, 4, null, null, null, null, null, null) \g /dev/null
select is(count(*), 1::bigint, 'what changes nothing is not') from sales.show_events where show_id = :other;

update sales.bookings set status = 'paid', paid_at = now() where show_id = :other and booking_id = :'held';
delete from ops.outbox;
select sales.change_show(:other, :carol, :'before'::timestamptz + interval '2 hours', null, null, null, null, null, null, null, null, null) \g /dev/null
select is(array[starts_at, ends_at], array[:'before'::timestamptz + interval '2 hours', :'before'::timestamptz + interval '2 hours' + :'length'], 'a show that is moved keeps its length') from sales.shows where show_id = :other;
select results_eq(
    format('select payload - ''message'' from ops.outbox where show_id = %s and kind = ''mail''', :other),
    format('values (%L::jsonb)', jsonb_build_object('mail', 'show_moved', 'user_id', :alice, 'starts_at_before', api.rfc3339(:'before'))),
    'who has paid gets a mail, once, and nobody else'
);
select results_eq(
    format('select payload #>> ''{messages,0,channel}'', payload #>> ''{messages,0,message,notice}'' from ops.outbox where show_id = %s and kind = ''live''', :other),
    format('values (''show:%s'', ''moved'')', :other),
    'who looks at it a notice'
);
select is(detail ->> 'starts_at_before', api.rfc3339(:'before'), 'and it is remembered') from sales.show_events where show_id = :other and kind = 'moved';
select is(sales.ticket_model(:other, :'held') ->> 'sequence', '1', 'calendars learn that the appointment was changed');
delete from ops.outbox;
select sales.change_show(:other, :carol, :'before'::timestamptz + interval '2 hours', null, 'closed', null, null, null, null, null, null, null) \g /dev/null
select is_empty('select * from ops.outbox', 'nobody hears of a show that stays where it is');
select is((sales.hold_seats(:other, :alice, '{GA-3}')).code, 'not_on_sale', 'a closed show sells nothing');

create function pg_temp.change_show(p_show_id bigint, p_starts_at timestamptz default null, p_sale_starts_at timestamptz default null, p_status text default null, p_max_seats integer default null, p_policy text default null)
returns text language sql as $$
    select format('select sales.change_show(%s, 1, %L, %L, %L, %L, null, null, null, %L, null, null)', p_show_id, p_starts_at, p_sale_starts_at, p_status, p_max_seats, p_policy)
$$;
select is(pg_temp.refusal(pg_temp.change_show(:other, p_starts_at => now() + interval '11 years')), 'invalid_request starts_at', 'a show starts within ten years');
select is(pg_temp.refusal(pg_temp.change_show(:other, p_sale_starts_at => now() + interval '1 year')), 'invalid_request sale_starts_at', 'its sale before it');
select is(pg_temp.refusal(pg_temp.change_show(:other, p_status => 'cancelled')), 'invalid_request status', 'it is cancelled otherwise');
select is(pg_temp.refusal(pg_temp.change_show(:other, p_max_seats => 11)), 'invalid_request max_seats', 'a rule has its range');
select is(pg_temp.refusal(pg_temp.change_show(:other, p_policy => 'lottery')), 'invalid_request waitlist_policy', 'or its words');
select is(pg_temp.detail(pg_temp.change_show(:other, p_status => 'draft')), '{"used_by": "bookings", "count": 2}', 'a show with bookings does not become a draft');
select is(pg_temp.refusal(pg_temp.change_show(0)), 'not_found', 'a show that is not there is not changed');
update sales.shows set status = 'cancelled', cancelled_at = now() where show_id = :other;
select is(pg_temp.refusal(pg_temp.change_show(:other, p_status => 'on_sale')), 'too_late', 'a cancelled show stays cancelled');

-- deleting
select is(pg_temp.refusal(format('select sales.delete_show(%s)', :other)), 'in_use', 'a show with bookings is not deleted');
select is(pg_temp.detail(format('select sales.delete_show(%s)', :other)) ->> 'count', '2', 'which are counted');
select sales.create_show(:event_id, :general_hall, now() + interval '20 days', '{"standard": 2500}', 'EUR') as unsold \gset
select sales.delete_show(:unsold) \g /dev/null
select is_empty(format('select from sales.shows where show_id = %1$s union all select from sales.show_seats where show_id = %1$s', :unsold), 'one without goes, with its seats');
select is(pg_temp.refusal('select sales.delete_show(0)'), 'not_found', 'what is not there is not deleted');

-- Who wants seats bought is charged what was agreed to, and asked where price or time have changed.
create function pg_temp.waits(p_show_id bigint, p_user_id bigint) returns text language sql as $$
    select concat_ws(' ', e.mode, e.status, (select o.payload ->> 'reason' from ops.outbox as o where o.payload ->> 'mail' = 'waitlist_offer' and o.payload ->> 'entry_id' = e.entry_id::text))
    from waitlist.entries as e where e.show_id = p_show_id and e.user_id = p_user_id
$$;
insert into account.provider_customers (user_id, customer_ref) values (:bob, 'cus_bob') on conflict do nothing;
insert into account.payment_methods (user_id, method_ref, label) values (:bob, 'pm_kept', 'visa 4242') on conflict do nothing;
create function pg_temp.full_show(p_event_id bigint, p_hall_id bigint, p_days integer) returns bigint language plpgsql as $$
declare
    v_show_id bigint := sales.create_show(p_event_id, p_hall_id, now() + make_interval(days => p_days), '{"standard": 1200, "premium": 1500}', 'EUR');
begin
    update sales.show_seats as s set status = 'blocked' where s.show_id = v_show_id and s.seat <> 'A-1';
    return v_show_id;
end
$$;
select pg_temp.full_show(:event_id, :seated_hall, 31) as dear \gset
select pg_temp.hold(:dear, :alice, '{A-1}') as last \gset
select waitlist.join_queue(:dear, :bob, 1, 'standard', 'buy', null, null) is null as ignored \gset
select sales.change_seats(:dear, :carol, '[{"seat": "A-2", "price": 90000, "blocked": false}]') is null as ignored \gset
select is(pg_temp.waits(:dear, :bob), 'offer offered price_higher', 'a seat that costs more is offered and not charged');
select is((select count(*) from sales.payments as p where p.show_id = :dear), 0::bigint, 'nothing is charged');
select is((select ops.compose_mail(o.show_id, o.payload) ->> 'end_reason' from ops.outbox as o where o.show_id = :dear and o.payload ->> 'mail' = 'waitlist_offer'), 'price_higher', 'the mail says why');
select pg_temp.full_show(:event_id, :seated_hall, 32) as cheap \gset
select pg_temp.hold(:cheap, :alice, '{A-1}') as last \gset
select waitlist.join_queue(:cheap, :bob, 1, 'standard', 'buy', null, null) is null as ignored \gset
select sales.change_seats(:cheap, :carol, '[{"seat": "A-2", "price": 900, "blocked": false}]') is null as ignored \gset
select is(pg_temp.waits(:cheap, :bob), 'buy offered', 'one that costs less is bought');
select is((select amount_minor from sales.payments as p where p.show_id = :cheap), 900::bigint, 'for what it costs');
select pg_temp.full_show(:event_id, :seated_hall, 33) as moved \gset
select pg_temp.hold(:moved, :alice, '{A-1}') as last \gset
select waitlist.join_queue(:moved, :bob, 1, 'standard', 'buy', null, null) is null as ignored \gset
select sales.change_show(:moved, :carol, now() + interval '3 hours', null, null, null, null, null, null, null, null, null) \g /dev/null
select sales.release_booking(:moved, :'last', :alice) \g /dev/null
select is(pg_temp.waits(:moved, :bob), 'offer offered show_moved', 'of a show that was moved nothing is bought without asking');
select is_empty(format('select * from report.inconsistencies where show_id in (%s, %s, %s)', :dear, :cheap, :moved), 'and all of it is consistent');
select * from finish();
rollback;
