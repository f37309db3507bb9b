-- Signing up, in and out, one's own account, roles, API keys.
\ir support/house.sql
\ir support/refusal.sql
select * from no_plan();

\set hash '$argon2id$v=19$m=19456,t=2,p=1$c6Vn00Wl/Gv8zslEN2e93A$mRzyd4XkCbccDf9IA4UC0oodbI1E5dm50prc++2hqCw'
\set other_hash '$argon2id$v=19$m=19456,t=2,p=1$c6Vn00Wl/Gv8zslEN2e93A$AAAAAAkCbccDf9IA4UC0oodbI1E5dm50prc++2hqCwA'

-- Signing up.
select api.signup(' Dora@Test.example ', :'hash', '  Dora Döring ') as dora \gset
select is(:'dora'::json ->> 'email', 'Dora@test.example', 'an address is kept as it was written, without space around it and with its domain in lower case');
select is(:'dora'::json ->> 'name', 'Dora Döring', 'so is a name');
select is(:'dora'::json ->> 'role', 'customer', 'whoever signs up is a customer');
select (:'dora'::json ->> 'user_id')::bigint as dora_id \gset
select is(pg_temp.refusal(format('select api.signup(''dora@TEST.example'', %L, ''D'')', :'hash')), 'email_taken', 'the same address in other letters is taken');
select is(pg_temp.refusal(format('select api.signup(%L, %L, ''D'')', bad, :'hash')), 'invalid_request email', 'refused as an address: ' || to_json(left(bad, 20)))
from unnest(array['', 'dora', 'dora@', '@x.y', 'a b@c.de', 'a@b', e'a@b\n.cd', repeat('a', 250) || '@b.cd', repeat('é', 125) || '@b.cd', 'a,b@c.de', 'a;b@c.de', '<a>@c.de', 'a(b)@c.de', '"a"@c.de', 'a\b@c.de', 'a:b@c.de', '[a]@c.de']) as bad;
select is(pg_temp.refusal(format('select api.signup(''e@test.example'', %L, %L)', :'hash', bad)), 'invalid_request name', 'refused as a name: ' || to_json(left(bad, 9)))
from unnest(array['', '   ', repeat('x', 201), e'a\nb']) as bad;
select is(pg_temp.refusal(format('select api.signup(''e@test.example'', %L, ''E'', ''fr'')', :'hash')), 'invalid_request language', 'a language that we do not write');

-- Signing in.
select is(account.password_salt(' dora@test.EXAMPLE'), '$argon2id$v=19$m=19456,t=2,p=1$c6Vn00Wl/Gv8zslEN2e93A', 'the salt of an address is what its hash begins with');
select matches(account.password_salt('nobody@test.example'), '^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}$', 'an unknown address has a salt that looks the same');
select is(account.password_salt('nobody@test.example'), account.password_salt('Nobody@test.example '), 'and never changes');
select isnt(account.password_salt('nobody@test.example'), account.password_salt('nobody2@test.example'), 'another unknown address has another');
select is(api.login('dora@test.example', :'other_hash', sha256('x')) ->> 'refused', 'BX402', 'a wrong password');
select is(api.login('nobody@test.example', :'hash', sha256('x')) ->> 'refused', 'BX402', 'a wrong address is refused the same way');
select api.login('DORA@test.example', :'hash', sha256('token of dora')) as login \gset
select is((:'login'::json ->> 'expires_at')::timestamptz, date_trunc('second', now() + interval '30 days'), 'a session lasts 30 days');
select is(:'login'::json -> 'user' ->> 'user_id', :'dora_id', 'and is the user''s');

-- Who is calling.
select is(account.authenticate(sha256('token of dora'), 'customer'), :dora_id::bigint, 'a session''s token tells its user');
select is(account.authenticate(sha256('token of dora'), null), :dora_id::bigint, 'also where nobody need be signed in');
select is(account.authenticate(null, null), null, 'a stranger is nobody');
select is(account.authenticate(sha256('another'), null), null, 'so is an unknown token where nobody need be signed in');
select is(pg_temp.refusal('select account.authenticate(null, ''customer'')'), 'not_signed_in', 'a stranger where somebody must be');
select is(pg_temp.refusal('select account.authenticate(sha256(''another''), ''customer'')'), 'not_signed_in', 'an unknown token');
select is(pg_temp.refusal('select account.authenticate(sha256(''token of dora''), ''staff'')'), 'forbidden', 'a customer is no staff');
update account.users set role = 'staff' where user_id = :dora_id;
select is(account.authenticate(sha256('token of dora'), 'staff'), :dora_id::bigint, 'staff is');
select is(account.authenticate(sha256('token of dora'), 'customer'), :dora_id::bigint, 'and may do what customers may');
select is(pg_temp.refusal('select account.authenticate(sha256(''token of dora''), ''admin'')'), 'forbidden', 'but staff is no admin');
update account.sessions set created_at = now() - interval '31 days', expires_at = now() - interval '1 second' where user_id = :dora_id;
select is(pg_temp.refusal('select account.authenticate(sha256(''token of dora''), ''customer'')'), 'not_signed_in', 'a session that is over');
select lives_ok(format('select api.login(''dora@test.example'', %L, sha256(''second token''))', :'hash'), 'a second session');
select is((select count(*) from account.sessions where user_id = :dora_id), 1::bigint, 'takes the place of those that are over');

-- One's own account.
select is(api.get_me(:dora_id) ->> 'preferred_language', 'en', 'mails are in English at first');
select is(api.update_me(:dora_id, p_preferred_language => 'zh') ->> 'preferred_language', 'zh', 'until one wants them in Chinese');
select is(api.update_me(:dora_id, 'Theodora') ->> 'name', 'Theodora', 'a name can be changed');
select is(api.get_me(:dora_id) ->> 'preferred_language', 'zh', 'and what was not given stays');
select is(pg_temp.refusal('select api.update_me(' || :dora_id || ', p_name => '''')'), 'invalid_request name', 'no name is no name');
select is(pg_temp.refusal('select api.update_me(' || :dora_id || ', p_preferred_language => ''fr'')'), 'invalid_request preferred_language', 'nor is any language');

-- Signing out.
select lives_ok(format('select api.logout(%s, sha256(''second token''))', :alice), 'another''s session');
select is(account.authenticate(sha256('second token'), null), :dora_id::bigint, 'cannot be ended');
select lives_ok(format('select api.logout(%s, sha256(''second token''))', :dora_id), 'one''s own');
select is(account.authenticate(sha256('second token'), null), null, 'can');

-- API keys.
select account.open_session(:alice, sha256('alice signs in')) \g /dev/null
select is(pg_temp.refusal(format('select api.create_api_key(%s, ''till'', sha256(''alice signs in''))', :alice)), 'not_verified', 'who has not confirmed the address gets no key');
update account.users set email_verified_at = now() where user_id = :alice;
select api.create_api_key(:alice, ' till ', sha256('alice signs in')) as key \gset
select is(pg_temp.refusal(format('select api.create_api_key(%s, ''more'', sha256(%L::bytea))', :alice, :'key'::json ->> 'key')), 'forbidden', 'a key makes no keys');
select matches(:'key'::json ->> 'key', '^[A-Za-z0-9_-]{43}$', 'a key is 32 random bytes');
select is(account.authenticate(sha256((:'key'::json ->> 'key')::bytea), 'customer'), :alice::bigint, 'and tells its user');
select is(api.list_api_keys(:alice) #>> '{items,0,name}', 'till', 'it is listed by its name');
select is(api.list_api_keys(:alice) #>> '{items,0,key}', null, 'and never shown again');
select is(api.list_api_keys(:bob) ->> 'total', '0', 'not to others');
select is(pg_temp.refusal(format('select api.revoke_api_key(%s, %s)', :bob, :'key'::json ->> 'api_key_id')), 'not_found', 'who cannot revoke it');
select lives_ok(format('select api.revoke_api_key(%s, %s)', :alice, :'key'::json ->> 'api_key_id'), 'its owner can');
select is(account.authenticate(sha256((:'key'::json ->> 'key')::bytea), null), null, 'and then it is nobody''s');
select is(pg_temp.refusal(format('select api.revoke_api_key(%s, %s)', :alice, :'key'::json ->> 'api_key_id')), 'not_found', 'once');
select is(pg_temp.refusal(format('select api.create_api_key(%s, '''', sha256(''alice signs in''))', :alice)), 'invalid_request name', 'a key has a name');
select lives_ok(format('select api.create_api_key(%s, ''key '' || n, sha256(''alice signs in'')) from generate_series(1, 20) as n', :alice), 'twenty keys');
select is(pg_temp.refusal(format('select api.create_api_key(%s, ''one more'', sha256(''alice signs in''))', :alice)), 'invalid_request name', 'are enough');

-- Another password.
select account.open_session(:bob, sha256('bob here')), account.open_session(:bob, sha256('bob there')) \g /dev/null
update account.users set email_verified_at = now(), password_hash = :'hash' where user_id = :bob;
select api.create_api_key(:bob, 'till', sha256('bob here')) ->> 'key' as bobs_key \gset
select is(json_array_length(api.list_sessions(:bob, sha256('bob here')) -> 'items'), 2, 'one sees where one is signed in');
select is((select count(*) from json_array_elements(api.list_sessions(:bob, sha256('bob here')) -> 'items') as i where (i ->> 'is_current')::boolean), 1::bigint, 'and which one is here');
select is(api.change_password(:bob, :'other_hash', :'other_hash', sha256('bob here'), null) ->> 'refused', 'BX402', 'without the present password it is not changed');
select is(api.change_password(:bob, :'hash', :'other_hash', sha256('bob here'), null)::text, null, 'with it, it is');
select is(account.authenticate(sha256('bob here'), null), :bob::bigint, 'one stays signed in here');
select is(account.authenticate(sha256('bob there'), null), null, 'and is signed out elsewhere');
select is(account.authenticate(sha256(:'bobs_key'::bytea), null), null, 'keys end with the password');
select is((select count(*) from ops.outbox where payload ->> 'mail' = 'password_changed' and payload ->> 'user_id' = :'bob'), 1::bigint, 'and a mail tells');
select (i ->> 'session_id')::bigint as session from json_array_elements(api.list_sessions(:bob, null) -> 'items') as i limit 1 \gset
select is(pg_temp.refusal(format('select api.end_session(%s, %s)', :alice, :session)), 'not_found', 'another''s session is not found');
select is(api.end_session(:bob, :session)::text, null, 'one''s own ends');
select is(account.authenticate(sha256('bob here'), null), null, 'at once');

-- Another address.
select is(pg_temp.refusal(format('select api.change_email(%s, ''alice@test.example'', %L, null)', :bob, :'other_hash')), 'email_taken', 'another''s address is taken');
select is(pg_temp.refusal(format('select api.change_email(%s, ''bob@'', %L, null)', :bob, :'other_hash')), 'invalid_request email', 'what is none is refused');
select is(api.change_email(:bob, 'bobby@test.example', :'hash', null) ->> 'refused', 'BX402', 'it takes the password');
select is(api.change_email(:bob, 'bobby@test.example', :'other_hash', null) ->> 'status', 'accepted', 'a mail is sent');
select ops.compose_mail(0, payload) as mail from ops.outbox where payload ->> 'mail' = 'change_email' \gset
select is(:'mail'::jsonb ->> 'to', 'bobby@test.example', 'to the new address');
select is(api.get_me(:bob) ->> 'email', 'bob@test.example', 'nothing has changed yet');
select is(api.verify_email(substring(:'mail'::jsonb ->> 'path' from 'token=(.*)$'))::text, null, 'its link');
select is(api.get_me(:bob) ->> 'email', 'bobby@test.example', 'makes it the account''s');
select is((select ops.compose_mail(0, payload) ->> 'to' from ops.outbox where payload ->> 'mail' = 'email_changed'), 'bob@test.example', 'the old address is told');

-- Guessing.
create function pg_temp.guess(p_email text, p_address inet, p_count integer) returns void language sql as $$
    select account.note_login(p_email, p_address, false) from generate_series(1, p_count)
$$;
select pg_temp.guess('carol@test.example', '192.0.2.1', 20);
select is(account.login_wait('Carol@test.example', '192.0.2.1'), 1, 'the twenty-first guess from one place waits a second');
select is(account.login_wait('carol@test.example', '192.0.2.2'), 0, 'from another place none');
select pg_temp.guess('carol@test.example', '192.0.2.1', 3);
select is(account.login_wait('carol@test.example', '192.0.2.1'), 8, 'each further one twice as long');
select is(pg_temp.refusal('select account.password_salt(''carol@test.example'', ''192.0.2.1'')'), 'rate_limited', 'before anything is hashed');
select pg_temp.guess('carol@test.example', '192.0.2.1', 40);
select is(account.login_wait('carol@test.example', '192.0.2.1'), 900, 'a quarter of an hour at most');
select account.note_login('carol@test.example', '198.51.100.7', true);
select pg_temp.guess('carol@test.example', '192.0.2.3', 60);
select is(account.login_wait('carol@test.example', '203.0.113.9'), 60, 'after many guesses from many places strangers wait');
select is(account.login_wait('carol@test.example', '198.51.100.7'), 0, 'and not the owner where she has signed in before');
select is(account.login_wait('nobody@test.example', '192.0.2.1'), 0, 'an address without account');
select pg_temp.guess('nobody@test.example', '192.0.2.1', 20);
select is(account.login_wait('nobody@test.example', '192.0.2.1'), 1, 'is treated alike');
update account.login_attempts set failed_at = now() - interval '61 minutes';
select is(account.login_wait('carol@test.example', '192.0.2.1'), 0, 'an hour later it is forgotten');
select account.note_login('carol@test.example', '192.0.2.1', false);
select is((select failed_count from account.login_attempts where account_key = account.account_key('carol@test.example') and address = '192.0.2.1'), 1, 'and counted anew');

-- All one's data, and the end.
select is((select array_agg(key order by key) from json_object_keys(api.export_me(:bob)) as key), array['account', 'api_keys', 'bookings', 'payment_methods', 'sessions', 'waitlist_entries'], 'one has all one''s data');
select k.id as held from sales.hold_seats(:seated, :bob, null, 1) as h cross join lateral sales.parse_public_id('bk', h.body ->> 'booking_id') as k \gset
select is(json_array_length(api.export_me(:bob) -> 'bookings'), 1, 'bookings too');
select is(pg_temp.refusal(format('select api.delete_me(%s, %L, null)', :bob, :'other_hash')), 'in_use', 'an account with something to come is not deleted');
select sales.release_booking(:seated, :'held', :bob) \g /dev/null
select is(api.delete_me(:bob, :'hash', null) ->> 'refused', 'BX402', 'nor without the password');
select is(api.delete_me(:bob, :'other_hash', null)::text, null, 'else it is');
select results_eq(
    format('select email, name, deleted_at is not null from account.users where user_id = %s', :bob),
    format('values (''deleted-%s@deleted.invalid'', ''Deleted'', true)', :bob),
    'nothing says who it was'
);
select is((select count(*) from sales.bookings where user_id = :bob), 1::bigint, 'what was there stays');
select is(api.login('bobby@test.example', :'other_hash', sha256('y')) ->> 'refused', 'BX402', 'nobody signs in to it');
select is((select count(*) from ops.outbox as o where o.payload ->> 'user_id' = :'bob' and ops.compose_mail(o.show_id, o.payload) is not null), 0::bigint, 'and no mail is sent to it');
update account.users set role = 'customer' where role = 'admin' and user_id <> :alice;
update account.users set role = 'admin', password_hash = :'hash' where user_id = :alice;
select is(pg_temp.refusal(format('select api.delete_me(%s, %L, null)', :alice, :'hash')), 'in_use', 'the last administrator stays');

select * from finish();
rollback;
