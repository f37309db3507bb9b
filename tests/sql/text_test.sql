-- What people write is stored in one form, and what cannot be printed is refused, in every column that holds such a text.
\ir support/house.sql
select * from no_plan();

-- ---- lines ----
select is(api.checked_text('name', g.given, 20), g.stored, g.what)
from (
    values
        (e'  Ann\u3000', 'Ann', 'space around a name goes, an ideographic one too'),
        (e'Cafe\u0301', e'Caf\u00e9', 'letters are composed'),
        (e'Al\u200bice\ufeff', 'Alice', 'marks of no width that do nothing go'),
        (e'a\tb', 'a b', 'a tab is a space'),
        (e'\u0646\u0627\u0645\u0647\u200c\u0627\u06cc', e'\u0646\u0627\u0645\u0647\u200c\u0627\u06cc', 'a joiner within a word stays'),
        (e'\U0001f469\u200d\U0001f680', e'\U0001f469\u200d\U0001f680', 'and so does one within an emoji'),
        (e'\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f', e'\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f', 'as do the tags of a flag'),
        (e'\u845b\U000e0100', e'\u845b\U000e0100', 'and the variant of a Han character'),
        (e'\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35', e'\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35', 'Thai stays')
) as g (given, stored, what);

select throws_ok(
    format('select api.checked_text(%L, %L, 20)', 'name', g.given),
    'BX400',
    null,
    'refused: ' || g.what
)
from (
    values
        ('', 'nothing'),
        (e' \u3000\u00a0', 'space alone'),
        (e'\u200b', 'a mark of no width alone'),
        (e'\u200d', 'a joiner alone'),
        (e'\u2800', 'a blank of Braille alone'),
        (e'\ufe0f', 'a variation selector alone'),
        (e'\u3164', 'a Hangul filler'),
        (e'a\nb', 'two lines'),
        (e'a\u0007', 'a control character'),
        (e'a\u0085b', 'one of those above ASCII'),
        (e'a\u2028b', 'a line separator'),
        (e'a\u202eb', 'an override of direction'),
        (e'a\u2066b', 'an isolate of direction'),
        (e'a\u200fb', 'a mark of direction'),
        (e'a\ufffeb', 'a noncharacter'),
        (e'a\ufdd0b', 'another one'),
        (e'a\U0001ffffb', 'one of another plane'),
        (e'a\U0010fffeb', 'one of the last plane'),
        (e'a\ufffdb', 'the mark of a text that was lost'),
        (e'a\ue000b', 'a character for private use'),
        (e'a\U000f0000b', 'one of another plane'),
        (e'a\U000e0001b', 'a language tag'),
        (repeat('a', 21), 'more than there is room for')
) as g (given, what);

-- ---- prose ----
select is(api.checked_prose('reason', e' one\r\ntwo\n', 1, 20), e'one\ntwo', 'prose has lines');
select is(api.checked_prose('description', '', 0, 20), '', 'and may be empty where that is allowed');
select throws_ok(format('select api.checked_prose(%L, %L, 1, 20)', 'reason', g), 'BX400', null, 'prose is refused as a line is')
from (values (e'\u200d'), (e'\n'), (e'a\ufffe'), (e'a\u202e')) as v (g);

-- ---- addresses ----
select is(account.normal_email(g.given), g.stored, g.given)
from (
    values
        (' Ann.Lee+x@Example.COM ', 'Ann.Lee+x@example.com'),
        ('ann@bücher.example', 'ann@xn--bcher-kva.example'),
        ('ann@BÜCHER.example', 'ann@xn--bcher-kva.example'),
        (e'ann@bu\u0308cher.example', 'ann@xn--bcher-kva.example'),
        ('ann@faß.de', 'ann@xn--fa-hia.de'),
        ('ann@例え。テスト', 'ann@xn--r8jz45g.xn--zckzah'),
        ('ann@пример.рф', 'ann@xn--e1afmkfd.xn--p1ai'),
        ('ann@उदाहरण.परीक्षा', 'ann@xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g'),
        ('ann@xn--bcher-kva.example', 'ann@xn--bcher-kva.example'),
        ('ann@ｅｘａｍｐｌｅ.com', 'ann@example.com'),
        ('a@bad..com', null),
        ('a@-bad.com', null),
        ('a@bad-.com', null),
        ('é@x.e', null),
        ('é@example.com', null),
        ('a@x.e', null),
        ('a@localhost', null),
        ('a@example.com.', null),
        ('a@1.2.3.4', null),
        ('.a@example.com', null),
        ('a..b@example.com', null),
        ('a@b@example.com', null),
        ('a b@example.com', null),
        ('"a"@example.com', null),
        ('a@exam_ple.com', null),
        (e'a@ex\u200bample.com', null),
        (e'a@ex\u202eample.com', null),
        ('a@☃。com', 'a@xn--n3h.com'),
        ('a@' || repeat('b', 64) || '.com', null),
        (repeat('a', 65) || '@example.com', null),
        ('nobody', null)
) as g (given, stored);
select throws_ok($$select account.checked_email('email', 'a@bad..com')$$, 'BX400', null, 'what is no address is refused');
select is(account.email_key('Ann@BÜCHER.example'), 'ann@xn--bcher-kva.example', 'who signs in may type the domain in Unicode');
select is(account.email_key(' nobody '), 'nobody', 'what is no address is nobody''s');
insert into account.users (email, name, password_hash)
select 'rose@xn--bcher-kva.example', 'Rose', u.password_hash from account.users as u where u.user_id = :alice;
select is(
    account.password_salt('ROSE@bücher.example'),
    account.password_salt('rose@xn--bcher-kva.example'),
    'the salt is the same however the domain is written'
);

-- ---- rows of a hall ----
select throws_ok(
    format('select catalog.create_hall(%s, %L, %L, null)', :venue_id, 'Alike', jsonb_build_array(jsonb_build_object('row', g.one, 'seats', 3), jsonb_build_object('row', g.two, 'seats', 3))),
    'BX400',
    null,
    'refused in one hall: ' || g.what
)
from (
    values
        ('A', 'a', 'A and a'),
        ('A', e'\u0410', 'A and a Cyrillic А'),
        ('B', e'\u0392', 'B and a Greek Β'),
        ('P1', e'\u04201', 'P1 and a Cyrillic Р1'),
        (e'\u00c9', e'E\u0301', 'É as one character and as two'),
        (e'\u00cb', e'\u0401', 'Ë and a Cyrillic Ё'),
        ('A', e'\uff21', 'A and a wide A'),
        ('A', 'A', 'A twice')
) as g (one, two, what);
select throws_ok(
    format('select catalog.create_hall(%s, %L, %L, null)', :venue_id, 'Odd', jsonb_build_array(jsonb_build_object('row', g.label, 'seats', 3))),
    'BX400',
    null,
    'no label of a row: ' || g.what
)
from (
    values
        (e'\u200b', 'what is invisible'), (e'\u3000', 'a space'), ('A B', 'two words'), ('A-1', 'a hyphen'), (e'A\u202e', 'a control of direction'),
        (e'\ufffe', 'a noncharacter'), ('ABCDEFGHI', 'nine characters')
) as g (label, what);
select throws_ok(
    format('select catalog.create_hall(%s, %L, %L, null)', :venue_id, 'Gaps', g.rows),
    'BX400',
    null,
    'refused: ' || g.what
)
from (
    values
        ('[]', 'a hall without a row'),
        ('[{"row": "A", "seats": 0}]', 'a row without a seat'),
        ('[{"row": "A", "seats": 1, "gaps": [1]}]', 'a gap with no seat behind it')
) as g (rows, what);
select lives_ok(
    format('select catalog.create_hall(%s, %L, %L, null)', :venue_id, 'Unlike', '[{"row": "A", "seats": 1}, {"row": "É", "seats": 1}, {"row": "E", "seats": 1}, {"row": "甲", "seats": 1}, {"row": "1", "seats": 1}]'),
    'labels that differ are all right'
);
select catalog.create_hall(:venue_id, 'Wide', e'[{"row": "\uff21\uff11", "seats": 1}]', null) as wide \gset
select is(s.seat, 'A1-1', 'a wide letter is stored as the letter') from catalog.seats as s where s.hall_id = :wide;

-- ---- where it is stored ----
select throws_ok(
    format('update %s set %I = %s', c.table_name, c.column_name, case when c.is_array then $q$array[e'\ufffe']$q$ else $q$e'x\ufffe'$q$ end),
    '23514',
    null,
    format('%s.%s takes no noncharacter', c.table_name, c.column_name)
)
from (
    values
        ('account.users', 'name', false), ('account.users', 'email', false), ('catalog.cities', 'name', false), ('catalog.cities', 'name_zh', false),
        ('catalog.venues', 'name', false), ('catalog.venues', 'address', false), ('catalog.halls', 'name', false), ('catalog.events', 'title', false),
        ('catalog.events', 'description', false), ('catalog.events', 'genres', true), ('catalog.events', 'people', true)
) as c (table_name, column_name, is_array);

-- A column is checked by one of our functions, matches a pattern, or has one of a few values; what is none of that is no text of
-- people, and named here with its reason.
select is_empty(
    $$
        select a.attrelid::regclass || '.' || a.attname
        from pg_attribute as a
        inner join pg_class as t
            on t.oid = a.attrelid
            and t.relkind in ('r', 'p')
            and not t.relispartition
        where t.relnamespace in ('account'::regnamespace, 'catalog'::regnamespace, 'sales'::regnamespace, 'waitlist'::regnamespace)
            and a.attnum > 0
            and not a.attisdropped
            and a.attgenerated = ''
            and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'varchar'::regtype)
            and not exists (
                select
                from pg_constraint as c
                where c.conrelid = a.attrelid
                    and c.contype = 'c'
                    and c.conkey @> array[a.attnum]
                    and pg_get_constraintdef(c.oid) ~ ('(is_line|is_prose|are_lines|is_email)\(' || a.attname || '\)|\(' || a.attname || ' (~|= ANY)')
            )
        except
        select n.name
        from (
            values
                ('account.payment_methods.label'),           -- the provider's words for a card, put together by the worker
                ('account.provider_customers.customer_ref'), -- the provider's names for its own things
                ('sales.payments.provider_ref'),
                ('sales.payments.checkout_ref'),
                ('sales.payments.checkout_url'),
                ('sales.payments.payment_method'),
                ('sales.payments.failure_code'),
                ('sales.discrepancies.provider_ref'),
                ('sales.discrepancies.said_currency'),
                ('sales.discrepancies.return_failure'),
                ('sales.disputes.dispute_ref'),
                ('sales.disputes.reason'),
                ('sales.disputes.status'),
                ('waitlist.entries.payment_method'),
                ('sales.bookings.idempotency_key'),          -- printable ASCII of a header (server/api/service.cpp)
                ('sales.payments.idempotency_key'),
                ('sales.ticket_scans.idempotency_key'),
                ('waitlist.entries.idempotency_key'),
                ('sales.payments.return_url'),               -- an address of our own
                ('catalog.events.poster_url'),               -- printable ASCII (catalog.check_event)
                ('catalog.cities.timezone'),                 -- a name of PostgreSQL's (catalog.checked_timezone)
                ('catalog.known_words.word'),                -- made from titles and names
                ('catalog.playing.name'),                    -- copied from catalog.events
                ('catalog.playing.kind'),
                ('sales.shows.hall_name'),
                ('sales.shows.timezone'),
                ('catalog.seats.seat'),                      -- made from a row's label
                ('catalog.seats.section'),
                ('sales.show_seats.seat'),
                ('sales.show_seats.tier'),
                ('sales.show_tiers.tier'),
                ('sales.tickets.seat'),
                ('sales.tickets.tier'),
                ('waitlist.entries.tier'),
                ('waitlist.entries.end_reason'),
                ('waitlist.decisions.decision'),
                ('waitlist.decisions.reason')
        ) as n (name)
    $$,
    'each column with a text from outside has a check that says what it may hold'
);

select * from finish();
rollback;
