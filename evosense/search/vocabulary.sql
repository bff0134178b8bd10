-- name: near_words
-- One row per typed word whose stem the vocabulary of tenant_id lacks: the stem, and the words that share its first or
-- last two letters and nearly its length, with the number of documents that hold each.
select
    g.typed,
    s.lexeme,
    coalesce(array_agg(w.word order by w.word) filter (where w.word is not null), '{}') as candidates,
    coalesce(array_agg(w.documents order by w.word) filter (where w.word is not null), '{}') as documents
from unnest(%(words)s::text[]) as g (typed)
cross join lateral unnest(app.lexemes(g.typed)) as s (lexeme)
left join app.search_word as w
    on
        w.tenant_id = %(tenant_id)s
        and (w.head = left(s.lexeme, 2) or w.tail = right(s.lexeme, 2))
        and length(w.word) between length(s.lexeme) - 2 and length(s.lexeme) + 2
where
    not exists (
        select 1 from app.search_word as k
        where k.tenant_id = %(tenant_id)s and k.word = s.lexeme
    )
group by g.typed, s.lexeme;

-- name: tenants_with_messages
-- One row per tenant_id that has messages, in order.
select t.tenant_id
from app.tenant as t
where exists (select 1 from app.message as m where m.tenant_id = t.tenant_id)
order by t.tenant_id;

-- name: tenants_without_words
-- One row per tenant_id that has no vocabulary yet, but as many texts as one is worth being made of.
select t.tenant_id
from app.tenant as t
where
    not exists (select 1 from app.search_word as w where w.tenant_id = t.tenant_id)
    and exists (
        select 1 from app.message_body as b
        where b.tenant_id = t.tenant_id and b.text is not null
        order by b.message_id
        offset %(texts)s::integer - 1
    )
order by t.tenant_id;

-- name: forget_words
-- No row: the vocabulary of tenant_id is emptied, to be made anew in the same transaction.
delete from app.search_word as w
where w.tenant_id = %(tenant_id)s;

-- name: learn_words
-- One row: how many words at least two messages of tenant_id hold. Numbers, long strings and the tenant's own lexeme are
-- no words.
with learned as (
    insert into app.search_word (tenant_id, word, documents)
    select
        %(tenant_id)s,
        u.lexeme,
        count(*)::integer as documents
    from app.message_body as b
    cross join lateral unnest(b.tsv) as u (lexeme, positions, weights)
    where
        b.tenant_id = %(tenant_id)s
        and b.deleted_at is null
        and u.positions is not null
        and u.lexeme ~ '^[a-z]{3,32}$'
    group by u.lexeme
    having count(*) >= 2
    returning word
)

select count(*) as words
from learned;
