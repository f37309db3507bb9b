\ir support/house.sql
select * from no_plan();

select gen_random_uuid() as ticket \gset
select sales.ticket_code(:seated, :'ticket') as code \gset
select matches(:'code'::text, '^BX1\.[0-9]+\.[A-Za-z0-9_-]{38}$', 'a code fits a small QR');
select is(sales.ticket_code(:seated, :'ticket'), :'code'::text, 'it is always the same');
select results_eq(format('select show_id, ticket_id from sales.parse_ticket_code(%L)', :'code'), format('select %s::bigint, %L::uuid', :seated, :'ticket'), 'it names its ticket');
select is((sales.parse_ticket_code(replace(:'code', '.' || :seated || '.', '.' || :general || '.'))).ticket_id, null, 'for another show it does not verify');
select is((sales.parse_ticket_code(overlay(:'code' placing case when right(:'code', 3) like 'A%' then 'B' else 'A' end from length(:'code') - 2 for 1))).ticket_id, null, 'a changed signature does not verify');
select is((sales.parse_ticket_code('')).ticket_id, null, 'nor does nothing');
select is((sales.parse_ticket_code('BX1.1.' || repeat('A', 38))).ticket_id, null, 'nor does a guess');
select isnt(sales.show_key(:seated), sales.show_key(:general), 'each show has a key of its own');

select is(sales.public_id('bk', 7, '0f8e0000-0000-4000-8000-000000000001'), 'bk_7_0f8e0000000040008000000000000001', 'a public id carries the show and the random part');
select results_eq($$select * from sales.parse_public_id('bk', 'bk_7_0f8e0000000040008000000000000001')$$, $$values (7::bigint, '0f8e0000-0000-4000-8000-000000000001'::uuid)$$, 'and is read back');
select throws_ok($$select sales.parse_public_id('bk', 'tk_7_0f8e0000000040008000000000000001')$$, 'BX404', null, 'an id of another kind names nothing');
select throws_ok($$select sales.parse_public_id('bk', 'bk_7_0F8E')$$, 'BX404', null, 'nor does half of one');
select * from finish();
rollback;
