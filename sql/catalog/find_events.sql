-- Finding events by words: whole words, stems, the beginning of the last one, Chinese and Japanese without spaces; and what a
-- misspelling may have meant. What a word is, catalog.words_of says: titles and queries go through the same functions.

create or replace function catalog.words_query(p_q text)
returns tsquery
language plpgsql
stable
as $$
-- All words of p_q as they are, of which the last may be unfinished, or as stems, or joined where a sign is within (spider-man also as
-- spiderman). No words: a query that finds nothing.
declare
    v_folded text := catalog.fold(p_q);
    v_words text := catalog.plain(catalog.han_pairs(v_folded, false));
    v_joined text := catalog.plain(catalog.han_pairs(regexp_replace(v_folded, '(?<=[[:alnum:]])[-/&+.:·]+(?=[[:alnum:]])', '', 'g'), false));
    v_query tsquery := plainto_tsquery('catalog.words', v_words);
begin
    if numnode(v_query) = 0 then
        return v_query;
    end if;
    v_query := (v_query::text || ':*')::tsquery || plainto_tsquery('catalog.stemmed', v_words);
    if v_joined <> v_words then
        v_query := v_query || (plainto_tsquery('catalog.words', v_joined)::text || ':*')::tsquery;
    end if;
    return v_query;
end;
$$;

create or replace function catalog.find_events(
    p_q text,
    p_kind text,
    p_city_id bigint
)
returns table (
    event_id bigint,
    relevance double precision,
    is_whole boolean
)
language plpgsql
stable
as $$
-- At most 1100 events that play, of the kind and in the city (null: any), and fit the words of p_q; only these are ranked: by the
-- words' weights and by how near the title is to p_q. Titles that are p_q or begin with it are among them, however many others
-- fit. is_whole: no more than these fit.
declare
    c_most constant integer := 1000;
    v_words tsquery := catalog.words_query(p_q);
    v_key text := catalog.fold(p_q);
begin
    if numnode(v_words) = 0 then
        return;
    end if;
    return query
        with beginning as (
            select e.event_id
            from catalog.events as e
            -- As a range: with ^@ a kept plan would read every title.
            where e.title_key ~>=~ v_key
                and e.title_key ~<~ (v_key || chr(1114111))
                and (
                    select p_kind is null or p.kind = p_kind
                    from catalog.playing as p
                    where p.event_id = e.event_id
                        and p.city_id = coalesce(p_city_id, 0)
                )
            order by e.title_key using operator(pg_catalog.~<~)
            limit 100
        ),
        -- Each way is a look-up for each row, not a join: a kept plan would join all that plays with all that fits.
        fitting as materialized (
            select f.event_id
            from (
                select e.event_id
                from catalog.events as e
                where p_city_id is null
                    and e.words @@ v_words
                    and (
                        select p_kind is null or p.kind = p_kind
                        from catalog.playing as p
                        where p.event_id = e.event_id
                            and p.city_id = 0
                    )
                union all
                select p.event_id
                from catalog.playing as p
                where p_city_id is not null
                    and p.city_id = p_city_id
                    and (p_kind is null or p.kind = p_kind)
                    and (
                        select e.words @@ v_words
                        from catalog.events as e
                        where e.event_id = p.event_id
                    )
            ) as f
            limit c_most
        ),
        candidates as (
            select b.event_id
            from beginning as b
            union
            select f.event_id
            from fitting as f
        )
        select
            e.event_id,
            (
                ts_rank(e.words, v_words)
                + public.similarity(e.title_key, v_key)
                + case when e.title_key = v_key then 2 when e.title_key ^@ v_key then 0.5 else 0 end
                + case when e.title_zh ^@ p_q then 1 else 0 end
            )::double precision,
            (select count(*) < c_most from fitting)
        from candidates as c
        inner join catalog.events as e
            on e.event_id = c.event_id;
end;
$$;

create or replace function catalog.is_one_edit(
    p_word text,
    p_other text
)
returns boolean
language sql
immutable
parallel safe
as $$
-- Whether one typing error sets the words apart: a sign wrong, missing or too many, or two neighbours swapped.
    select p_word <> p_other
        and (
            public.levenshtein_less_equal(p_word, p_other, 1) <= 1
            or exists (
                select
                from generate_series(1, length(p_word) - 1) as n
                where overlay(p_word placing reverse(substr(p_word, n, 2)) from n for 2) = p_other
            )
        );
$$;

create or replace function catalog.nearest_word(p_word text)
returns text
language sql
stable
as $$
-- The known word that one typing error makes p_word, the likeliest if there are several; null: none, or p_word has less than four
-- signs. People seldom mistype the first one.
    select k.word
    from catalog.known_words as k
    where length(p_word) between 4 and 40
        and k.deletes && catalog.word_deletes(p_word)
        and catalog.is_one_edit(p_word, k.word)
    order by
        left(k.word, 1) = left(p_word, 1) desc,
        length(k.word) = length(p_word) desc,
        public.similarity(k.word, p_word) desc,
        k.word
    limit 1;
$$;

create or replace function catalog.suggest_words(p_q text)
returns text
language sql
stable
as $$
-- p_q with each word that nothing is called replaced by the nearest one that something is; null when there is nothing to replace,
-- or nothing near. The last word may be unfinished, which is no misspelling.
    with asked as (
        select
            w.word,
            w.place,
            case
                when not exists (
                    select
                    from catalog.known_words as k
                    where k.word = w.word
                        or (w.place = w.last_place and k.word ~>=~ w.word and k.word ~<~ (w.word || chr(1114111)))
                ) then catalog.nearest_word(w.word)
            end as nearest
        from (
            select
                t.word,
                t.place,
                max(t.place) over () as last_place
            from string_to_table(catalog.plain(catalog.fold(p_q)), ' ') with ordinality as t (word, place)
        ) as w
    )
    select string_agg(coalesce(a.nearest, a.word), ' ' order by a.place)
    from asked as a
    having count(a.nearest) > 0;
$$;

create or replace function catalog.learn(p_texts text[])
returns void
language sql
volatile
as $$
-- Makes the words of titles and names known to suggest_words.
    insert into catalog.known_words (word)
    select distinct w.word
    from unnest(p_texts) as t (text)
    cross join lateral string_to_table(catalog.plain(catalog.fold(t.text)), ' ') as w (word)
    where length(w.word) between 3 and 40
    order by w.word
    on conflict (word) do nothing;
$$;

create or replace function catalog.learn_words(p_event_ids bigint[])
returns void
language sql
volatile
as $$
-- catalog.learn for these events: for whoever writes events.
    select catalog.learn(
        array(
            select concat_ws(' ', e.title, array_to_string(e.people, ' '), array_to_string(e.genres, ' '))
            from catalog.events as e
            where e.event_id = any (p_event_ids)
        )
    );
$$;
