-- Finding: the words of an event, and the place of a venue, kept beside the row in the form in which indexes want them.

-- Words as they are, in lower case and without accents: titles come in many languages, so nothing is stemmed.
create text search configuration catalog.words (copy = pg_catalog.simple);
alter text search configuration catalog.words
    alter mapping for asciihword, asciiword, hword, hword_asciipart, hword_numpart, hword_part, numhword, numword, word
    with public.unaccent, pg_catalog.simple;

-- Part of the column below, so it stands here and never changes: joining an array is not immutable by itself.
create function catalog.event_words(
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
    return setweight(to_tsvector('catalog.words', p_title), 'A')
        || setweight(to_tsvector('catalog.words', coalesce(p_title_zh, '')), 'A')
        || setweight(to_tsvector('catalog.words', array_to_string(p_people, ' ')), 'B')
        || setweight(to_tsvector('catalog.words', array_to_string(p_genres, ' ')), 'C');
end;
$$;

alter table catalog.events
    add column words tsvector not null
    generated always as (catalog.event_words(title, title_zh, people, genres)) stored;

create index events_words_idx on catalog.events using gin (words);
create index events_title_idx on catalog.events
    using gin (title public.gin_trgm_ops, title_zh public.gin_trgm_ops);

-- Every word that titles and names have: what a misspelling may have meant.
create table catalog.known_words (
    word text not null,
    constraint known_words_pkey primary key (word)
);

create index known_words_word_idx on catalog.known_words using gin (word public.gin_trgm_ops);

-- The point on a globe of 6378168 m, as public.ll_to_earth has it; written out, because that one finds its own parts by
-- search_path, which neither a restore nor autovacuum sets.
alter table catalog.venues
    add column location public.cube not null generated always as (
        public.cube(
            array[
                6378168 * cos(radians(latitude)) * cos(radians(longitude)),
                6378168 * cos(radians(latitude)) * sin(radians(longitude)),
                6378168 * sin(radians(latitude))
            ]
        )
    ) stored;

create index venues_location_idx on catalog.venues using gist (location);
