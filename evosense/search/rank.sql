-- name: ranked_messages
-- One row per message of a page of tenant_id's messages, best first, one more than the page holds: the nearest by vector
-- and the most relevant by words, fused by reciprocal rank (Cormack, Clarke and Buettcher 2009, k = 60). The score is 1
-- for what leads every leg that takes part; `worded` tells whether the words took part in finding it; what is near
-- must not hold the terms of `unwanted` either.
with near as (
    select
        n.message_id,
        n.similarity,
        row_number() over (order by n.similarity desc, n.message_id desc) as place
    from
        app.near_messages(
            for_tenant_id => %(tenant_id)s, query_vector => %(vector)s::halfvec, for_config_hash => %(config_hash)s::text,
            filter => jsonb_populate_record(null::app.message_filter, %(filter)s::jsonb),
            up_to_id => %(up_to_id)s::uuid, wanted => %(depth)s::integer
        ) as n
    where
        n.similarity >= coalesce(%(similarity_min)s::float8, -2)
        and (
            %(unwanted)s::jsonb is null
            or not exists (
                select 1 from app.message_body as b
                where
                    b.tenant_id = %(tenant_id)s
                    and b.message_id = n.message_id
                    and b.tsv @@ app.terms_query(%(unwanted)s::jsonb, true)
            )
        )
),

worded as (
    select
        r.message_id,
        row_number() over (order by r.relevance desc, r.message_id desc) as place
    from app.rank_messages(
        for_tenant_id => %(tenant_id)s, terms => %(terms)s::jsonb, any_word => %(any_word)s::boolean,
        filter => jsonb_populate_record(null::app.message_filter, %(filter)s::jsonb), up_to_id => %(up_to_id)s::uuid
    ) as r
),

fused as (
    select
        n.similarity,
        coalesce(n.message_id, w.message_id) as id,
        w.message_id is not null as worded,
        61 * (
            coalesce(%(vector_weight)s::float8 / (60 + n.place), 0)
            + coalesce((1 - %(vector_weight)s::float8) / (60 + w.place), 0)
        ) as score
    from near as n
    full outer join worded as w on w.message_id = n.message_id
),

page as (
    select f.*
    from fused as f
    where
        f.id is distinct from %(except_id)s::uuid
        and (%(after_score)s::float8 is null or (f.score, f.id) < (%(after_score)s::float8, %(after_id)s::uuid))
    order by f.score desc, f.id desc
    -- Deleted messages lose their vectors by a trigger; one that came too late is left out below, hence the 20 more.
    limit %(page_size)s::integer + 21
)

select
    p.id,
    p.score,
    p.similarity,
    p.worded,
    r.item,
    r.text,
    app.marked(r.text, app.terms_query(jsonb_path_query_array(%(terms)s::jsonb, '$[*] ? (@.without == false)'), true))
        as marked
from page as p
inner join app.readable_message as r on r.tenant_id = %(tenant_id)s and r.id = p.id
where r.text is not null
order by p.score desc, p.id desc
limit %(page_size)s::integer + 1;

-- name: search_model
-- One row: whether the plan of tenant_id has embeddings, the model that its search compares by (null before the first
-- vector) and the similarity above which two messages are related under it (null until measured).
select
    p.embeddings,
    s.config_hash,
    v.related_above::float8
from app.tenant as t
inner join app.plan as p on p.plan_id = t.plan_id
left join app.embedding_space as s on s.tenant_id = t.tenant_id
left join app.vector_tier as v on v.tenant_id = t.tenant_id and v.config_hash = s.config_hash
where t.tenant_id = %(tenant_id)s;
