-- Which currencies and amounts are taken, and in which units the provider is told of them.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

create function pg_temp.show_of(p_currency text, p_price text) returns text language sql as $$
    select format(
        'select sales.create_show(%s, %s, %L, %L, %L)',
        current_setting('test.event'),
        current_setting('test.hall'),
        (select max(starts_at) + interval '1 day' from sales.shows where hall_id = current_setting('test.hall')::bigint),
        format('{"standard": %s}', p_price),
        p_currency
    )
$$;
create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select (sales.parse_public_id('bk', (sales.hold_seats(p_show_id, p_user_id, null, p_quantity)).body ->> 'booking_id')).id
$$;
select set_config('test.event', :'event_id', true), set_config('test.hall', :'general_hall', true) \g /dev/null

select is(pg_temp.refusal(pg_temp.show_of(bad, '5000')), 'invalid_request currency', 'the provider does not take ' || coalesce(bad, 'null'))
from unnest(array['ZZZ', 'XXX', 'XTS', 'BTC', 'CLF', 'STD', 'XAU', 'eur', 'EU', 'EURO', ' EUR', 'EUR ', '', null]) as bad;
select throws_ok(format('update sales.shows set currency = ''ZZZ'' where show_id = %s', :general), '23503', null, 'nor can a show have one in any other way');

select is(pg_temp.refusal(pg_temp.show_of(currency, price)), 'invalid_request prices', format('%s is no price in %s', price, currency))
from (
    values
        ('EUR', '49'), ('EUR', '100000000'), ('EUR', '1e12'), ('EUR', '1e300'), ('GBP', '29'), ('USD', '1'), ('JPY', '49'), ('JPY', '100000000'),
        ('KWD', '5124'), ('KWD', '10'), ('BHD', '4999'), ('TND', '12345'), ('ISK', '1000000'), ('ISK', '50'), ('UGX', '1000000'), ('IDR', '1000000000000')
) as r (currency, price);

-- A price that is taken, and what two of them are at the provider.
create temporary table good (currency, price, charge) as
values
    ('EUR', 50::bigint, 100::bigint), ('EUR', 49999999, 99999998), ('EUR', 0, null), ('GBP', 30, 60), ('JPY', 1800, 3600), ('MGA', 123450, 246900), ('KWD', 5120, 10240),
    ('OMR', 5130, 10260), ('ISK', 1800, 360000), ('UGX', 20000, 4000000), ('IDR', 20000000000, 40000000000), ('CLP', 5000, 10000), ('RSD', 99900, 199800);
create function pg_temp.charge(p_currency text, p_price bigint, p_user_id bigint) returns bigint language plpgsql as $$
declare
    v_show_id bigint;
    v_booking_id uuid;
begin
    execute pg_temp.show_of(p_currency, p_price::text) into v_show_id;
    v_booking_id := pg_temp.hold(v_show_id, p_user_id, 2);
    perform sales.begin_payment(v_show_id, v_booking_id, p_user_id, 'pm_card_visa');
    return (select (payload ->> 'amount')::bigint from ops.outbox where show_id = v_show_id and kind = 'authorize');
end
$$;
select is(pg_temp.charge(currency, price, :alice), charge, format('two of %s in %s', price, currency)) from good;
select is(catalog.minor_amount(catalog.provider_amount(price, currency), lower(currency)), price, 'and the other way, ' || currency) from good;

-- What a refund of a part asks for.
select pg_temp.show_of('ISK', '1800') as make \gset
:make as krona \gset
select pg_temp.hold(:krona, :bob, 3) as booking \gset
select (sales.parse_public_id('pay', sales.begin_payment(:krona, :'booking', :bob, 'pm_card_visa') ->> 'payment_id')).id as payment \gset
select sales.complete_payment(:krona, :'payment', 'pi_1'), sales.settle_capture(:krona, :'payment') \g /dev/null
select sales.refund_booking(:krona, :'booking', :bob, 'ill', true, array[(select seat from sales.tickets where booking_id = :'booking' limit 1)]) \g /dev/null
select is(payload ->> 'amount', '180000', 'a refund is told in the provider''s units, too') from ops.outbox where show_id = :krona and kind = 'refund';

-- Seats.
create function pg_temp.priced(p_show_id bigint, p_seat text, p_price bigint, p_user_id bigint) returns text language sql as $$
    select pg_temp.refusal(format(
        'select sales.change_seats(%s, %s, %L)', p_show_id, p_user_id, jsonb_build_array(jsonb_build_object('seat', p_seat, 'price', p_price))
    ))
$$;
select is(pg_temp.priced(:seated, 'A-1', price, :carol), 'invalid_request seats', 'a seat costs no ' || price) from unnest(array[1, 49, 100000000]::bigint[]) as price;
select min(seat) as free from sales.show_seats where show_id = :krona and status = 'available' \gset
select is(pg_temp.priced(:krona, :'free', 999999, :carol), null, 'as much as the provider takes at once');
select is(pg_temp.priced(:krona, :'free', 1000000, :carol), 'invalid_request seats', 'and no more');

-- The table itself.
select is(
    array_agg(currency::text order by currency),
    array['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'],
    'these are shown without decimals'
)
from catalog.currencies
where minor_digits = 0;
select is(catalog.currency_decimals() ->> 'KWD', '3', 'who prints amounts asks the table');
select finish();
rollback;
