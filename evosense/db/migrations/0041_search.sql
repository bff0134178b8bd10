-- Search. `@@` is not leakproof, so under row level security a full text query loses its GIN index (measured 391x on
-- a rare word). These functions run as evosense_search, whose policies are open, and carry the tenant test themselves:
-- they refuse to run without app.tenant_id, or for another tenant, and answer ids only. What the messages say is
-- then read by the caller, under row level security like everything else.

create policy search_rows on app.tenant for select to evosense_search using (true);
grant select (tenant_id, shelf) on app.tenant to evosense_search;

create type app.message_filter as (
    chat_id uuid,
    connection_id uuid,
    direction text,
    sent_from timestamptz,
    sent_until timestamptz,
    sentiment_min numeric,
    sentiment_max numeric
);
comment on type app.message_filter is
'Which messages: null means any. sent_from is inclusive, sent_until exclusive, sentiment bounds inclusive.';

create function app.require_tenant(for_tenant_id uuid) returns void
language plpgsql stable
set search_path = app, pg_catalog, pg_temp
as $$
begin
    if app.current_tenant() is null or app.current_tenant() is distinct from for_tenant_id then
        raise exception 'app.tenant_id is not set to the tenant that is asked for' using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- What a person typed as a query over search_vector(): all words, or any of them. Null when no word counts.
create function app.words_query(words text, any_word boolean) returns tsquery
language plpgsql immutable
set search_path = app, pg_catalog, pg_temp
as $$
declare
    typed tsquery := websearch_to_tsquery('pg_catalog.portuguese'::regconfig, app.fold(words));
begin
    if numnode(typed) = 0 then
        return null;
    end if;
    -- With a "without" in it, any-of would match nearly everything.
    if any_word and position('!' in typed::text) = 0 then
        return replace(typed::text, ' & ', ' | ')::tsquery;
    end if;
    return typed;
end
$$;

-- With the tenant's lexeme in the query, GIN looks up (tenant and words) at once.
create function app.within_tenant(for_tenant_id uuid, typed tsquery) returns tsquery
language sql immutable parallel safe
return format('%L', app.tenant_lexeme(for_tenant_id))::tsquery && typed;

-- The filter as SQL conditions on m (app.message) and s (app.message_score): only those that are asked for, as
-- literals, so that every call is planned for what it really looks for.
create function app.message_conditions(for_tenant_id uuid, filter app.message_filter) returns text
language plpgsql stable
set search_path = app, pg_catalog, pg_temp
as $$
declare
    conditions text := '';
begin
    if (filter).chat_id is not null then
        conditions := conditions || format(
            ' and m.chat_identity_id in (select l.identity_id from app.identity_link as l'
            ' where l.tenant_id = %L and l.chat_id = %L)', for_tenant_id, (filter).chat_id
        );
    end if;
    if (filter).connection_id is not null then
        conditions := conditions || format(' and m.connection_id = %L', (filter).connection_id);
    end if;
    if (filter).direction is not null then
        conditions := conditions || format(' and m.direction = %L', (filter).direction);
    end if;
    if (filter).sent_from is not null then
        conditions := conditions || format(' and m.sent_at >= %L', (filter).sent_from);
    end if;
    if (filter).sent_until is not null then
        conditions := conditions || format(' and m.sent_at < %L', (filter).sent_until);
    end if;
    if (filter).sentiment_min is not null then
        conditions := conditions || format(' and s.sentiment >= %L', (filter).sentiment_min);
    end if;
    if (filter).sentiment_max is not null then
        conditions := conditions || format(' and s.sentiment <= %L', (filter).sentiment_max);
    end if;
    return conditions;
end
$$;

-- The newest messages that hold the words, older than a position, newest first.
create function app.find_messages(
    for_tenant_id uuid, words text, any_word boolean, filter app.message_filter,
    before_sent_at timestamptz, before_id uuid, page_size integer
) returns table (message_id uuid, sent_at timestamptz)
language plpgsql stable security definer rows 50
set search_path = app, pg_catalog, pg_temp
as $$
declare
    typed constant tsquery := app.words_query(words, any_word);
    conditions text := app.message_conditions(for_tenant_id, filter);
begin
    perform app.require_tenant(for_tenant_id);
    if typed is null then
        return;
    end if;
    if before_sent_at is not null then
        conditions := conditions || format(' and (m.sent_at, m.id) < (%L, %L)', before_sent_at, before_id);
    end if;
    return query execute format(
        'select m.id, m.sent_at from app.message_body as b'
        ' inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id'
        ' left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id'
        ' where b.tenant_id = %1$L and m.tenant_id = %1$L and b.deleted_at is null and b.tsv @@ %2$L::tsquery %3$s'
        ' order by m.sent_at desc, m.id desc limit %4$s',
        for_tenant_id, app.within_tenant(for_tenant_id, typed), conditions, least(page_size, 201)
    );
end
$$;

-- Messages like a vector and like the words, fused by reciprocal rank (Cormack, Clarke and Buettcher 2009, k = 60).
-- Nearest vectors are found by exact scan of the tenant's own; of the word hits the newest 500 are ranked.
-- `score` is 1 for a message that leads both lists; `similarity` is the cosine, null where only the words matched.
create function app.similar_messages(
    for_tenant_id uuid, query_vector text, for_config_hash text, words text, filter app.message_filter,
    page_size integer
) returns table (message_id uuid, similarity double precision, score double precision)
language plpgsql stable security definer rows 20
set search_path = app, pg_catalog, pg_temp
as $$
declare
    typed constant tsquery := app.words_query(words, true);
    conditions constant text := app.message_conditions(for_tenant_id, filter);
    vectors_schema text;
    own_shelf smallint;
begin
    perform app.require_tenant(for_tenant_id);
    select n.nspname into strict vectors_schema
    from pg_extension as e inner join pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'vector';
    select t.shelf into strict own_shelf from app.tenant as t where t.tenant_id = for_tenant_id;
    return query execute format(
        $statement$
        with near as (
            select n.id, 1 - n.distance as similarity, row_number() over (order by n.distance, n.id) as place
            from (
                select m.id, e.embedding operator(%5$I.<=>) %6$L::%5$I.halfvec as distance
                from app.message_embedding as e
                inner join app.message as m on m.tenant_id = e.tenant_id and m.id = e.message_id
                left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
                where e.tenant_id = %1$L and m.tenant_id = %1$L and e.shelf = %7$s and e.config_hash = %8$L
                and not exists (
                    select from app.message_body as d
                    where d.tenant_id = %1$L and d.message_id = m.id and d.deleted_at is not null
                ) %3$s
                order by distance
                limit 100
            ) as n
            where n.distance < 1 -- neither unrelated nor NaN, the distance of a text without words
        ),
        worded as (
            select n.id, row_number() over (order by n.rank desc, n.sent_at desc, n.id) as place
            from (
                select m.id, m.sent_at, ts_rank(b.tsv, %9$L::tsquery) as rank
                from app.message_body as b
                inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id
                left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
                where b.tenant_id = %1$L and m.tenant_id = %1$L and b.deleted_at is null
                and b.tsv @@ %2$L::tsquery %3$s
                order by m.sent_at desc, m.id desc
                limit 500
            ) as n
        )
        select coalesce(v.id, w.id), v.similarity,
               (coalesce(1.0 / (60 + v.place), 0) + coalesce(1.0 / (60 + w.place), 0))::double precision * 30.5
        from near as v full join worded as w on w.id = v.id
        order by 3 desc, 1
        limit %4$s
        $statement$,
        for_tenant_id, app.within_tenant(for_tenant_id, typed), conditions, least(page_size, 100),
        vectors_schema, query_vector, own_shelf, for_config_hash, typed
    );
end
$$;

-- Rights first: once a function has changed hands, its former owner can neither grant nor revoke.
revoke all on function app.find_messages(uuid, text, boolean, app.message_filter, timestamptz, uuid, integer) from public;
revoke all on function app.similar_messages(uuid, text, text, text, app.message_filter, integer) from public;
grant execute on function app.find_messages(uuid, text, boolean, app.message_filter, timestamptz, uuid, integer)
to evosense_api;
grant execute on function app.similar_messages(uuid, text, text, text, app.message_filter, integer) to evosense_api;
grant create on schema app to evosense_search;
alter function app.find_messages(uuid, text, boolean, app.message_filter, timestamptz, uuid, integer)
owner to evosense_search;
alter function app.similar_messages(uuid, text, text, text, app.message_filter, integer) owner to evosense_search;
revoke create on schema app from evosense_search;

-- A message as the API shows it. security_invoker: the reader's own policies hold, never the owner's.
create view app.readable_message with (security_invoker = true) as
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
    ) as item
from app.message as m
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id;
comment on view app.readable_message is 'One row per message as the API shows it; `item` is its JSON.';
grant select on app.readable_message to evosense_api, evosense_pipeline, evosense_analyst;
