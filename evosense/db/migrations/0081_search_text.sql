-- Full text: by time, and by relevance. Both run as evosense_search and answer ids only (see 0041).

drop function app.find_messages(uuid, text, boolean, app.message_filter, timestamptz, uuid, integer);

-- The newest messages that hold the terms, older than a position, newest first.
create function app.find_messages(
    for_tenant_id uuid, terms jsonb, any_word boolean, filter app.message_filter,
    before_sent_at timestamptz, before_id uuid, page_size integer
) returns table (message_id uuid, sent_at timestamptz)
language plpgsql stable security definer rows 50
set search_path = app, pg_catalog, pg_temp
as $$
declare
    typed constant tsquery := app.terms_query(terms, any_word);
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
        'select m.id, m.sent_at from app.message_body as b%3$s'
        ' where b.tenant_id = %1$L and m.tenant_id = %1$L and b.deleted_at is null and %2$s%4$s'
        ' order by m.sent_at desc, m.id desc limit %5$s',
        for_tenant_id, app.holds(for_tenant_id, typed), app.message_sources(filter), conditions, least(page_size, 201)
    );
end
$$;

-- The lexemes that a ranking counts: of what must be there, never of what must not.
create function app.counted_lexemes(terms jsonb) returns text[]
language sql immutable
set search_path = app, pg_catalog, pg_temp
return (
    select array_agg(distinct l.lexeme)
    from jsonb_array_elements(terms) as t (term)
    cross join
        lateral unnest(
            app.lexemes(t.term ->> 'text')
            || array(select jsonb_array_elements_text(t.term -> 'instead'))
        ) as l (lexeme)
    where not coalesce((t.term ->> 'without')::boolean, false)
);

-- Any of the four words that the fewest messages hold: with a common word, "any of them" would be nearly all messages.
create function app.rare_query(for_tenant_id uuid, terms jsonb) returns tsquery
language plpgsql stable
set search_path = app, pg_catalog, pg_temp
as $$
declare
    rare jsonb;
begin
    select jsonb_agg(r.term) into rare
    from (
        select t.term
        from jsonb_array_elements(terms) as t (term)
        left join lateral (
            select max(w.documents) as documents
            from app.search_word as w
            where w.tenant_id = for_tenant_id and w.word = any(app.lexemes(t.term ->> 'text'))
        ) as v on true
        where app.term_query(t.term) is not null and not coalesce((t.term ->> 'without')::boolean, false)
        order by coalesce(v.documents, 0), t.term ->> 'text'
        limit 4
    ) as r;
    return app.terms_query(
        coalesce(rare, '[]')
        || jsonb_path_query_array(terms, '$[*] ? (@.without == true)'),
        true
    );
end
$$;

-- The most relevant messages first: of the newest 500 that hold all terms and the newest 500 that hold a rare one,
-- ranked by BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75), which counts a rare word for more than a common one
-- and a short message for more than a long one. How rare a word is, the candidates themselves tell. `any_word` false
-- leaves the second kind away.
create function app.rank_messages(
    for_tenant_id uuid, terms jsonb, any_word boolean, filter app.message_filter, up_to_id uuid
) returns table (message_id uuid, relevance double precision)
language plpgsql stable security definer rows 200
set search_path = app, pg_catalog, pg_temp
as $$
declare
    all_terms constant tsquery := app.terms_query(terms, false);
    rare_terms constant tsquery := case when any_word then app.rare_query(for_tenant_id, terms) end;
    head text;
    tail constant text := ' order by m.sent_at desc, m.id desc limit 500)';
begin
    perform app.require_tenant(for_tenant_id);
    if all_terms is null then
        return;
    end if;
    head := format(
        '(select b.message_id, b.tsv from app.message_body as b%2$s'
        ' where b.tenant_id = %1$L and m.tenant_id = %1$L and b.deleted_at is null%3$s%4$s and ',
        for_tenant_id, app.message_sources(filter), app.message_conditions(for_tenant_id, filter),
        case when up_to_id is not null then format(' and m.id <= %L', up_to_id) end
    );
    return query execute format(
        $statement$
        with candidate as materialized (
            select distinct on (c.message_id) c.message_id, c.tsv, greatest(length(c.tsv) - 1, 1) as size
            from (%1$s) as c
        ),
        occurrence as materialized (
            select c.message_id, u.lexeme, coalesce(cardinality(u.positions), 1) as times, c.size
            from candidate as c
            cross join lateral unnest(c.tsv) as u (lexeme, positions, weights)
            where u.lexeme = any(%2$L::text[]) or u.lexeme like any(%3$L::text[])
        ),
        total as (select count(*) as messages, avg(c.size) as mean_size from candidate as c),
        weight as (
            select o.lexeme, ln(1 + (t.messages - count(*) + 0.5) / (count(*) + 0.5)) as rarity
            from occurrence as o
            cross join total as t
            group by o.lexeme, t.messages
        )
        select
            o.message_id,
            sum(
                w.rarity * o.times * 2.2 / (o.times + 1.2 * (0.25 + 0.75 * o.size / t.mean_size))
            )::double precision
        from occurrence as o
        inner join weight as w on w.lexeme = o.lexeme
        cross join total as t
        group by o.message_id
        $statement$,
        head || app.holds(for_tenant_id, all_terms) || tail
        || case when rare_terms is not null then ' union all ' || head || app.holds(for_tenant_id, rare_terms) || tail else '' end,
        app.counted_lexemes(terms),
        array(
            select app.fold(t.term ->> 'text') || '%'
            from jsonb_array_elements(terms) as t (term)
            where t.term ->> 'kind' = 'prefix' and not coalesce((t.term ->> 'without')::boolean, false)
        )
    );
end
$$;

-- Rights first: once a function has changed hands, its former owner can neither grant nor revoke.
revoke all on function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
from public;
revoke all on function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) from public;
grant execute on function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
to evosense_api;
grant execute on function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) to evosense_api;
grant create on schema app to evosense_search;
alter function app.find_messages(uuid, jsonb, boolean, app.message_filter, timestamptz, uuid, integer)
owner to evosense_search;
alter function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) owner to evosense_search;
revoke create on schema app from evosense_search;
