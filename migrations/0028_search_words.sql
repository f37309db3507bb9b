-- Words as people type them: one form of title, name and query, in which accents, case, width and punctuation make no difference,
-- English words are found in any of their forms, and Chinese and Japanese need no spaces. What makes indexed columns never
-- changes, so it stands here.

create text search dictionary catalog.stems (template = pg_catalog.snowball, language = english);
comment on text search dictionary catalog.stems is 'English stems without stop words: "It" and "The Who" are titles.';

create text search configuration catalog.stemmed (copy = pg_catalog.simple);
alter text search configuration catalog.stemmed
    alter mapping for asciihword, asciiword, hword, hword_asciipart, hword_numpart, hword_part, numhword, numword, word
    with catalog.stems;
comment on text search configuration catalog.stemmed is 'Folded words (catalog.fold) as stems.';
comment on text search configuration catalog.words is 'Words as they are, without accents.';

create function catalog.fold(p_text text)
returns text
language sql
immutable
parallel safe
as $$
-- A text without what makes no difference to a search: lower case, no accents, half width, no apostrophes, initials without
-- their points (S.W.A.T. and M*A*S*H are swat and mash), ½ as 1/2 apart from the number before it.
    select regexp_replace(
        regexp_replace(
            lower(
                public.unaccent(
                    'public.unaccent',
                    normalize(public.unaccent('public.unaccent', regexp_replace(p_text, '(\d)([¼-¾⅐-⅞])', '\1 \2', 'g')), nfkc)
                )
            ),
            '[''’‘ʼ`´]', '', 'g'
        ),
        '(?<=\y[[:alnum:]])[.*](?=[[:alnum:]]([.*]|\y))', '', 'g'
    );
$$;
comment on function catalog.fold is 'A text without what makes no difference to a search.';

create function catalog.joined(p_folded text)
returns text
language sql
immutable
parallel safe
as $$
-- The words of a folded text that have a sign within, each without it: "ac/dc spider-man" gives "acdc spiderman". '' if none has.
    select coalesce(string_agg(regexp_replace(m.parts[1], '[^[:alnum:]]', '', 'g'), ' '), '')
    from regexp_matches(p_folded, '[[:alnum:]]+(?:[-/&+.:·]+[[:alnum:]]+)+', 'g') as m (parts);
$$;
comment on function catalog.joined is 'The words that have a sign within, without it.';

create function catalog.han_pairs(
    p_folded text,
    p_with_last boolean
)
returns text
language sql
immutable
parallel safe
as $$
-- A folded text in which each run of Chinese or Japanese signs is its overlapping pairs, with spaces between: 卧虎藏龙 is
-- 卧虎 虎藏 藏龙, with p_with_last also its last sign, so that each sign begins a word.
    select coalesce(
        string_agg(
            case
                when r.run !~ '^[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]' then r.run
                when length(r.run) = 1 then ' ' || r.run || ' '
                else (
                    select ' ' || string_agg(substr(r.run, k.n, 2), ' ' order by k.n) || ' '
                    from generate_series(1, length(r.run) - case when p_with_last then 0 else 1 end) as k (n)
                )
            end,
            '' order by r.place
        ),
        ''
    )
    from (
        select
            m.parts[1] as run,
            m.place
        from regexp_matches(
            p_folded,
            '([\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[^\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)',
            'g'
        ) with ordinality as m (parts, place)
    ) as r;
$$;
comment on function catalog.han_pairs is 'A text in which runs of Chinese or Japanese signs are overlapping pairs.';

create function catalog.plain(p_folded text)
returns text
language sql
immutable
parallel safe
as $$
-- A folded text with a space for each run of punctuation and signs: PostgreSQL's parser would take some for file names and addresses.
    select btrim(
        regexp_replace(p_folded, '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u303f\u30fb]+', ' ', 'g')
    );
$$;
comment on function catalog.plain is 'A folded text without punctuation.';

create function catalog.words_of(p_text text)
returns tsvector
language sql
immutable
parallel safe
as $$
-- All words by which a text is found: as they are, as stems, and joined where a sign is within.
    select to_tsvector('catalog.words', t.words) || to_tsvector('catalog.stemmed', t.words)
    from (
        select catalog.plain(catalog.han_pairs(f.folded, true)) || ' ' || catalog.joined(f.folded) as words
        from catalog.fold(coalesce(p_text, '')) as f (folded)
    ) as t;
$$;
comment on function catalog.words_of is 'All words by which a text is found.';

create or replace function catalog.event_words(
    p_title text,
    p_title_zh text,
    p_people text[],
    p_genres text[]
)
returns tsvector
language plpgsql
immutable
parallel safe
as $$
begin
    return setweight(catalog.words_of(p_title), 'A')
        || setweight(catalog.words_of(p_title_zh), 'A')
        || setweight(catalog.words_of(array_to_string(p_people, ' ; ')), 'B')
        || setweight(catalog.words_of(array_to_string(p_genres, ' ; ')), 'C');
end;
$$;

drop index catalog.events_words_idx;
drop index catalog.events_title_idx;
alter table catalog.events drop column words;
alter table catalog.events
    add column words tsvector not null
    generated always as (catalog.event_words(title, title_zh, people, genres)) stored,
    add column title_key text not null
    generated always as (catalog.fold(title)) stored;
create index events_words_idx on catalog.events using gin (words);
create index events_title_key_idx on catalog.events (title_key text_pattern_ops);

comment on column catalog.events.words is 'What a search finds the event by: title (weight A), people (B), genres (C).';
comment on column catalog.events.title_key is 'catalog.fold of the title: what an exact or unfinished title is looked up by.';

-- ---- misspellings ----

create function catalog.word_deletes(p_word text)
returns text[]
language sql
immutable
parallel safe
as $$
-- A word and what is left of it when one sign is left out. Two words that one typing error sets apart (a sign wrong, missing, doubled
-- or swapped with its neighbour) share one of these, so that an index finds the one by the other.
    select array_agg(distinct d.rest)
    from (
        select p_word as rest
        union all
        select overlay(p_word placing '' from n for 1)
        from generate_series(1, length(p_word)) as n
    ) as d;
$$;
comment on function catalog.word_deletes is 'A word, and the word without each one of its signs.';

drop index catalog.known_words_word_idx;
truncate catalog.known_words;
alter table catalog.known_words
    add column deletes text[] not null generated always as (catalog.word_deletes(word)) stored;
create index known_words_deletes_idx on catalog.known_words using gin (deletes);
create index known_words_word_idx on catalog.known_words (word text_pattern_ops);
comment on table catalog.known_words is 'Every word of titles, people, venues and cities, as catalog.fold has it: what a misspelling may have meant.';
comment on column catalog.known_words.deletes is 'catalog.word_deletes of the word.';
insert into catalog.known_words (word)
select distinct w.word
from catalog.events as e
cross join lateral string_to_table(catalog.plain(catalog.fold(concat_ws(' ', e.title, array_to_string(e.people, ' ')))), ' ') as w (word)
where length(w.word) between 3 and 40
on conflict do nothing;

-- ---- places by name ----

alter table catalog.cities
    add column name_key text not null generated always as (catalog.plain(catalog.fold(name))) stored,
    add column name_zh_key text generated always as (catalog.plain(catalog.fold(name_zh))) stored;
alter table catalog.venues
    add column name_key text not null generated always as (catalog.plain(catalog.fold(name))) stored,
    add column name_zh_key text generated always as (catalog.plain(catalog.fold(name_zh))) stored;
create index cities_name_key_idx on catalog.cities (name_key text_pattern_ops);
create index cities_name_zh_key_idx on catalog.cities (name_zh_key text_pattern_ops);
create index venues_name_key_idx on catalog.venues (name_key text_pattern_ops);
create index venues_name_zh_key_idx on catalog.venues (name_zh_key text_pattern_ops);

create table catalog.place_aliases (
    city_id bigint,
    venue_id bigint,
    name text not null,
    name_key text not null generated always as (catalog.plain(catalog.fold(name))) stored,
    constraint place_aliases_city_fkey foreign key (city_id) references catalog.cities (city_id) on delete cascade,
    constraint place_aliases_venue_fkey foreign key (venue_id) references catalog.venues (venue_id) on delete cascade,
    constraint place_aliases_one_place check (num_nonnulls(city_id, venue_id) = 1),
    constraint place_aliases_name_is_a_line check (api.is_line(name)),
    constraint place_aliases_name_length check (length(name) between 1 and 200),
    constraint place_aliases_key unique nulls not distinct (name, city_id, venue_id)
);
create index place_aliases_name_key_idx on catalog.place_aliases (name_key text_pattern_ops);
create index place_aliases_city_id_idx on catalog.place_aliases (city_id);
create index place_aliases_venue_id_idx on catalog.place_aliases (venue_id);
comment on table catalog.place_aliases is 'Other names of cities and venues, under which a search finds them too: München and 慕尼黑 for Munich.';

-- ---- what plays ----

-- What a list without words is read from in its order, a page at a time: no query counts or sorts all that plays.
create table catalog.playing (
    event_id bigint not null,
    city_id bigint not null,
    kind text not null,
    name text collate "und-x-icu" not null,
    next_show_at timestamptz not null,
    show_count integer not null,
    constraint playing_pkey primary key (event_id, city_id),
    constraint playing_event_fkey foreign key (event_id) references catalog.events (event_id) on delete cascade,
    constraint playing_show_count_positive check (show_count > 0)
) with (fillfactor = 80);
create index playing_by_date_idx on catalog.playing (city_id, next_show_at, event_id);
create index playing_by_name_idx on catalog.playing (city_id, name, event_id);
create index playing_by_kind_and_date_idx on catalog.playing (city_id, kind, next_show_at, event_id);
create index playing_by_kind_and_name_idx on catalog.playing (city_id, kind, name, event_id);
create index playing_by_show_count_idx on catalog.playing (city_id, show_count desc, name, event_id);
create index playing_next_show_at_idx on catalog.playing (next_show_at);
comment on table catalog.playing is 'An event in a city where it has shows to come, and once more with city_id 0 for all cities. Written by catalog.refresh_playing whenever shows change, and by a job when a show has begun.';
comment on column catalog.playing.city_id is 'The city; 0: any.';
comment on column catalog.playing.name is 'The event''s title, in the order of the Unicode collation algorithm.';
comment on column catalog.playing.next_show_at is 'Start of the first show to come that is on sale or closed.';
comment on column catalog.playing.show_count is 'Shows to come.';

insert into catalog.playing (event_id, city_id, kind, name, next_show_at, show_count)
select
    s.event_id,
    coalesce(s.city_id, 0),
    min(e.kind),
    min(e.title),
    min(s.starts_at),
    count(*)
from sales.shows as s
inner join catalog.events as e
    on e.event_id = s.event_id
where s.starts_at > now()
    and s.status in ('on_sale', 'closed')
group by grouping sets ((s.event_id, s.city_id), (s.event_id));

alter table catalog.cities add column playing_count integer not null default 0;
comment on column catalog.cities.playing_count is 'How many events have shows to come in the city: rows of catalog.playing.';
update catalog.cities as c
set playing_count = (select count(*) from catalog.playing as p where p.city_id = c.city_id);

create index shows_starts_at_idx on sales.shows (starts_at, show_id) where status in ('on_sale', 'closed');
