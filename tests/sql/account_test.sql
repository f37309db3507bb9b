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
select is(pg_temp.refusal(format('select api.login(''dora@test.example'', %L, sha256(''x''))', :'other_hash')), 'wrong_credentials', 'a wrong password');
select is(pg_temp.refusal(format('select api.login(''nobody@test.example'', %L, sha256(''x''))', :'hash')), 'wrong_credentials', 'a wrong address is refused the same way');
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
select api.create_api_key(:alice, ' till ') as key \gset
select matches(:'key'::json ->> 'key', '^[A-Za-z0-9_-]{43}$', 'a key is 32 random bytes');
select is(account.authenticate(sha256((:'key'::json ->> 'key')::bytea), 'customer'), :alice::bigint, 'and tells its user');
select is(api.list_api_keys(:alice) #>> '{items,0,name}', 'till', 'it is listed by its name');
select is(api.list_api_keys(:alice) #>> '{items,0,key}', null, 'and never shown again');
select is(api.list_api_keys(:bob) ->> 'total', '0', 'not to others');
select is(pg_temp.refusal(format('select api.revoke_api_key(%s, %s)', :bob, :'key'::json ->> 'api_key_id')), 'not_found', 'who cannot revoke it');
select lives_ok(format('select api.revoke_api_key(%s, %s)', :alice, :'key'::json ->> 'api_key_id'), 'its owner can');
select is(account.authenticate(sha256((:'key'::json ->> 'key')::bytea), null), null, 'and then it is nobody''s');
select is(pg_temp.refusal(format('select api.revoke_api_key(%s, %s)', :alice, :'key'::json ->> 'api_key_id')), 'not_found', 'once');
select is(pg_temp.refusal(format('select api.create_api_key(%s, '''')', :alice)), 'invalid_request name', 'a key has a name');
select lives_ok(format('select api.create_api_key(%s, ''key '' || n) from generate_series(1, 20) as n', :alice), 'twenty keys');
select is(pg_temp.refusal(format('select api.create_api_key(%s, ''one more'')', :alice)), 'invalid_request name', 'are enough');

select * from finish();
rollback;
