-- What is charged is named by an id of the provider's; a card's own number is never kept. Of rows that are there nothing is checked.
alter table sales.payments
    add constraint payments_payment_method_is_id check (payment_method ~ '^(pm|card|src)_[A-Za-z0-9_]{1,250}$') not valid;
alter table waitlist.entries
    add constraint entries_payment_method_is_id check (payment_method ~ '^(pm|card|src)_[A-Za-z0-9_]{1,250}$') not valid;

drop function if exists sales.begin_payment(bigint, uuid, bigint, text, text, text, boolean);
drop function if exists sales.close_checkout(bigint, uuid, bigint);
drop function if exists api.create_payment(bigint, text, text, text, boolean, text);
drop function if exists page.pay(bigint, text, text, text, boolean);
