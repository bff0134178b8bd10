-- What is searched for: more filters, typed words as terms (word, phrase, prefix, without, or), and the vocabulary of
-- each tenant, from which mistyped words are corrected and rare words told from common ones.

alter type app.message_filter add attribute contact_id uuid;
alter type app.message_filter add attribute satisfaction_min integer;
alter type app.message_filter add attribute satisfaction_max integer;
alter type app.message_filter add attribute emotions text[];
alter type app.message_filter add attribute tones text[];
alter type app.message_filter add attribute types text[];
comment on type app.message_filter is
'Which messages: null means any. sent_from is inclusive, sent_until exclusive, bounds inclusive; of a list any one.';

create table app.search_word (
    tenant_id uuid not null,
    -- A lexeme of search_vector(): accent-folded and stemmed.
    word text not null,
    documents integer not null,
    -- Whoever mistypes a word once leaves its beginning or its end alone: candidates share one of the two.
    head text not null generated always as (left(word, 2)) stored,
    tail text not null generated always as (right(word, 2)) stored,
    primary key (tenant_id, word)
);
create index search_word_head on app.search_word (tenant_id, head);
create index search_word_tail on app.search_word (tenant_id, tail);
comment on table app.search_word is
'One row per word that at least two of a tenant''s messages hold, with their number. Made anew by the asset search_vocabulary, so an erased word leaves it.';
call app.protect('app.search_word');
grant select on app.search_word to evosense_api;
grant select, insert, update, delete on app.search_word to evosense_pipeline;
create policy search_rows on app.search_word for select to evosense_search using (true);
grant select on app.search_word to evosense_search;

-- The lexemes of what was typed, as search_vector() would keep them.
create function app.lexemes(typed text) returns text[]
language sql immutable parallel safe
return tsvector_to_array(to_tsvector('pg_catalog.portuguese'::regconfig, app.fold(typed)));

-- One term: {"kind": word|phrase|prefix, "text", "instead": [lexemes that it may be a mistyped form of]}.
-- Null when the term holds no word that counts.
create function app.term_query(term jsonb) returns tsquery
language plpgsql immutable
set search_path = app, pg_catalog, pg_temp
as $$
declare
    folded constant text := app.fold(term ->> 'text');
    found tsquery;
    instead text;
begin
    if term ->> 'kind' = 'phrase' then
        found := phraseto_tsquery('pg_catalog.portuguese'::regconfig, folded);
    else
        found := plainto_tsquery('pg_catalog.portuguese'::regconfig, folded);
    end if;
    if term ->> 'kind' = 'prefix' then
        found := found || (quote_literal(folded) || ':*')::tsquery;
    end if;
    for instead in select jsonb_array_elements_text(term -> 'instead') loop
        found := found || quote_literal(instead)::tsquery;
    end loop;
    return case when numnode(found) > 0 then found end;
end
$$;

-- Typed terms as one query: all of them, or any. A term with "or" is an alternative to the one before it, one with
-- "without" must be absent. Null when no term asks for anything.
create function app.terms_query(terms jsonb, any_word boolean) returns tsquery
language plpgsql immutable
set search_path = app, pg_catalog, pg_temp
as $$
declare
    term jsonb;
    part tsquery;
    pending tsquery;
    wanted tsquery;
    unwanted tsquery;
begin
    for term in select jsonb_array_elements(terms) loop
        part := app.term_query(term);
        if part is null then
            continue;
        elsif (term ->> 'without')::boolean then
            unwanted := coalesce(unwanted || part, part);
        elsif pending is not null and (any_word or (term ->> 'either')::boolean) then
            pending := pending || part;
        else
            wanted := coalesce(wanted && pending, pending, wanted);
            pending := part;
        end if;
    end loop;
    wanted := coalesce(wanted && pending, pending, wanted);
    -- Alone, "without" would match nearly everything: it never does.
    return case when wanted is not null and unwanted is not null then wanted && !!unwanted else wanted end;
end
$$;

-- The condition on b.tsv: with the tenant's lexeme in the query, GIN looks up (tenant and words) at once. A prefix of
-- the lexeme itself ("ten*") would match each of the tenant's messages, so then the words are looked at once more.
create function app.holds(for_tenant_id uuid, typed tsquery) returns text
language sql immutable
set search_path = app, pg_catalog, pg_temp
return format('b.tsv @@ %L::tsquery', app.within_tenant(for_tenant_id, typed))
|| case
    when typed::text ~ '''t(e(n(a(n(t)?)?)?)?)?'':\*'
        then format(' and ts_delete(b.tsv, %L) @@ %L::tsquery', app.tenant_lexeme(for_tenant_id), typed)
    else ''
end;

-- The filter as SQL conditions on m (app.message) and s (app.message_score): only those that are asked for, as
-- literals, so that every call is planned for what it really looks for.
create or replace function app.message_conditions(for_tenant_id uuid, filter app.message_filter) returns text
language sql stable
set search_path = app, pg_catalog, pg_temp
return concat(
    case when (filter).chat_id is not null or (filter).contact_id is not null then format(
        ' and m.chat_identity_id in (select l.identity_id from app.identity_link as l where l.tenant_id = %L%s%s)',
        for_tenant_id,
        case when (filter).chat_id is not null then format(' and l.chat_id = %L', (filter).chat_id) end,
        case when (filter).contact_id is not null then format(' and l.contact_id = %L', (filter).contact_id) end
    ) end,
    case when (filter).connection_id is not null then format(' and m.connection_id = %L', (filter).connection_id) end,
    case when (filter).direction is not null then format(' and m.direction = %L', (filter).direction) end,
    case when (filter).types is not null then format(' and m.type = any(%L::text[])', (filter).types) end,
    case when (filter).sent_from is not null then format(' and m.sent_at >= %L', (filter).sent_from) end,
    case when (filter).sent_until is not null then format(' and m.sent_at < %L', (filter).sent_until) end,
    case when (filter).sentiment_min is not null then format(' and s.sentiment >= %L', (filter).sentiment_min) end,
    case when (filter).sentiment_max is not null then format(' and s.sentiment <= %L', (filter).sentiment_max) end,
    case
        when (filter).satisfaction_min is not null
            then format(' and s.satisfaction >= %L', (filter).satisfaction_min)
    end,
    case
        when (filter).satisfaction_max is not null
            then format(' and s.satisfaction <= %L', (filter).satisfaction_max)
    end,
    case when (filter).emotions is not null then format(' and s.emotion = any(%L::text[])', (filter).emotions) end,
    case when (filter).tones is not null then format(' and s.tone = any(%L::text[])', (filter).tones) end
);

-- What a statement about messages reads: scores only where the filter asks for them.
create function app.message_sources(filter app.message_filter) returns text
language sql immutable
set search_path = app, pg_catalog, pg_temp
return ' inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id'
|| case
    when
        coalesce(
            (filter).sentiment_min, (filter).sentiment_max, (filter).satisfaction_min, (filter).satisfaction_max
        ) is not null
        or coalesce((filter).emotions, (filter).tones) is not null
        then ' inner join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id'
    else ''
end;

-- Where what was searched stands in a text: the folded text with U+E000 and U+E001 around each find. Folding keeps
-- every character's place, so the marks hold for the text itself.
create function app.marked(value text, typed tsquery) returns text
language sql immutable parallel safe
return ts_headline(
    'pg_catalog.portuguese'::regconfig, app.fold(value), typed,
    format('HighlightAll=true, StartSel=%s, StopSel=%s', chr(57344), chr(57345))
);

create or replace view app.readable_message with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.sent_at,
    m.connection_id,
    m.direction,
    m.chat_identity_id,
    s.sentiment,
    json_build_object(
        'id', m.id,
        'chat_id', l.chat_id,
        'connection_id', m.connection_id,
        'direction', m.direction,
        'type', m.type,
        'text', case when b.deleted_at is null then b.text end,
        'sent_at', m.sent_at,
        'edited', b.edited_at is not null,
        'deleted', b.deleted_at is not null,
        'sentiment', s.sentiment,
        'satisfaction', s.satisfaction,
        'emotion', s.emotion,
        'tone', s.tone
    ) as item,
    s.satisfaction,
    s.emotion,
    s.tone,
    m.type,
    case when b.deleted_at is null then b.text end as text
from app.message as m
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id;
