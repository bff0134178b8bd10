-- name: words_found_nowhere
-- One row per typed word that the vocabulary of tenant_id lacks: one that counts (is no stop word) and whose lexeme no
-- two messages hold.
select g.typed
from unnest(%(words)s::text[]) as g (typed)
cross join lateral unnest(app.lexemes(g.typed)) as s (lexeme)
where
    not exists (
        select 1 from app.search_word as w
        where w.tenant_id = %(tenant_id)s and w.word = s.lexeme
    );

-- name: forms_among
-- One row per form of tenant_id's vocabulary that is one of `guesses`.
select
    f.form,
    f.lexeme,
    f.documents
from app.search_form as f
where f.tenant_id = %(tenant_id)s and f.form = any(%(guesses)s::text[]);

-- name: forms_with_ends
-- One row per form of tenant_id's vocabulary that shares its first or its last three letters with one of `words` and is
-- of nearly the length of one of them.
select
    f.form,
    f.lexeme,
    f.documents
from app.search_form as f
where
    f.tenant_id = %(tenant_id)s
    and (
        f.head = any(array(select left(w.word, 3) from unnest(%(words)s::text[]) as w (word)))
        or f.tail = any(array(select right(w.word, 3) from unnest(%(words)s::text[]) as w (word)))
    )
    and length(f.form) between %(shortest)s::integer and %(longest)s::integer;

-- name: words_held
-- One row per typed word that some message of tenant_id holds: a rare one, or one that came after the vocabulary.
select g.typed
from unnest(%(words)s::text[]) as g (typed)
where exists (
    select 1
    from app.find_messages(
        for_tenant_id => %(tenant_id)s,
        terms => jsonb_build_array(jsonb_build_object('kind', 'word', 'text', g.typed, 'without', false)),
        any_word => false, filter => null, before_sent_at => null, before_id => null, page_size => 1
    )
);

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

-- name: forget_forms
-- No row: the forms of tenant_id are emptied, to be made anew in the same transaction.
delete from app.search_form as f
where f.tenant_id = %(tenant_id)s;

-- name: learn_forms
-- No row: the forms of words that messages of at least two chats of tenant_id hold. Parts of words with hyphens count
-- (token types 10, 11), addresses and redactions do not.
insert into app.search_form (tenant_id, form, lexeme, documents)
select
    %(tenant_id)s,
    h.form,
    l.lexemes[1] as lexeme,
    h.documents
from (
    select
        t.form,
        count(*)::integer as documents
    from app.message_body as b
    inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id
    left join app.identity_link as i on i.tenant_id = m.tenant_id and i.identity_id = m.chat_identity_id
    cross join
        lateral (
            select distinct p.token as form
            from ts_parse('default', app.fold(b.text)) as p
            where p.tokid in (1, 2, 10, 11) and p.token ~ '^[a-z]{3,32}$'
        ) as t
    where
        b.tenant_id = %(tenant_id)s
        and m.tenant_id = %(tenant_id)s
        and b.deleted_at is null
    group by t.form
    having count(distinct coalesce(i.chat_id, m.chat_identity_id)) >= 2
) as h
cross join lateral (select app.lexemes(h.form) as lexemes) as l
where cardinality(l.lexemes) = 1;
