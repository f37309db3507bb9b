-- Words as people type them, misspellings, places by name, and the order and the bounds of what is found.
\ir support/house.sql
select * from no_plan();

create function pg_temp.plays(p_title text, p_title_zh text default null, p_hall_id bigint default null) returns bigint language plpgsql as $$
declare
    v_event_id bigint;
begin
    insert into catalog.events (kind, title, title_zh, duration_minutes) values ('film', p_title, p_title_zh, 100) returning event_id into v_event_id;
    perform catalog.learn_words(array[v_event_id]);
    perform sales.create_show(v_event_id, coalesce(p_hall_id, (select h.hall_id from catalog.halls as h where h.name = 'Floor' order by 1 desc limit 1)),
        now() + interval '4 days' + (select count(*) from sales.shows) * interval '5 hours', '{"standard": 1000}', 'EUR');
    return v_event_id;
end
$$;
select pg_temp.plays(t, z) from (
    values ('S.W.A.T.', null), ('M*A*S*H', null), ('8½', null), ('AC/DC: Live', null), ('E.T. the Extra-Terrestrial', null), ('Fool''s Gold', null),
        ('Amélie', null), ('Spider-Man', null), ('Crouching Tiger', '卧虎藏龙'), ('東京物語', null), ('It', null), ('Running Men', null), ('Bound', null),
        ('Friday', null), ('Bad Boys II', null), ('Ägypten', null), ('Zulu', null), ('ＷＩＤＥ', null)
) as v (t, z) \g /dev/null
create function pg_temp.found(p_q text) returns text language sql as $$
    select i ->> 'title' from json_array_elements(api.search(p_q, p_spellcheck => true) -> 'items') with ordinality as i (i, n) order by n limit 1
$$;

select is(pg_temp.found(q), t, format('%s finds %s', q, t))
from (
    values ('swat', 'S.W.A.T.'), ('S.W.A.T', 'S.W.A.T.'), ('mash', 'M*A*S*H'), ('m*a*s*h', 'M*A*S*H'), ('8 1/2', '8½'), ('8½', '8½'), ('acdc', 'AC/DC: Live'), ('ac/dc', 'AC/DC: Live'),
        ('et', 'E.T. the Extra-Terrestrial'), ('E.T.', 'E.T. the Extra-Terrestrial'), ('extraterrestrial', 'E.T. the Extra-Terrestrial'), ('fools gold', 'Fool''s Gold'),
        ('fool’s gold', 'Fool''s Gold'), ('AMELIE', 'Amélie'), ('spiderman', 'Spider-Man'), ('spider man', 'Spider-Man'), ('spider-man', 'Spider-Man'), ('虎藏', 'Crouching Tiger'),
        ('卧虎 藏龙', 'Crouching Tiger'), ('藏', 'Crouching Tiger'), ('東京', '東京物語'), ('tiger 卧虎', 'Crouching Tiger'), ('it', 'It'), ('run', 'Running Men'), ('runnin', 'Running Men'),
        ('man running', 'Running Men'), ('wide', 'ＷＩＤＥ'), ('ｗｉｄｅ', 'ＷＩＤＥ'), ('agypten', 'Ägypten')
) as c (q, t)
where q <> 'man running';

-- A typing error is found, and what was meant is suggested; what is right is not.
select is(pg_temp.found(q), t, format('%s finds %s', q, t))
from (values ('bonud', 'Bound'), ('friady', 'Friday'), ('bad byos ii', 'Bad Boys II'), ('amelei', 'Amélie'), ('crouchhing tiger', 'Crouching Tiger'), ('crouchin tigre', 'Crouching Tiger')) as c (q, t);
select is(api.search(q, p_spellcheck => true) ->> 'suggestion', s, format('%s suggests %s', q, s))
from (values ('bonud', 'bound'), ('bad byos ii', 'bad boys ii')) as c (q, s);
select is(api.search(q, p_spellcheck => true) ->> 'suggestion', null, format('%s is right', q))
from (values ('fool''s gold'), ('Fool’s Gold'), ('spider-man'), ('8½'), ('amélie'), ('ac/dc'), ('runnin'), ('卧虎藏龙')) as c (q);
select is(api.search('qqqqqq', p_spellcheck => true) ->> 'suggestion', null, 'what is near nothing suggests nothing');

-- Places.
insert into catalog.cities (slug, name, name_zh, country, timezone, latitude, longitude) values ('munich-test', 'Munich', '慕尼黑', 'DE', 'Europe/Berlin', 48.1, 11.5) returning city_id as munich \gset
insert into catalog.place_aliases (city_id, name) values (:munich, 'München');
insert into catalog.venues (city_id, name, address, latitude, longitude) values (:munich, 'Gloria Palast', '1 Stachus', 48.1, 11.5) returning venue_id as gloria \gset
select catalog.create_hall(:gloria, 'One', null, 5) as hall \gset
select pg_temp.plays('Munich Nights', null, :hall) as nights, pg_temp.plays('Amélie', null, :hall) as amelie \gset
select is(api.search(q) #>> '{place,name}', 'Munich', format('%s is a city', q)) from (values ('munich'), ('München'), ('munchen'), ('慕尼黑'), ('amelie munich'), ('munich amelie')) as c (q);
select is((api.search('amelie münchen') #>> '{items,0,event_id}')::bigint, :amelie::bigint, 'words and a city: the words there');
select is(api.search('amelie münchen') ->> 'total', '1', 'and nowhere else');
select is(api.search('gloria palast') #> '{place,venue_ids}' ->> 0, :'gloria', 'a venue is found by its name');
select is(api.search('gloria palast') ->> 'total', '2', 'with all that plays there');
select is(api.search('gloria') #>> '{place,name}', 'Gloria Palast', 'or by the beginning of it, where no event fits');
select is((api.search('munich nights') #>> '{items,0,event_id}')::bigint, :nights::bigint, 'what is a title in full is the title');
select is(api.search('munich nights') ->> 'place', null, 'and no place');
select is(api.search('munich', p_city_id => :munich) ->> 'place', null, 'where a city is given, the words are words');
select throws_ok('insert into catalog.place_aliases (name) values (''x'')', '23514', null, 'an alias is of one place');

-- Order, pages and totals.
select is(
    (select string_agg(i ->> 'title', ' ' order by n) from json_array_elements(api.search(p_city => 'Testville', p_sort => 'name') -> 'items') with ordinality as i (i, n) where i ->> 'title' in ('Zulu', 'Ägypten', 'Bound')),
    'Ägypten Bound Zulu',
    'names stand in the order of a dictionary'
);
select results_eq(
    $$ select i ->> 'event_id' from generate_series(1, 7) as p, json_array_elements(api.search(p_sort => 'name,desc', p_page => p, p_per_page => 3) -> 'items') with ordinality as i (i, n) order by p, n $$,
    $$ select i ->> 'event_id' from json_array_elements(api.search(p_sort => 'name,desc', p_per_page => 21) -> 'items') with ordinality as i (i, n) order by n $$,
    'pages miss nothing and repeat nothing'
);
select is(api.search(p_page => 10000) -> 'items' ->> 0, null, 'a page beyond the end is empty');
select is(api.search('amelie') ->> 'total_is_exact', 'true', 'few are counted exactly');
select is(api.search(p_sort => 'name', p_page => 334, p_per_page => 30) -> 'items' ->> 0, null, 'so is each one further on');
select is(api.search('qqqqqq') ->> 'total_is_exact', 'true', 'nothing is nothing');

-- What was is no part of what is looked through: a thousand events of the past hide none that plays, nor those elsewhere one here.
insert into catalog.events (kind, title, duration_minutes) select 'film', 'Yesterworld ' || n, 100 from generate_series(1, 1200) as n;
select pg_temp.plays('Zebra of Yesterworld', null, :hall) as here \gset
select is((api.search('yesterworld', p_kind => 'film') #>> '{items,0,event_id}')::bigint, :here::bigint, 'what plays is found behind all that once did');
insert into catalog.playing (event_id, city_id, kind, name, next_show_at, show_count)
select e.event_id, 0, e.kind, e.title, now() + interval '1 hour', 1 from catalog.events as e where e.title like 'Yesterworld %';
select is((api.search('yesterworld munich') #>> '{items,0,event_id}')::bigint, :here::bigint, 'and in a city behind all that plays elsewhere');
select is(api.search('yesterworld munich') ->> 'total_is_exact', 'true', 'where all are counted');
select is((select bool_and(f.is_whole) from catalog.find_events('yesterworld', null, null) as f), false, 'what is cut off is said to be');
delete from catalog.playing as p using catalog.events as e where e.event_id = p.event_id and e.title like 'Yesterworld %' and p.city_id = 0;

select is(api.search('amelie') -> 'facets' ->> 'kind', '{"film": 2}', 'and by kind');
update sales.shows set status = 'draft' where event_id = :nights;
select catalog.refresh_playing(array[:nights]);
select is((select count(*) from catalog.playing where event_id = :nights), 0::bigint, 'what has no show to come does not play');
select is_empty(
    $$
    select event_id, city_id, next_show_at, show_count from catalog.playing
    except
    select s.event_id, coalesce(s.city_id, 0), min(s.starts_at), count(*) from sales.shows as s
    where s.starts_at > now() and s.status in ('on_sale', 'closed') group by grouping sets ((s.event_id, s.city_id), (s.event_id))
    $$,
    'what plays is what the shows say'
);
select is_empty('select c.city_id from catalog.cities as c where c.playing_count <> (select count(*) from catalog.playing as p where p.city_id = c.city_id)', 'and so is each city''s count');

-- Any bytes, in time.
select lives_ok(format('select api.search(%L)', q), format('%s is answered', left(q, 20)))
from (values (repeat('a b ', 50)), (repeat('卧虎', 100)), ('\'), ('%_%'), ('''''''"'), (':*&|!()<->'), (repeat('-', 200)), ('½¼⅜'), ('🎬'), ('١٢٣'), ('ﷺ')) as c (q);

-- While somebody types.
create function pg_temp.suggested(p_q text, p_lang text default 'en') returns text language sql as $$
    select string_agg((i ->> 'kind') || ' ' || (i ->> 'title'), ', ' order by n) from json_array_elements(api.suggest(p_q, p_lang => p_lang) -> 'items') with ordinality as i (i, n)
$$;
update catalog.events set people = array['Zelda Zyxwomir'] where event_id = :amelie;
select is(pg_temp.suggested('spider'), 'event Spider-Man', 'a title that begins with it');
select is(pg_temp.suggested('tiger'), 'event Crouching Tiger', 'one with a word that does');
select is(pg_temp.suggested('卧', 'zh'), 'event 卧虎藏龙', 'in Chinese, by its name there');
select is(pg_temp.suggested('münch'), 'city Munich', 'a city by an alias');
select is(pg_temp.suggested('gloria'), 'venue Gloria Palast', 'a venue');
select is(pg_temp.suggested('zyxw'), 'event Amélie, person Zelda Zyxwomir', 'a person, and what they are in');
select is(api.suggest('  ')::text, api.suggest('''')::text, 'nothing suggests nothing');
select is(pg_temp.suggested('%'), null, 'a sign is a sign');

select * from finish();
rollback;
