-- Gets another argument.
drop function if exists sales.begin_holds(bigint, bigint[]);
