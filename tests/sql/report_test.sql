-- What the office reads: a sale of yesterday whose money was given back today, and a sale of today.
\ir support/house.sql
select * from no_plan();

create function pg_temp.buy(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.pay(p_show_id bigint, p_booking_id uuid, p_user_id bigint) returns uuid language sql as $$
    select k.id
    from sales.begin_payment(p_show_id, p_booking_id, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
$$;
create function pg_temp.day(p_days_ago integer) returns date language sql as $$
    select (now() at time zone 'Europe/London')::date - p_days_ago
$$;

-- Money of its own, so that what else was sold here does not count.
update sales.shows set currency = 'XPF' where show_id = :general;
select pg_temp.buy(:general, :alice, 2) as booking \gset
select pg_temp.pay(:general, :'booking', :alice) as payment \gset
select sales.complete_payment(:general, :'payment', 'pi_1'), sales.settle_capture(:general, :'payment');
update sales.bookings set paid_at = paid_at - interval '1 day' where booking_id = :'booking';
update sales.payments set authorized_at = authorized_at - interval '1 day', succeeded_at = succeeded_at - interval '1 day' where payment_id = :'payment';
select pg_temp.buy(:general, :bob, 3) as other \gset
select pg_temp.pay(:general, :'other', :bob) as payment_of_other \gset
select sales.complete_payment(:general, :'payment_of_other', 'pi_2'), sales.settle_capture(:general, :'payment_of_other');

select results_eq(
    'select sold_on, booking_count::integer, seat_count::integer, gross_minor, refunded_minor, net_minor from report.sales_by_day where currency = ''XPF'' order by sold_on',
    $$values (pg_temp.day(1), 1, 2, 5000::bigint, 0::bigint, 5000::bigint), (pg_temp.day(0), 1, 3, 7500, 0, 7500)$$,
    'a booking counts on the day it was paid'
);

select sales.refund_booking(:general, :'booking', :alice, 'ill');
select sales.settle_refund(:general, payment_id, 're_1') from sales.payments where booking_id = :'booking' and kind = 'refund';
select results_eq(
    'select sold_on, booking_count::integer, gross_minor, refunded_minor, net_minor from report.sales_by_day where currency = ''XPF'' order by sold_on',
    $$values (pg_temp.day(1), 1, 5000::bigint, 0::bigint, 5000::bigint), (pg_temp.day(0), 1, 7500, 5000, 2500)$$,
    'a refund on the day it was given back'
);
select results_eq(
    'select booking_count::integer, seat_count::integer, gross_minor::integer, refunded_minor::integer, net_minor::integer from report.sales_by_show where show_id = ' || :general,
    $$values (2, 5, 12500, 5000, 7500)$$,
    'the show''s sum has both'
);
update sales.payments set succeeded_at = succeeded_at - interval '1 day' where payment_id = :'payment_of_other';
select is(
    (select charged_minor from report.payouts where currency = 'XPF' and settled_on = (now() at time zone 'UTC')::date),
    0::bigint,
    'a day of refunds only has charged nothing'
);
select is(
    (select array[seat_count, sold_count, held_count] from report.occupancy where show_id = :general),
    array[12, 3, 0]::bigint[],
    'three of twelve are sold'
);
select is_empty('select * from report.stuck_payments', 'nothing is stuck');
select is_empty('select * from report.inconsistencies', 'nothing is inconsistent');
select * from finish();
rollback;
