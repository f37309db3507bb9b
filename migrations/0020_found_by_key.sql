-- What is found by its key is found so whatever the planner believes. Its plans are made while tables are small, and kept;
-- then the show alone seems to name a row, and any index that begins with the show as good as the key's: a purchase read
-- all payments of its show. So an index beside the key begins with what names few rows.

drop index sales.payments_booking_id_idx;
create index payments_booking_id_idx on sales.payments (booking_id, show_id);
drop index sales.payments_one_live_charge_a_booking;
create unique index payments_one_live_charge_a_booking on sales.payments (booking_id, show_id)
where kind = 'charge' and status in ('pending', 'authorized', 'succeeded');
drop index sales.payments_idempotency_key_key;
create unique index payments_idempotency_key_key on sales.payments (booking_id, idempotency_key, show_id)
where idempotency_key is not null;
drop index sales.payments_charge_payment_id_idx;
create index payments_charge_payment_id_idx on sales.payments (charge_payment_id, show_id) where kind = 'refund';

drop index sales.tickets_booking_id_idx;
create index tickets_booking_id_idx on sales.tickets (booking_id, show_id);

alter table waitlist.entries
    drop constraint entries_position_key,
    add constraint entries_position_key unique (position, show_id);
drop index waitlist.entries_one_live_a_buyer;
create unique index entries_one_live_a_buyer on waitlist.entries (user_id, show_id) where status in ('waiting', 'offered');
drop index waitlist.entries_booking_key;
create unique index entries_booking_key on waitlist.entries (booking_id, show_id) where booking_id is not null;

-- Open work of payments only: with all open work in it, this index was read whole to claim work and to finish it.
drop index ops.outbox_payment_id_idx;
create index outbox_payment_id_idx on ops.outbox ((payload ->> 'payment_id'), show_id)
where done_at is null and payload ->> 'payment_id' is not null;
