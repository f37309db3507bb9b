-- Which amounts the payment provider takes, and in which units it counts them: catalog.currencies, and nothing else.

create or replace function catalog.check_currency(p_currency text)
returns void
language plpgsql
stable
as $$
-- Raises invalid_request (currency) unless the payment provider takes it.
begin
    if not exists (select from catalog.currencies as c where c.currency::text = p_currency) then
        perform api.raise_invalid('currency', 'A currency is the ISO 4217 code of one that the payment provider takes, such as EUR.');
    end if;
end;
$$;

create or replace function catalog.price_fault(
    p_minor numeric,
    p_currency text
)
returns text
language sql
stable
as $$
-- What keeps the provider from charging this many minor units; null if nothing does. Nothing at all is never charged. A sum of prices
-- without a fault has none but being too large, and so has a part of it, which is what a refund gives back.
    select
        format(
            'A price in %s is 0 or a whole number from %s to %s%s.',
            c.currency,
            u.least,
            u.greatest,
            case when u.step > 1 then format(', a multiple of %s', u.step) end
        )
    from catalog.currencies as c
    cross join lateral (select (10 ^ (c.provider_digits - c.minor_digits))::bigint as scale) as k
    cross join lateral (
        select
            (c.least_charge + k.scale - 1) / k.scale as least,
            c.greatest_charge / k.scale as greatest,
            greatest(c.provider_step / k.scale, 1) as step
    ) as u
    where c.currency = p_currency
        and p_minor <> 0
        and (p_minor not between u.least and u.greatest or p_minor % u.step <> 0);
$$;

create or replace function catalog.provider_amount(
    p_minor bigint,
    p_currency text
)
returns bigint
language sql
stable
as $$
-- What the provider calls this many minor units. Of a currency that is not in the table, which no new show has, the same number.
    select coalesce(
        (
            select p_minor * (10 ^ (c.provider_digits - c.minor_digits))::bigint
            from catalog.currencies as c
            where c.currency = upper(p_currency)
        ),
        p_minor
    );
$$;

create or replace function catalog.minor_amount(
    p_provider_amount bigint,
    p_currency text
)
returns bigint
language sql
stable
as $$
-- The minor units of an amount that the provider tells: provider_amount the other way. Null if it is no whole number of them.
    select case
        when k.scale is null then p_provider_amount
        when p_provider_amount % k.scale = 0 then p_provider_amount / k.scale
    end
    from (
        select (
            select (10 ^ (c.provider_digits - c.minor_digits))::bigint
            from catalog.currencies as c
            where c.currency = upper(p_currency)
        ) as scale
    ) as k;
$$;

create or replace function catalog.currency_decimals()
returns json
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
-- For those who print amounts: {"EUR": 2, "JPY": 0, "KWD": 3, …}.
    select json_object_agg(c.currency, c.minor_digits order by c.currency)
    from catalog.currencies as c;
$$;
