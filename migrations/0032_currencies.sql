-- The currencies that the payment provider takes, and the amounts: https://docs.stripe.com/currencies. SQL, server, worker and sandbox
-- ask this table; nothing else knows how many decimals a currency has.

create table catalog.currencies (
    currency character(3) not null,
    minor_digits smallint not null,
    provider_digits smallint not null,
    provider_step integer not null,
    least_charge bigint not null,
    greatest_charge bigint not null,
    constraint currencies_pkey primary key (currency),
    constraint currencies_currency_is_iso_4217 check (currency ~ '^[A-Z]{3}$'),
    constraint currencies_minor_digits_range check (minor_digits between 0 and 4),
    constraint currencies_provider_counts_no_coarser check (provider_digits between minor_digits and 4),
    constraint currencies_provider_step_positive check (provider_step > 0),
    constraint currencies_limits_in_order check (least_charge between 1 and greatest_charge),
    constraint currencies_limits_are_charged check (least_charge % provider_step = 0)
);

comment on table catalog.currencies is 'The currencies that the payment provider takes, with its rules on amounts.';
comment on column catalog.currencies.minor_digits is 'Decimals of our amounts, and of what is shown: an amount of 2400 is EUR 24.00, JPY 2,400, KWD 2.400.';
comment on column catalog.currencies.provider_digits is 'Decimals of the provider''s amounts. It counts ISK and UGX in hundredths, which they do not have.';
comment on column catalog.currencies.provider_step is 'The provider''s amounts are a multiple of it: 100 where the hundredths are always 00, 10 where the last of three decimals is 0.';
comment on column catalog.currencies.least_charge is 'The smallest charge, in the provider''s units: what it names for the currency, else about half a US dollar.';
comment on column catalog.currencies.greatest_charge is 'The largest charge, in the provider''s units: eight digits, twelve in IDR.';

insert into catalog.currencies (currency, minor_digits, provider_digits, provider_step, least_charge, greatest_charge)
values
    ('AED', 2, 2, 1, 200, 99999999),
    ('AFN', 2, 2, 1, 4000, 99999999),
    ('ALL', 2, 2, 1, 5000, 99999999),
    ('AMD', 2, 2, 1, 20000, 99999999),
    ('ANG', 2, 2, 1, 100, 99999999),
    ('AOA', 2, 2, 1, 50000, 99999999),
    ('ARS', 2, 2, 1, 80000, 99999999),
    ('AUD', 2, 2, 1, 50, 99999999),
    ('AWG', 2, 2, 1, 100, 99999999),
    ('AZN', 2, 2, 1, 100, 99999999),
    ('BAM', 2, 2, 1, 100, 99999999),
    ('BBD', 2, 2, 1, 100, 99999999),
    ('BDT', 2, 2, 1, 8000, 99999999),
    ('BGN', 2, 2, 1, 100, 99999999),
    ('BHD', 3, 3, 10, 200, 99999999),
    ('BIF', 0, 0, 1, 1500, 99999999),
    ('BMD', 2, 2, 1, 50, 99999999),
    ('BND', 2, 2, 1, 80, 99999999),
    ('BOB', 2, 2, 1, 400, 99999999),
    ('BRL', 2, 2, 1, 50, 99999999),
    ('BSD', 2, 2, 1, 50, 99999999),
    ('BWP', 2, 2, 1, 800, 99999999),
    ('BYN', 2, 2, 1, 200, 99999999),
    ('BZD', 2, 2, 1, 100, 99999999),
    ('CAD', 2, 2, 1, 50, 99999999),
    ('CDF', 2, 2, 1, 150000, 99999999),
    ('CHF', 2, 2, 1, 50, 99999999),
    ('CLP', 0, 0, 1, 500, 99999999),
    ('CNY', 2, 2, 1, 400, 99999999),
    ('COP', 2, 2, 1, 200000, 99999999),
    ('CRC', 2, 2, 1, 30000, 99999999),
    ('CVE', 2, 2, 1, 5000, 99999999),
    ('CZK', 2, 2, 1, 1500, 99999999),
    ('DJF', 0, 0, 1, 100, 99999999),
    ('DKK', 2, 2, 1, 250, 99999999),
    ('DOP', 2, 2, 1, 4000, 99999999),
    ('DZD', 2, 2, 1, 8000, 99999999),
    ('EGP', 2, 2, 1, 2500, 99999999),
    ('ETB', 2, 2, 1, 8000, 99999999),
    ('EUR', 2, 2, 1, 50, 99999999),
    ('FJD', 2, 2, 1, 120, 99999999),
    ('FKP', 2, 2, 1, 40, 99999999),
    ('GBP', 2, 2, 1, 30, 99999999),
    ('GEL', 2, 2, 1, 150, 99999999),
    ('GIP', 2, 2, 1, 40, 99999999),
    ('GMD', 2, 2, 1, 4000, 99999999),
    ('GNF', 0, 0, 1, 5000, 99999999),
    ('GTQ', 2, 2, 1, 400, 99999999),
    ('GYD', 2, 2, 1, 12000, 99999999),
    ('HKD', 2, 2, 1, 400, 99999999),
    ('HNL', 2, 2, 1, 1500, 99999999),
    ('HTG', 2, 2, 1, 8000, 99999999),
    ('HUF', 2, 2, 1, 17500, 99999999),
    ('IDR', 2, 2, 1, 1000000, 999999999999),
    ('ILS', 2, 2, 1, 200, 99999999),
    ('INR', 2, 2, 1, 50, 99999999),
    ('ISK', 0, 2, 100, 8000, 99999999),
    ('JMD', 2, 2, 1, 8000, 99999999),
    ('JOD', 3, 3, 10, 400, 99999999),
    ('JPY', 0, 0, 1, 50, 99999999),
    ('KES', 2, 2, 1, 8000, 99999999),
    ('KGS', 2, 2, 1, 5000, 99999999),
    ('KHR', 2, 2, 1, 250000, 99999999),
    ('KMF', 0, 0, 1, 250, 99999999),
    ('KRW', 0, 0, 1, 800, 99999999),
    ('KWD', 3, 3, 10, 200, 99999999),
    ('KYD', 2, 2, 1, 50, 99999999),
    ('KZT', 2, 2, 1, 30000, 99999999),
    ('LAK', 2, 2, 1, 1200000, 99999999),
    ('LBP', 2, 2, 1, 5000000, 99999999),
    ('LKR', 2, 2, 1, 20000, 99999999),
    ('LRD', 2, 2, 1, 10000, 99999999),
    ('LSL', 2, 2, 1, 1000, 99999999),
    ('MAD', 2, 2, 1, 500, 99999999),
    ('MDL', 2, 2, 1, 1000, 99999999),
    ('MGA', 0, 0, 1, 2500, 99999999),
    ('MKD', 2, 2, 1, 3000, 99999999),
    ('MMK', 2, 2, 1, 120000, 99999999),
    ('MNT', 2, 2, 1, 200000, 99999999),
    ('MOP', 2, 2, 1, 400, 99999999),
    ('MUR', 2, 2, 1, 2500, 99999999),
    ('MVR', 2, 2, 1, 800, 99999999),
    ('MWK', 2, 2, 1, 100000, 99999999),
    ('MXN', 2, 2, 1, 1000, 99999999),
    ('MYR', 2, 2, 1, 200, 99999999),
    ('MZN', 2, 2, 1, 4000, 99999999),
    ('NAD', 2, 2, 1, 1000, 99999999),
    ('NGN', 2, 2, 1, 80000, 99999999),
    ('NIO', 2, 2, 1, 2000, 99999999),
    ('NOK', 2, 2, 1, 300, 99999999),
    ('NPR', 2, 2, 1, 8000, 99999999),
    ('NZD', 2, 2, 1, 50, 99999999),
    ('OMR', 3, 3, 10, 200, 99999999),
    ('PAB', 2, 2, 1, 50, 99999999),
    ('PEN', 2, 2, 1, 200, 99999999),
    ('PGK', 2, 2, 1, 250, 99999999),
    ('PHP', 2, 2, 1, 3000, 99999999),
    ('PKR', 2, 2, 1, 15000, 99999999),
    ('PLN', 2, 2, 1, 200, 99999999),
    ('PYG', 0, 0, 1, 4000, 99999999),
    ('QAR', 2, 2, 1, 200, 99999999),
    ('RON', 2, 2, 1, 200, 99999999),
    ('RSD', 2, 2, 1, 6000, 99999999),
    ('RUB', 2, 2, 1, 4000, 99999999),
    ('RWF', 0, 0, 1, 800, 99999999),
    ('SAR', 2, 2, 1, 200, 99999999),
    ('SBD', 2, 2, 1, 500, 99999999),
    ('SCR', 2, 2, 1, 800, 99999999),
    ('SEK', 2, 2, 1, 300, 99999999),
    ('SGD', 2, 2, 1, 50, 99999999),
    ('SHP', 2, 2, 1, 40, 99999999),
    ('SLE', 2, 2, 1, 1200, 99999999),
    ('SOS', 2, 2, 1, 30000, 99999999),
    ('SRD', 2, 2, 1, 2000, 99999999),
    ('SZL', 2, 2, 1, 1000, 99999999),
    ('THB', 2, 2, 1, 1000, 99999999),
    ('TJS', 2, 2, 1, 500, 99999999),
    ('TND', 3, 3, 10, 1500, 99999999),
    ('TOP', 2, 2, 1, 120, 99999999),
    ('TRY', 2, 2, 1, 2500, 99999999),
    ('TTD', 2, 2, 1, 400, 99999999),
    ('TWD', 2, 2, 1, 2000, 99999999),
    ('TZS', 2, 2, 1, 150000, 99999999),
    ('UAH', 2, 2, 1, 2500, 99999999),
    ('UGX', 0, 2, 100, 200000, 99999999),
    ('USD', 2, 2, 1, 50, 99999999),
    ('UYU', 2, 2, 1, 2000, 99999999),
    ('UZS', 2, 2, 1, 600000, 99999999),
    ('VND', 0, 0, 1, 15000, 99999999),
    ('VUV', 0, 0, 1, 80, 99999999),
    ('WST', 2, 2, 1, 150, 99999999),
    ('XAF', 0, 0, 1, 300, 99999999),
    ('XCD', 2, 2, 1, 150, 99999999),
    ('XCG', 2, 2, 1, 100, 99999999),
    ('XOF', 0, 0, 1, 300, 99999999),
    ('XPF', 0, 0, 1, 60, 99999999),
    ('YER', 2, 2, 1, 12000, 99999999),
    ('ZAR', 2, 2, 1, 1000, 99999999),
    ('ZMW', 2, 2, 1, 1200, 99999999);

-- Shows that were made before may have a currency that the provider never took, so only new ones are checked.
alter table sales.shows
    add constraint shows_currency_fkey foreign key (currency) references catalog.currencies (currency) not valid;

-- A price is as large as the provider takes it.
alter table sales.show_tiers
    drop constraint show_tiers_price_minor_range,
    add constraint show_tiers_price_minor_not_negative check (price_minor >= 0);
alter table sales.show_seats
    drop constraint show_seats_price_minor_range,
    add constraint show_seats_price_minor_not_negative check (price_minor >= 0);

-- What is asked of the provider is told in its own units from now on; the worker multiplied until now.
update ops.outbox as o
set payload = jsonb_set(o.payload, '{amount}', to_jsonb((o.payload ->> 'amount')::bigint * 100))
where o.kind in ('authorize', 'open_checkout', 'refund')
    and o.payload ->> 'currency' in ('isk', 'ugx')
    and o.payload ? 'amount';

drop function if exists catalog.is_whole_number(jsonb, integer, integer);
drop function if exists sales.checked_tiers(jsonb, text[]);
