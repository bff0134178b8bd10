-- name: read_inputs
-- One row per given (tenant_id, message) that still has a text: the text, where it belongs, its frozen input of this
-- revision if there is one (the first wins), and the context: the frozen messages, else the latest before it.
select
    m.tenant_id,
    m.id as message_id,
    b.text,
    b.revision,
    m.chat_identity_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    frozen.input_hash,
    coalesce(frozen.turns, recent.turns, '[]'::jsonb) as turns
from unnest(%(tenant_ids)s::uuid[], %(message_ids)s::uuid[]) as g (tenant_id, message_id)
inner join app.message as m on m.tenant_id = g.tenant_id and m.id = g.message_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
inner join app.tenant as t on t.tenant_id = m.tenant_id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join lateral (
    select
        i.input_hash,
        (
            select jsonb_agg(
                jsonb_build_object('id', p.id, 'direction', p.direction, 'text', pb.text, 'revision', pb.revision)
                order by p.sent_at, p.id
            )
            from app.message as p
            inner join app.message_body as pb on pb.tenant_id = p.tenant_id and pb.message_id = p.id
            where
                p.tenant_id = i.tenant_id
                and p.id = any(i.context_message_ids)
                and pb.text is not null
                and pb.deleted_at is null
        ) as turns
    from app.scoring_input as i
    where i.tenant_id = m.tenant_id and i.message_id = m.id and i.revision = b.revision
    order by i.frozen_at, i.input_hash
    limit 1
) as frozen on true
left join lateral (
    select
        jsonb_agg(
            jsonb_build_object('id', c.id, 'direction', c.direction, 'text', c.text, 'revision', c.revision)
            order by c.sent_at, c.id
        ) as turns
    from (
        select
            p.id,
            p.direction,
            p.sent_at,
            pb.text,
            pb.revision
        from app.message as p
        inner join app.message_body as pb on pb.tenant_id = p.tenant_id and pb.message_id = p.id
        where
            frozen.input_hash is null
            and p.tenant_id = m.tenant_id
            and p.chat_identity_id = any(
                array(
                    select o.identity_id
                    from app.identity_link as o
                    where o.tenant_id = m.tenant_id and o.chat_id = l.chat_id
                ) || m.chat_identity_id
            )
            and p.sent_at <= m.sent_at
            and p.sent_at > m.sent_at - interval '24 hours'
            and (p.sent_at, p.id) < (m.sent_at, m.id)
            and pb.text is not null
            and pb.deleted_at is null
        order by p.sent_at desc, p.id desc
        limit %(context_limit)s
    ) as c
) as recent on true
where b.text is not null and b.text <> '' and b.deleted_at is null;

-- name: freeze
-- No row: what a message's scorers will all be asked, by (tenant_id, message, input).
insert into app.scoring_input (tenant_id, message_id, input_hash, revision, context_message_ids)
select
    g.tenant_id,
    g.message_id,
    g.input_hash,
    g.revision,
    coalesce(string_to_array(nullif(g.context, ''), ',')::uuid[], '{}')
from unnest(
    %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(revisions)s::integer[],
    %(contexts)s::text[]
) as g (tenant_id, message_id, input_hash, revision, context)
on conflict (tenant_id, message_id, input_hash) do nothing;

-- name: find_answered
-- One row per given question that was answered before, by position: it is not paid for twice.
select
    g.position,
    i.status
from unnest(
    %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(prompt_hashes)s::text[],
    %(config_hashes)s::text[], %(replicates)s::smallint[]
) with ordinality as g (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate, position)
inner join app.inference as i
    on
        i.tenant_id = g.tenant_id
        and i.message_id = g.message_id
        and i.input_hash = g.input_hash
        and i.prompt_hash = g.prompt_hash
        and i.config_hash = g.config_hash
        and i.replicate = g.replicate;

-- name: store_inferences
-- No row: answers as they came; one that another worker stored first stays.
insert into app.inference (
    tenant_id, id, message_id, input_hash, prompt_hash, config_hash, replicate, purpose, run_id, status,
    sentiment, satisfaction, emotion, tone, summary, confidence,
    tokens_in, tokens_out, cost_micros, queue_ms, latency_ms, attempts, engine_version
)
select
    g.tenant_id,
    g.id,
    g.message_id,
    g.input_hash,
    g.prompt_hash,
    g.config_hash,
    g.replicate,
    g.purpose,
    g.run_id,
    g.status,
    g.sentiment,
    g.satisfaction,
    g.emotion,
    g.tone,
    g.summary,
    g.confidence,
    g.tokens_in,
    g.tokens_out,
    g.cost_micros,
    g.queue_ms,
    g.latency_ms,
    g.attempts,
    g.engine_version
from unnest(
    %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[],
    %(prompt_hashes)s::text[], %(config_hashes)s::text[], %(replicates)s::smallint[], %(purposes)s::text[],
    %(run_ids)s::uuid[], %(statuses)s::text[], %(sentiments)s::numeric[], %(satisfactions)s::smallint[],
    %(emotions)s::text[], %(tones)s::text[], %(summaries)s::text[], %(confidences)s::numeric[],
    %(tokens_in)s::integer[], %(tokens_out)s::integer[], %(costs_micros)s::bigint[], %(queues_ms)s::integer[],
    %(latencies_ms)s::integer[], %(attempts)s::smallint[], %(engine_versions)s::text[]
) as g (
    tenant_id, id, message_id, input_hash, prompt_hash, config_hash, replicate, purpose, run_id, status,
    sentiment, satisfaction, emotion, tone, summary, confidence,
    tokens_in, tokens_out, cost_micros, queue_ms, latency_ms, attempts, engine_version
)
on conflict (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate) do nothing;

-- name: store_scores
-- One row per message whose official score was written: taken from the stored inference of the champion's question,
-- whoever stored it. Only tasks that `finish` named as the champion's come here.
insert into app.message_score as s (
    tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash,
    sentiment, satisfaction, emotion, tone, confidence
)
select
    i.tenant_id,
    i.message_id,
    i.id,
    i.input_hash,
    i.prompt_hash,
    i.config_hash,
    i.sentiment,
    i.satisfaction,
    i.emotion,
    i.tone,
    i.confidence
from unnest(
    %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(prompt_hashes)s::text[],
    %(config_hashes)s::text[]
) as g (tenant_id, message_id, input_hash, prompt_hash, config_hash)
inner join app.inference as i
    on
        i.tenant_id = g.tenant_id
        and i.message_id = g.message_id
        and i.input_hash = g.input_hash
        and i.prompt_hash = g.prompt_hash
        and i.config_hash = g.config_hash
        and i.replicate = 0
where i.status in ('ok', 'repaired')
on conflict (tenant_id, message_id) do update set
    inference_id = excluded.inference_id,
    input_hash = excluded.input_hash,
    prompt_hash = excluded.prompt_hash,
    config_hash = excluded.config_hash,
    sentiment = excluded.sentiment,
    satisfaction = excluded.satisfaction,
    emotion = excluded.emotion,
    tone = excluded.tone,
    confidence = excluded.confidence,
    scored_at = now()
returning s.tenant_id, s.message_id, s.sentiment::float8 as sentiment, s.satisfaction, s.emotion, s.tone;

-- name: drop_stale_scores
-- No row: an official score of a former text goes when the champion's answer for the new one can't be used.
delete from app.message_score as s
using unnest(
    %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[]
) as g (tenant_id, message_id, input_hash)
where s.tenant_id = g.tenant_id and s.message_id = g.message_id and s.input_hash <> g.input_hash;

-- name: mark_dirty
-- No row: chats and local days, by tenant_id, whose numbers changed.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select distinct
    g.tenant_id,
    g.chat_identity_id,
    g.local_day,
    'score'
from unnest(
    %(tenant_ids)s::uuid[], %(chat_identity_ids)s::uuid[], %(local_days)s::date[]
) as g (tenant_id, chat_identity_id, local_day);

-- name: enqueue_missing
-- One row: how many messages of local days (first..last, each tenant's own) were asked to be scored: eligible, without
-- a score, without a waiting task and without an answer that was judged unusable. Restricted to one tenant_id when
-- one is given. Work that was given up before is tried again.
with eligible as (
    select
        m.tenant_id,
        m.id,
        m.chat_identity_id
    from app.tenant as t
    inner join app.message as m on m.tenant_id = t.tenant_id
    inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    where
        (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
        and m.sent_at >= %(first)s::date - interval '14 hours'
        and m.sent_at < %(last)s::date + interval '36 hours'
        and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
        and m.direction = 'in'
        and m.chat_kind = 'individual'
        and b.text is not null
        and b.text <> ''
        and b.deleted_at is null
        and not exists (
            select 1 from app.message_score as s
            where s.tenant_id = m.tenant_id and s.message_id = m.id
        )
        and not exists (
            select 1 from app.inference as i
            where
                i.tenant_id = m.tenant_id and i.message_id = m.id and i.purpose = 'prod'
                and i.status in ('invalid', 'truncated', 'refused')
        )
),

asked as (
    insert into app.ai_task (tenant_id, id, kind, purpose, lane, message_id, shard)
    select
        e.tenant_id,
        gen_random_uuid(),
        'score',
        'prod',
        4,
        e.id,
        (get_byte(uuid_send(e.chat_identity_id), 15) %% 64)::smallint
    from eligible as e
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do nothing
    returning tenant_id, message_id
),

replayed as (
    update app.failed_task as f
    set replayed_at = now()
    from asked as a
    where f.tenant_id = a.tenant_id and f.subject_id = a.message_id and f.kind = 'score' and f.replayed_at is null
    returning f.id
)

select
    (select count(*) from asked) as enqueued,
    (select count(*) from replayed) as replayed;

-- name: coverage
-- One row per local day of first..last that has eligible messages: how many, how many with a score, with an unusable
-- answer, given up, still waiting; restricted to one tenant_id when one is given.
select
    (m.sent_at at time zone t.timezone)::date as local_day,
    count(*) as eligible,
    count(*) filter (where s.message_id is not null) as scored,
    count(*) filter (where s.message_id is null and bad.found) as unusable,
    count(*) filter (where s.message_id is null and not bad.found and gone.found) as failed,
    count(*) filter (where s.message_id is null and waits.found) as waiting
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
cross join lateral (
    select exists (
        select 1 from app.inference as i
        where
            i.tenant_id = m.tenant_id and i.message_id = m.id and i.purpose = 'prod'
            and i.status in ('invalid', 'truncated', 'refused')
    ) as found
) as bad
cross join lateral (
    select exists (
        select 1 from app.failed_task as f
        where
            f.tenant_id = m.tenant_id and f.kind = 'score' and f.subject_id = m.id and f.replayed_at is null
    ) as found
) as gone
cross join lateral (
    select exists (
        select 1 from app.ai_task as w
        where
            w.tenant_id = m.tenant_id and w.kind = 'score' and w.message_id = m.id and w.purpose = 'prod'
            and w.prompt_hash = ''
    ) as found
) as waits
where
    (%(tenant_id)s::uuid is null or t.tenant_id = %(tenant_id)s)
    and m.sent_at >= %(first)s::date - interval '14 hours'
    and m.sent_at < %(last)s::date + interval '36 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first)s::date and %(last)s::date
    and m.direction = 'in'
    and m.chat_kind = 'individual'
    and b.text is not null
    and b.text <> ''
    and b.deleted_at is null
group by 1
order by 1;

-- name: quality_of_answers
-- One row: answers of the last hours over all tenants (grouped by no tenant_id): how many, how many unusable, and
-- call and queue latencies in milliseconds at the 95th percentile.
select
    count(*) as answers,
    count(*) filter (where i.status in ('invalid', 'truncated', 'refused')) as unusable,
    coalesce(percentile_cont(0.95) within group (order by i.latency_ms), 0)::float8 as latency_p95_ms,
    coalesce(percentile_cont(0.95) within group (order by i.queue_ms), 0)::float8 as queue_p95_ms
from app.inference as i
where i.purpose = 'prod' and i.created_at > now() - make_interval(hours => %(hours)s);

-- name: present_drains
-- One row per drain that is connected to this database: the name of its connection. Sessions have no tenant_id.
select a.application_name
from pg_stat_activity as a
where a.datname = current_database() and starts_with(a.application_name, %(prefix)s);
