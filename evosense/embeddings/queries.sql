-- name: read_texts
-- One row per given (tenant_id, message) that still has a text and whose plan has embeddings: the text and the
-- tenant-local day.
select
    m.tenant_id,
    m.id as message_id,
    b.text,
    (m.sent_at at time zone t.timezone)::date as local_day
from unnest(%(tenant_ids)s::uuid[], %(message_ids)s::uuid[]) as g (tenant_id, message_id)
inner join app.message as m on m.tenant_id = g.tenant_id and m.id = g.message_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
inner join app.tenant as t on t.tenant_id = m.tenant_id
inner join app.plan as p on p.plan_id = t.plan_id
where b.text is not null and b.text <> '' and b.deleted_at is null and p.embeddings;

-- name: store_vectors
-- No row: vectors of messages by tenant_id; an edited message's vector is replaced. The tenant's shelf is read under a
-- lock, so that no vector lands where the tenant is moving away from. A model that the tenant has no vector of yet is
-- remembered: as the one that search uses when it is the first, else as the next one.
with places as (
    select
        t.tenant_id,
        t.shelf
    from app.tenant as t
    where t.tenant_id = any(%(tenant_ids)s::uuid[])
    for share of t
),

remembered as (
    insert into app.embedding_space as x (tenant_id, config_hash)
    select
        p.tenant_id,
        %(config_hash)s
    from places as p
    where
        not exists (
            select from app.embedding_space as s
            where
                s.tenant_id = p.tenant_id
                and (
                    (s.config_hash = %(config_hash)s and s.next_config_hash is null)
                    or s.next_config_hash = %(config_hash)s
                )
        )
    on conflict (tenant_id) do update set
        next_config_hash = nullif(excluded.config_hash, x.config_hash),
        since = now()
),

-- The coverage of a day that is over for long is in the warehouse: it has to be counted again, by the next build if one
-- is under way.
late_days as (
    insert into app.stale_day as stale (tenant_id, local_day)
    select
        d.tenant_id,
        d.local_day
    from unnest(%(day_tenant_ids)s::uuid[], %(local_days)s::date[]) as d (tenant_id, local_day)
    inner join app.tenant as t on t.tenant_id = d.tenant_id
    where d.local_day < (now() at time zone t.timezone)::date - 2
    order by 1, 2
    on conflict (tenant_id, local_day) do update set marks = stale.marks + 1
)

insert into app.message_embedding (tenant_id, shelf, message_id, config_hash, embedding)
select
    g.tenant_id,
    p.shelf,
    g.message_id,
    %(config_hash)s,
    g.embedding
from
    unnest(%(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(vectors)s::halfvec(768)[])
        as g (tenant_id, message_id, embedding)
inner join places as p on p.tenant_id = g.tenant_id
on conflict (tenant_id, shelf, message_id, config_hash) do update set
    embedding = excluded.embedding,
    created_at = now();

-- name: halfvec_type
-- One row: the number that this database gave the halfvec type.
select 'halfvec'::regtype::oid::bigint;

-- name: enqueue_missing
-- One row: how many messages of local days (first..last, each tenant's own) were asked to be embedded: with text, of a
-- plan with embeddings, without a vector of this model and without a waiting task. Restricted to one tenant_id when one
-- is given. Work that was given up before is tried again.
with eligible as (
    select
        m.tenant_id,
        m.id,
        m.chat_identity_id
    from app.tenant as t
    inner join app.plan as p on p.plan_id = t.plan_id
    inner join app.message as m on m.tenant_id = t.tenant_id
    inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    where
        p.embeddings
        and (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
        and m.sent_at >= %(first)s::date - interval '14 hours'
        and m.sent_at < %(last)s::date + interval '36 hours'
        and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
        and b.text is not null
        and b.text <> ''
        and b.deleted_at is null
        and not exists (
            select 1 from app.message_embedding as e
            where
                e.tenant_id = m.tenant_id
                and e.shelf = t.shelf
                and e.message_id = m.id
                and e.config_hash = %(config_hash)s
        )
)

select app.enqueue_missing('embed', array_agg(e.tenant_id), array_agg(e.id), array_agg(e.chat_identity_id)) as enqueued
from eligible as e;

-- name: coverage
-- One row per local day of first..last: messages with text of plans with embeddings, with a vector of this model, still
-- waiting; restricted to one tenant_id when one is given.
select
    (m.sent_at at time zone t.timezone)::date as local_day,
    count(*) as eligible,
    count(*) filter (where e.message_id is not null) as embedded,
    count(*) filter (where e.message_id is null and w.message_id is not null) as waiting
from app.tenant as t
inner join app.plan as p on p.plan_id = t.plan_id
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_embedding as e
    on
        e.tenant_id = m.tenant_id
        and e.shelf = t.shelf
        and e.message_id = m.id
        and e.config_hash = %(config_hash)s
left join app.ai_task as w
    on
        w.tenant_id = m.tenant_id and w.kind = 'embed' and w.message_id = m.id and w.purpose = 'prod'
        and w.prompt_hash = '' and w.config_hash = '' and w.replicate = 0
where
    p.embeddings
    and (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
    and m.sent_at >= %(first)s::date - interval '14 hours'
    and m.sent_at < %(last)s::date + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
group by 1
order by 1;
