-- A booking's page through its life, the forms on it, and the buyer's account.
\ir support/house.sql
select * from no_plan();

create function pg_temp.states(p_user_id bigint, p_booking_id text) returns text language sql as $$
    select string_agg(m.key, ',' order by m.key)
    from json_each_text(page.booking(p_user_id, p_booking_id, 'en')) as m
    where m.key in ('is_held', 'is_paying', 'is_paid', 'is_over')
        and m.value = 'true'
$$;

select substr(page.create_hold(:alice, :seated, array['A-1', 'C-1']) ->> 'location', 11) as booking \gset
select is(pg_temp.states(:alice, :'booking'), 'is_held', 'a new booking is held');
select is(page.booking(:alice, :'booking', 'en') #>> '{amount,value}', '2700', 'and says what it costs');
select is(page.booking(:alice, :'booking', 'en') ->> 'time_left', '5:00', 'and how long it is held');
select is(page.booking(:alice, :'booking', 'en') #>> '{show,title}', 'Alien', 'and for what');
select throws_ok(format('select page.booking(%s, %L, ''en'')', :bob, :'booking'), 'BX404', null, 'another''s is not found');
select throws_ok(format('select page.booking(%s, ''bk_1'', ''en'')', :bob), 'BX404', null, 'nor is one that cannot exist');

-- Paying by token
select is(page.pay(:alice, :'booking', 'http://own.example', 'pm_card_visa') ->> 'location', '/bookings/' || :'booking', 'paying leads back to the booking');
select is(pg_temp.states(:alice, :'booking'), 'is_paying', 'which waits');
select is(page.pay(:alice, :'booking', 'http://own.example', 'pm_card_visa') ->> 'location', '/bookings/' || :'booking', 'the form sent twice pays once');
select is((select count(*) from sales.payments where show_id = :seated), 1::bigint, 'and there is one payment');

select sales.fail_payment(:seated, p.payment_id, 'card_declined', null) from sales.payments as p where p.show_id = :seated \gset failed_
select is(pg_temp.states(:alice, :'booking'), 'is_held', 'after a refusal it is held again');
select is(page.booking(:alice, :'booking', 'en') #>> '{failure,code}', 'card_declined', 'and says why');

-- Paying on the provider's page
update sales.payments set created_at = now() - interval '1 minute' where show_id = :seated;
select page.pay(:alice, :'booking', 'http://127.0.0.1', null, 'http://127.0.0.1/bookings/x') as answer \gset
select is(:'answer'::json ->> 'await', 'true', 'the provider''s page is waited for');
select is(page.await_checkout(:alice, :'answer'::json ->> 'payment_id')::text, null, 'while it is not known');
select sales.open_checkout(:seated, p.payment_id, 'cs_1', 'http://127.0.0.1:1/c/cs_1')
from sales.payments as p where p.show_id = :seated and p.status = 'pending' \gset opened_
select is(page.await_checkout(:alice, :'answer'::json ->> 'payment_id') ->> 'location', 'http://127.0.0.1:1/c/cs_1', 'and then led to');
select is(page.await_checkout(:bob, :'answer'::json ->> 'payment_id')::text, null, 'but nobody else');
select is(page.booking(:alice, :'booking', 'en') ->> 'checkout_url', 'http://127.0.0.1:1/c/cs_1', 'the booking has the way there');
select is(page.close_checkout(:alice, :'booking') ->> 'location', '/bookings/' || :'booking', 'who wants another way says so');
select is((select count(*) from ops.outbox where show_id = :seated and kind = 'expire_checkout'), 1::bigint, 'and the provider is asked');
select throws_ok(format('select page.release_booking(%s, %L)', :bob, :'booking'), 'BX404', null, 'another''s cannot be given back');
select throws_ok(format('select page.release_booking(%s, %L)', :alice, :'booking'), 'BX911', null, 'nor one that is being paid');

select sales.complete_payment(:seated, p.payment_id, 'pi_1')
from sales.payments as p where p.show_id = :seated and p.status = 'pending' \gset completed_
select is(pg_temp.states(:alice, :'booking'), 'is_paid', 'then it is paid');
select is(json_array_length(page.booking(:alice, :'booking', 'en') -> 'tickets'), 2, 'and has its tickets');
select is(page.booking(:alice, :'booking', 'en') #>> '{tickets,0,is_valid}', 'true', 'which are valid');
select is(page.close_checkout(:alice, :'booking') ->> 'location', '/bookings/' || :'booking', 'too late for another way is harmless');

-- Giving back, and running out
select substr(page.create_hold(:bob, :seated, array['B-1']) ->> 'location', 11) as given \gset
select page.release_booking(:bob, :'given') \gset
select is(pg_temp.states(:bob, :'given'), 'is_over', 'given back is over');
select lives_ok(format('select page.release_booking(%s, %L)', :bob, :'given'), 'and giving back twice is harmless');
select substr(page.create_hold(:bob, :seated, array['B-2']) ->> 'location', 11) as lapsed \gset
update sales.bookings set expires_at = now() where show_id = :seated and status = 'held';
select is(page.booking(:bob, :'lapsed', 'en') ->> 'status', 'expired', 'a hold is over by the buyer''s clock, before the grace');
select pg_temp.let_lapse(:seated);
select is(page.pay(:bob, :'lapsed', 'http://own.example', 'pm_card_visa') ->> 'location', '/bookings/' || :'lapsed', 'paying too late leads to the booking that says so');

-- The account
select is(json_array_length(page.account(:alice, 'en') -> 'bookings'), 1, 'the account has what was bought');
select is(page.account(:bob, 'en') ->> 'bookings', '[]', 'but not what came to nothing');
select is(page.update_account(:bob, 'Bob B.', 'zh') ->> 'location', '/account?saved=true', 'name and language are changed');
select is((select name || language from account.users where user_id = :bob), 'Bob B.zh', 'both');
select is(page.update_account(:bob, ' ', 'zh') ->> 'location', '/account?error=name', 'a bad name is said at the form');

-- Signing up and in
select '$argon2id$v=19$m=19456,t=2,p=1$' || repeat('A', 22) || '$' || repeat('C', 43) as hash \gset
select page.signup('dora@test.example', :'hash', 'Dora', 'zh', sha256('dora'), '/shows/1?keep=A-1') as made \gset
select is(:'made'::json ->> 'location', '/shows/1?keep=A-1', 'who signs up goes on');
select is(account.authenticate(sha256('dora'), 'customer'), (select user_id from account.users where email = 'dora@test.example'), 'signed in');
select is(page.signup('DORA@test.example', :'hash', 'Dora', 'en', sha256('x')) ->> 'location', '/signup?error=email_taken&email=DORA%40test.example&name=Dora&next=%2F', 'an address is taken once');
select is(page.signup('dora', :'hash', 'Dora', 'en', sha256('x')) ->> 'location', '/signup?error=email&email=dora&name=Dora&next=%2F', 'a bad address is said at the form');
select is(page.login('dora@test.example', :'hash', sha256('again'), null, '/account') ->> 'location', '/account', 'who signs in goes on');
select is(
    page.login('dora@test.example', replace(:'hash', 'CC', 'DD'), sha256('no'), null, '/account')::jsonb,
    '{"location": "/login?error=wrong_credentials&email=dora%40test.example&next=%2Faccount"}',
    'a wrong password is said at the form, and opens nothing'
);
select page.logout(account.authenticate(sha256('again'), null), sha256('again')) \gset
select is(account.authenticate(sha256('again'), null), null, 'signed out is signed out');

select * from finish();
rollback;
