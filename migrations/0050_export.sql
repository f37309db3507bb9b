-- Takes the seats, too.
drop function if exists sales.check_buyers_refund(bigint, uuid);
