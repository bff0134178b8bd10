-- app.rank_messages of 0097 with a message's length in words, as BM25 has it. It was the number of different words, so a
-- long message that repeats its words passed for a short one.

drop function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid);

-- The most relevant messages first: of the newest 500 that hold all terms and the newest 500 that hold a rare one,
-- ranked by BM25 (Robertson and Zaragoza 2009; k1 = 1.2, b = 0.75), which counts a rare word for more than a common one
-- and a short message for more than a long one. How rare a word is, the vocabulary tells (made anew every night), and the
-- candidates for words that it does not hold yet. `any_word` false leaves the second kind of candidates away.
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
            select
                c.message_id,
                c.tsv,
                (select greatest(sum(cardinality(u.positions)), 1) from unnest(c.tsv) as u (lexeme, positions, weights))
                    as size
            from (select distinct on (f.message_id) f.message_id, f.tsv from (%1$s) as f) as c
        ),
        occurrence as materialized (
            select c.message_id, u.lexeme, coalesce(cardinality(u.positions), 1) as times, c.size
            from candidate as c
            cross join lateral unnest(c.tsv) as u (lexeme, positions, weights)
            where u.lexeme = any(%2$L::text[]) or u.lexeme like any(%3$L::text[])
        ),
        total as (select count(*) as messages, avg(c.size) as mean_size from candidate as c),
        known as (
            select o.lexeme, greatest(count(*), max(v.documents)) as documents
            from occurrence as o
            left join app.search_word as v on v.tenant_id = %4$L and v.word = o.lexeme
            group by o.lexeme
        ),
        weight as (
            select k.lexeme, ln(1 + (n.messages - k.documents + 0.5) / (k.documents + 0.5)) as rarity
            from known as k
            cross join (
                select greatest(2 * max(k.documents), max(t.messages)) as messages
                from known as k
                cross join total as t
            ) as n
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
        ),
        for_tenant_id
    );
end
$$;

revoke all on function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) from public;
grant execute on function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) to evosense_api;
grant create on schema app to evosense_search;
alter function app.rank_messages(uuid, jsonb, boolean, app.message_filter, uuid) owner to evosense_search;
revoke create on schema app from evosense_search;
