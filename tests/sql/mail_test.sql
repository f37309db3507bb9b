-- What mails say, that they are not sent when there is nothing to tell any more, and the links in them.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

\set hash '$argon2id$v=19$m=19456,t=2,p=1$c6Vn00Wl/Gv8zslEN2e93A$mRzyd4XkCbccDf9IA4UC0oodbI1E5dm50prc++2hqCw'

update account.users set email_verified_at = now() where user_id in (:alice, :bob);
update account.users set language = 'zh' where user_id = :bob;
update catalog.events set title_zh = '异形' where event_id = :event_id;
update sales.shows set starts_at = '2031-07-01T18:30:00Z', ends_at = '2031-07-01T20:30:00Z' where show_id in (:seated, :general);

-- What the worker would be told of the newest promise of that mail to the user.
create function pg_temp.mail(p_user_id bigint, p_mail text) returns jsonb language sql as $$
    select ops.compose_mail(o.show_id, o.payload)
    from ops.outbox as o
    where o.kind = 'mail' and o.payload ->> 'user_id' = p_user_id::text and o.payload ->> 'mail' = p_mail
    order by o.created_at desc, o.ctid desc
    limit 1
$$;
create function pg_temp.hold(p_show_id bigint, p_user_id bigint, p_quantity integer) returns uuid language sql as $$
    select k.id
    from sales.hold_seats(p_show_id, p_user_id, null, p_quantity, null, true) as h
    cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k
$$;
create function pg_temp.pay(p_show_id bigint, p_booking_id uuid, p_user_id bigint) returns uuid language sql as $$
    select k.id
    from sales.begin_payment(p_show_id, p_booking_id, p_user_id, 'pm_card_visa') as a
    cross join lateral sales.parse_public_id('pay', a ->> 'payment_id') as k
$$;
create function pg_temp.add(p_show_id bigint, p_user_id bigint, p_mail text, p_detail jsonb) returns jsonb language sql as $$
    delete from ops.outbox where kind = 'mail' and payload ->> 'user_id' = p_user_id::text and payload ->> 'mail' = p_mail;
    select ops.add_mail(p_show_id, p_user_id, p_mail, p_detail);
    select pg_temp.mail(p_user_id, p_mail);
$$;

-- A decline.
select pg_temp.hold(:seated, :alice, 2) as booking \gset
select pg_temp.pay(:seated, :'booking', :alice) as payment \gset
select sales.fail_payment(:seated, :'payment', 'card_declined') is null as ignored \gset
select pg_temp.mail(:alice, 'payment_failed') as mail \gset
select is(:'mail'::jsonb - 'show' - 'path' - 'deadline', '{"to": "alice@test.example", "name": "alice", "language": "en", "mail": "payment_failed", "code": "card_declined", "places": null, "amount": {"value": 2400, "currency": "EUR"}, "reason": null, "end_reason": null, "tickets": null}'::jsonb || jsonb_build_object('seat_list', :'mail'::jsonb -> 'seat_list'), 'who could not pay is told why, and for which seats');
select matches(:'mail'::jsonb ->> 'seat_list', '^[A-C]-\d, [A-C]-\d$', 'which are named');
select is(:'mail'::jsonb -> 'deadline' ->> 'zone', 'Europe/London', 'times are in the venue''s zone');
select is(:'mail'::jsonb ->> 'path', '/bookings/' || sales.public_id('bk', :seated, :'booking'), 'the button leads to the booking');

-- A purchase.
select pg_temp.pay(:seated, :'booking', :alice) as payment \gset
select is(pg_temp.mail(:alice, 'payment_failed'), null, 'who pays by another card meanwhile is not told of the first');
select sales.complete_payment(:seated, :'payment', 'pi_mail_1') as ignored \gset
select pg_temp.mail(:alice, 'confirmation') as mail \gset
select is(:'mail'::jsonb -> 'show' ->> 'title', 'Alien', 'a confirmation names the show');
select is(:'mail'::jsonb -> 'show' -> 'starts_at', '{"at": "2031-07-01T18:30:00Z", "zone": "Europe/London", "local": "2031-07-01T19:30:00"}', 'when it begins there');
select is(jsonb_array_length(:'mail'::jsonb #> '{tickets,0,tickets}'), 2, 'and has the tickets that are attached');
select is(pg_temp.mail(:alice, 'payment_failed'), null, 'nor of a failure when it is paid');

select pg_temp.hold(:general, :bob, 3) as places \gset
select pg_temp.pay(:general, :'places', :bob) as payment \gset
select sales.complete_payment(:general, :'payment', 'pi_mail_2') as ignored \gset
select pg_temp.mail(:bob, 'confirmation') as mail \gset
select is(:'mail'::jsonb -> 'places', '3', 'places that are all alike are counted');
select is(:'mail'::jsonb -> 'seat_list', 'null', 'and not named');
select is(:'mail'::jsonb -> 'show' ->> 'title', '异形', 'a reader of Chinese is told the Chinese title');
select is(:'mail'::jsonb ->> 'language', 'zh', 'in Chinese');

-- Given back.
select seat_nos[1] as seat_no, seats -> 0 ->> 'seat' as seat from sales.bookings where booking_id = :'booking' \gset
select pg_temp.add(:seated, :alice, 'refund', jsonb_build_object('booking_id', :'booking', 'amount_minor', 1200, 'currency', 'EUR', 'seat_nos', array[:seat_no])) as mail \gset
select is(:'mail'::jsonb -> 'amount', '{"value": 1200, "currency": "EUR"}', 'a refund says how much is given back');
select is(:'mail'::jsonb ->> 'seat_list', :'seat', 'and for which seats');
select is(jsonb_array_length(:'mail'::jsonb -> 'tickets'), 1, 'with the booking as it is now, for calendars');
select is(pg_temp.add(:seated, :alice, 'payment_returned', jsonb_build_object('booking_id', :'booking')) -> 'amount', '{"value": 2400, "currency": "EUR"}', 'so does money that came too late');
select is(pg_temp.add(:general, :bob, 'refund', jsonb_build_object('booking_id', :'places', 'amount_minor', 5000, 'currency', 'EUR', 'seat_nos', (select seat_nos[1:2] from sales.bookings where booking_id = :'places'))) -> 'places', '2', 'places that are given back are counted');

-- Moved, cancelled.
select pg_temp.add(:seated, :alice, 'show_moved', '{"starts_at_before": "2031-06-30T18:00:00Z"}') as mail \gset
select is(:'mail'::jsonb -> 'before', '{"at": "2031-06-30T18:00:00Z", "zone": "Europe/London", "local": "2031-06-30T19:00:00"}', 'of a moved show one is told when it should have been');
select is(jsonb_array_length(:'mail'::jsonb -> 'tickets'), 1, 'and has one''s bookings anew');
select is(pg_temp.add(:seated, :bob, 'show_moved', '{"starts_at_before": "2031-06-30T18:00:00Z"}'), null, 'who has none any more is not told');
select pg_temp.add(:seated, :alice, 'show_cancelled', jsonb_build_object('booking_id', :'booking', 'amount_minor', 2400, 'currency', 'EUR', 'reason', 'Ill.')) as mail \gset
select is((:'mail'::jsonb ->> 'reason') || (:'mail'::jsonb #>> '{amount,value}'), 'Ill.2400', 'of a cancelled show one is told why, and what one gets back');
select is(pg_temp.add(:seated, :alice, 'show_cancelled', jsonb_build_object('booking_id', :'booking', 'reason', 'Ill.')) -> 'amount', 'null', 'which is nothing where nothing was paid');

-- The waitlist.
select pg_temp.hold(:seated, :carol, 1) as offer \gset
select pg_temp.add(:seated, :carol, 'waitlist_offer', jsonb_build_object('entry_id', gen_random_uuid(), 'booking_id', :'offer')) as mail \gset
select isnt(:'mail'::jsonb ->> 'deadline', null, 'an offer says until when');
select is(:'mail'::jsonb ->> 'name', null, 'who has not confirmed the address is not named: whoever signed up chose both');
select is(pg_temp.add(:seated, :alice, 'waitlist_bought', jsonb_build_object('booking_id', :'booking')) #>> '{tickets,0,booking_id}', sales.public_id('bk', :seated, :'booking'), 'what was bought for one comes with its tickets');
select is(pg_temp.add(:seated, :alice, 'waitlist_ended', '{"entry_id": "00000000-0000-0000-0000-000000000000", "reason": "time_over"}') - 'show', '{"to": "alice@test.example", "name": "alice", "language": "en", "mail": "waitlist_ended", "end_reason": "time_over"}'::jsonb || jsonb_build_object('path', '/shows/' || :seated), 'who waited in vain is told why');
select pg_temp.let_lapse(:seated);
select is(pg_temp.mail(:carol, 'waitlist_offer'), null, 'an offer that is over is not made');

-- Nothing to tell.
update sales.tickets set status = 'void', voided_at = now() where show_id = :seated and booking_id = :'booking';
select is(pg_temp.mail(:alice, 'confirmation'), null, 'tickets that were given back meanwhile are not sent');
select is(ops.compose_mail(:seated, jsonb_build_object('mail', 'confirmation', 'user_id', :alice, 'booking_id', gen_random_uuid())), null, 'nor a booking that is not there');
select is(ops.compose_mail(:seated, jsonb_build_object('mail', 'waitlist_ended', 'user_id', 0, 'reason', 'x')), null, 'nor anything to nobody');
select throws_ok(format('select ops.compose_mail(%s, %L)', :seated, jsonb_build_object('mail', 'greetings', 'user_id', :alice)), '20000', null, 'a mail that nobody knows is a fault');

-- Confirming an address.
create function pg_temp.token(p_user_id bigint, p_mail text) returns text language sql as $$
    select substring(pg_temp.mail(p_user_id, p_mail) ->> 'path' from 'token=(.*)$')
$$;
select (api.signup('dora@test.example', :'hash', 'Buy at http://evil.example', 'zh') ->> 'user_id')::bigint as dora \gset
select pg_temp.mail(:dora, 'verify_email') as mail \gset
select is(:'mail'::jsonb ->> 'name', null, 'whoever signs up cannot have us write a text of theirs to others');
select is(:'mail'::jsonb ->> 'language', 'zh', 'in the language in which one signed up');
select matches(:'mail'::jsonb ->> 'path', '^/verify\?token=[A-Za-z0-9_-]{43}$', 'who signs up gets a link of 32 random bytes');
select is((select payload from ops.outbox where payload ->> 'user_id' = :'dora') ? 'token', false, 'which are not in the promise');
select substring(:'mail'::jsonb ->> 'path' from 'token=(.*)$') as token \gset
select is((select count(*) from account.mail_link_tokens where token_hash = sha256(convert_to(:'token', 'UTF8'))), 1::bigint, 'but as SHA-256 only');
select pg_temp.token(:dora, 'verify_email') as again \gset
select isnt(:'again'::text, :'token', 'a mail that is written twice has another');
select is(api.get_me(:dora) ->> 'is_email_verified', 'false', 'nothing is confirmed yet');
select is(pg_temp.refusal(format('select api.reset_password(%L, %L)', :'token', :'hash')), 'link_expired', 'a link to confirm sets no password');
select is(pg_temp.refusal('select api.verify_email(''nonsense'')'), 'link_expired', 'what is no token confirms nothing');
select is(api.verify_email(:'token')::text, null, 'the link confirms');
select is(api.get_me(:dora) ->> 'is_email_verified', 'true', 'the address');
select is(pg_temp.refusal(format('select api.verify_email(%L)', :'token')), 'link_expired', 'once');
select is(pg_temp.refusal(format('select api.verify_email(%L)', :'again')), 'link_expired', 'by either mail');
select is(pg_temp.mail(:dora, 'verify_email'), null, 'a link that is used up is not sent again');
select is(api.send_verification(:dora) ->> 'is_email_verified', 'true', 'who is confirmed is told so');
select is((select count(*) from ops.outbox where payload ->> 'user_id' = :'dora'), 1::bigint, 'and gets no second mail');
select is(api.send_verification(:carol) ->> 'is_email_verified', 'false', 'who is not confirmed');
select isnt(pg_temp.token(:carol, 'verify_email'), null, 'may have a mail again');
update account.mail_links set created_at = now() - interval '2 days', expires_at = now() - interval '1 second' where user_id = :carol;
select is(pg_temp.token(:carol, 'verify_email'), null::text, 'a link that is over is not sent');

-- A forgotten password.
select is(api.forgot_password('nobody@test.example')::text, api.forgot_password(' ALICE@test.example')::text, 'the answer does not tell who is known');
create function pg_temp.resets(p_email text) returns setof text language sql as $$
    select substring(ops.compose_mail(o.show_id, o.payload) ->> 'path' from 'token=(.*)$')
    from ops.outbox as o
    where o.kind = 'mail' and o.payload ->> 'mail' = 'reset_password' and o.payload ->> 'email' = p_email
$$;
select is((select array_agg(t) from pg_temp.resets('nobody@test.example') as t), array[null::text], 'and only who is gets a mail');
select pg_temp.resets('alice@test.example') as token \gset
select matches(:'token'::text, '^[A-Za-z0-9_-]{43}$', 'with a link');
select count(api.forgot_password('alice@test.example')) as ignored from generate_series(1, 3) \gset
select is((select count(*) from pg_temp.resets('alice@test.example') as t where t is not null), 3::bigint, 'three an hour at most');
select is(pg_temp.refusal(format('select api.verify_email(%L)', :'token')), 'link_expired', 'a link to a new password confirms no address');
select count(account.open_session(s.user_id, sha256(s.token))) as ignored from (values (:alice, 'one'::bytea), (:alice, 'two'), (:bob, 'his')) as s (user_id, token) \gset
select t as newest from account.mail_links as l cross join lateral account.write_mail_link(l.link_id) as t where l.user_id = :alice and l.purpose = 'reset_password' and l.link_id <> (select link_id from account.mail_link_tokens where token_hash = sha256(convert_to(:'token', 'UTF8'))) limit 1 \gset
update account.mail_links set created_at = now() - interval '2 hours', expires_at = now() - interval '1 second' where user_id = :alice and link_id = (select link_id from account.mail_link_tokens where token_hash = sha256(convert_to(:'token', 'UTF8')));
select is(pg_temp.refusal(format('select api.reset_password(%L, %L)', :'token', :'hash')), 'link_expired', 'after its hour it is over');
select is(api.reset_password(:'newest', :'hash')::text, null, 'before, it sets the password');
select is((select password_hash from account.users where user_id = :alice), :'hash', 'as it was given');
select is((select count(*) from account.sessions where user_id = :alice), 0::bigint, 'ends all sessions');
select is((select count(*) from account.sessions where user_id = :bob), 1::bigint, 'of nobody else');
select is((select count(*) from account.mail_links where user_id = :alice and used_at is null and expires_at > now()), 0::bigint, 'and uses up the other links');
select is(pg_temp.refusal(format('select api.reset_password(%L, %L)', :'newest', :'hash')), 'link_expired', 'it works once');

-- Given up, and lent for longer.
select ops.add_mail(:seated, :alice, 'waitlist_ended', '{"reason": "time_over"}') is null as ignored \gset
update ops.outbox set run_at = now() - interval '1 year' where show_id = :seated and payload ->> 'mail' = 'waitlist_ended' and done_at is null;
select c.outbox_id, c.job ->> 'attempt_count' as attempt from ops.claim_outbox('w', '{mail}', 1, 20) as c \gset
select is(ops.renew_lease(:seated, :'outbox_id', :attempt, 75), true, 'who has a job may have it for longer');
select cmp_ok((select leased_until from ops.outbox where outbox_id = :'outbox_id'), '>', now() + interval '70 s', 'as long as was asked');
select is(ops.renew_lease(:seated, :'outbox_id', :attempt - 1, 75), false, 'not who had it before');
select is((select count(*) from ops.claim_outbox('other', '{mail}', 100, 20) as c where c.outbox_id = :'outbox_id'), 0::bigint, 'meanwhile nobody else gets it');
update ops.outbox set leased_until = clock_timestamp() - interval '1 s', run_at = clock_timestamp() - interval '1 s' where outbox_id = :'outbox_id';
select is(ops.renew_lease(:seated, :'outbox_id', :attempt, 75), false, 'nor who has let it run out');
select is(ops.retry_outbox(:seated, :'outbox_id', '451 later'), false, 'a mail that could not go out');
update ops.outbox set attempt_count = 13 where outbox_id = :'outbox_id';
select is(ops.retry_outbox(:seated, :'outbox_id', '451 later'), false, 'is tried for longer than other work');
select cmp_ok((select run_at from ops.outbox where outbox_id = :'outbox_id'), '>', now() + interval '59 min', 'up to an hour apart');
update ops.outbox set attempt_count = 24 where outbox_id = :'outbox_id';
select is(ops.retry_outbox(:seated, :'outbox_id', '451 later'), true, 'and given up in the end');
update ops.outbox set attempt_count = 1, dead_at = null where outbox_id = :'outbox_id';
select ops.give_up_outbox(:seated, :'outbox_id', '550 no such user') is null as ignored \gset
select is((select last_error from ops.outbox where outbox_id = :'outbox_id' and dead_at is not null and leased_by is null), '550 no such user', 'what can never be done is dead at once, and says why');
select ops.finish_outbox(:seated, :'outbox_id') is null as ignored \gset
select is((select done_at from ops.outbox where outbox_id = :'outbox_id'), null, 'for good');

select * from finish();
rollback;
