-- Table of contents: everything that can be loaded again, in reading order. `boxoffice migrate` loads it whole, in one
-- transaction, after the migrations. Lines are `\ir file` or comments.

-- What was there before goes.
\ir start.sql

-- How errors are named, how values look, how endpoints are announced.
\ir errors.sql
\ir api/format.sql
\ir api/text.sql
\ir catalog/currencies.sql
\ir api/route.sql

-- Who is calling.
\ir account/users.sql
\ir account/authenticate.sql
\ir account/login_attempts.sql
\ir account/password_salt.sql
\ir account/sessions.sql
\ir account/signed_in.sql
\ir account/payment_methods.sql
\ir account/mail_links.sql
\ir account/own.sql
\ir account/staff.sql

-- What can be played where.
\ir catalog/create_hall.sql
\ir catalog/show_briefs.sql
\ir catalog/create_show.sql
\ir catalog/plan_shows.sql
\ir catalog/set_show_rules.sql
\ir catalog/seat_counts.sql
\ir catalog/json.sql
\ir catalog/places.sql
\ir catalog/find_events.sql
\ir catalog/named_place.sql
\ir catalog/playing.sql
\ir catalog/import.sql

-- A seat is held …
\ir ops/add_work.sql
\ir ops/audit.sql
\ir sales/public_ids.sql
\ir sales/free_seats.sql
\ir sales/choose_adjacent.sql
\ir sales/claim_seats.sql
\ir sales/ticket_codes.sql
\ir sales/booking_json.sql
\ir sales/ticket_model.sql
\ir sales/judge_hold.sql
\ir sales/write_holds.sql
\ir sales/hold_batch.sql
\ir sales/address_holds.sql
\ir sales/hold_seats.sql
\ir sales/release_booking.sql
-- … paid for …
\ir sales/begin_payment.sql
\ir sales/match_payment.sql
\ir sales/complete_payment.sql
\ir sales/fail_payment.sql
\ir sales/settle_payment.sql
\ir sales/discrepancies.sql
\ir sales/disputes.sql
\ir sales/receive_provider_event.sql
-- … given back …
\ir sales/refund_seats.sql
\ir sales/settle_refund.sql
\ir sales/cancel_show.sql
-- … or waited for.
\ir waitlist/queue.sql
\ir waitlist/promote.sql
\ir waitlist/join.sql
\ir waitlist/entry_json.sql
-- … and shown at the door.
\ir sales/check_in.sql
-- What staff may change meanwhile.
\ir sales/change_show.sql
\ir sales/find_orders.sql
\ir sales/change_seats.sql

-- What is over and settled leaves these tables, and stays readable.
\ir archive/mirror.sql
\ir archive/move.sql
\ir archive/documents.sql

-- What the worker does, and what runs by the clock.
\ir ops/outbox.sql
\ir ops/live.sql
\ir ops/hang_up.sql
\ir ops/compose_mail.sql
\ir ops/provider_events.sql
\ir ops/jobs.sql

-- One file a resource: its functions and their routes.
\ir api/accounts.sql
\ir api/api_keys.sql
\ir api/audit.sql
\ir api/catalog.sql
\ir api/search.sql
\ir api/suggest.sql
\ir api/shows.sql
\ir api/holds.sql
\ir api/bookings.sql
\ir api/refunds.sql
\ir api/waitlist.sql
\ir api/payment_methods.sql
\ir api/ticket_files.sql
\ir api/admin.sql
\ir api/admin_places.sql
\ir api/admin_shows.sql
\ir api/admin_bulk.sql
\ir api/admin_orders.sql
\ir api/admin_users.sql
\ir api/admin_export.sql
\ir api/admin_import.sql
\ir api/checkin.sql
\ir api/chinese.sql

-- The same for web pages.
\ir page/parts.sql
\ir page/finding.sql
\ir page/event.sql
\ir page/times.sql
\ir page/show.sql
\ir page/booking.sql
\ir page/waitlist.sql
\ir page/account.sql
\ir page/checkin.sql
\ir page/admin.sql
\ir page/problem.sql
\ir page/legal.sql
\ir page/crawlers.sql

-- The stand-in for the payment provider.
\ir sandbox/parameters.sql
\ir sandbox/versions.sql
\ir sandbox/cards.sql
\ir sandbox/customers.sql
\ir sandbox/events.sql
\ir sandbox/payment_intents.sql
\ir sandbox/disputes.sql
\ir sandbox/refunds.sql
\ir sandbox/checkout_sessions.sql
\ir sandbox/collections.sql
\ir sandbox/behaviour.sql
\ir sandbox/handle.sql

-- Reports.
\ir report/sales.sql
\ir report/payments.sql
\ir report/audit.sql
\ir report/check_in.sql
\ir report/waitlist.sql
\ir report/inconsistencies.sql
\ir report/archive.sql

-- What the server acts by; who may do what; and do routes and functions fit?
\ir api/endpoints.sql
\ir roles.sql
\ir grants.sql
\ir api/check.sql
