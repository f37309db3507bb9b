-- Finding events by words: whole words and the beginning of the last one, parts of titles (for Chinese and other titles
-- without spaces), and near misses when nothing else fits.

create or replace function catalog.find_events(p_q text)
returns table (
    event_id bigint,
    relevance double precision
)
language plpgsql
stable
as $$
-- At most 1000 events, and only these are ranked: how well is by the words' weights and how near the title is to p_q.
-- The settings of pg_trgm's operators are its defaults.
declare
    v_words tsquery := catalog.words_query(p_q);
    v_part text := '%' || regexp_replace(p_q, '([\\%_])', '\\\1', 'g') || '%';
begin
    return query
        select
            f.event_id,
            (
                ts_rank(f.words, v_words)
                + public.similarity(f.title, p_q)
                + public.similarity(coalesce(f.title_zh, ''), p_q)
            )::double precision
        from (
            select e.event_id, e.words, e.title, e.title_zh
            from catalog.events as e
            where e.words @@ v_words
                or e.title ilike v_part
                or e.title_zh ilike v_part
            limit 1000
        ) as f;

    if not found then
        return query
            select f.event_id, public.word_similarity(p_q, f.title)::double precision
            from (
                select e.event_id, e.title
                from catalog.events as e
                where p_q operator(public.<%) e.title
                limit 1000
            ) as f;
    end if;
end;
$$;

create or replace function catalog.words_query(p_q text)
returns tsquery
language sql
stable
as $$
-- All words of p_q, of which the last may be unfinished. No words: a query that finds nothing.
    select case
        when numnode(q) = 0 then q
        else (q::text || ':*')::tsquery
    end
    from plainto_tsquery('catalog.words', p_q) as q;
$$;

create or replace function catalog.suggest_words(p_q text)
returns text
language sql
stable
as $$
-- p_q with each word that no title or name has replaced by the nearest one that some have; null when there is nothing to
-- replace, or nothing near. A word that some known one begins with is unfinished, not misspelt.
    with asked as (
        select
            w.word,
            w.place,
            case
                when not exists (select from catalog.known_words as k where k.word ^@ w.word)
                    then (
                        select n.word
                        from catalog.known_words as n
                        where n.word operator(public.%) w.word
                        order by public.similarity(n.word, w.word) desc, n.word
                        limit 1
                    )
            end as nearest
        from regexp_split_to_table(lower(public.unaccent('public.unaccent', btrim(p_q))), '\s+')
            with ordinality as w (word, place)
    )
    select string_agg(coalesce(a.nearest, a.word), ' ' order by a.place)
    from asked as a
    having count(a.nearest) > 0;
$$;

create or replace function catalog.learn_words(p_event_ids bigint[])
returns void
language sql
volatile
as $$
-- Makes the words of these events known to suggest_words: for whoever writes events.
    insert into catalog.known_words (word)
    select distinct w.word
    from catalog.events as e
    cross join lateral unnest(tsvector_to_array(e.words)) as w (word)
    where e.event_id = any (p_event_ids)
        and length(w.word) between 3 and 40
    order by w.word
    on conflict (word) do nothing;
$$;
