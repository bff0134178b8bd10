-- name: find_answered
-- One row per given question that was answered before, by position: it is not paid for twice.
select
    g.position,
    i.status
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(prompt_hashes)s::text[],
        %(config_hashes)s::text[], %(replicates)s::smallint[]
    ) with ordinality as g (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate, position)
cross join lateral (
    select k.status
    from app.inference as k
    where
        k.tenant_id = g.tenant_id
        and k.message_id = g.message_id
        and k.input_hash = g.input_hash
        and k.prompt_hash = g.prompt_hash
        and k.config_hash = g.config_hash
        and k.replicate = g.replicate
    order by k.tenant_id
    limit 1
) as i;

-- name: store_answers
-- One row per message whose official score was written. Answers are stored as they came; one that another worker stored
-- first stays. Those that are `official` (usable first answers to a champion's questions whose task has ended) become the
-- official scores in the same breath; whatever isn't that simple is left to store_scores.
with given as materialized (
    select g.*
    from
        unnest(
            %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[],
            %(prompt_hashes)s::text[], %(config_hashes)s::text[], %(replicates)s::smallint[], %(purposes)s::text[],
            %(run_ids)s::uuid[], %(statuses)s::text[], %(sentiments)s::numeric[], %(satisfactions)s::smallint[],
            %(emotions)s::text[], %(tones)s::text[], %(summaries)s::text[], %(confidences)s::numeric[],
            %(tokens_in)s::integer[], %(tokens_out)s::integer[], %(costs_micros)s::bigint[], %(queues_ms)s::integer[],
            %(latencies_ms)s::integer[], %(attempts)s::smallint[], %(engine_versions)s::text[], %(officials)s::boolean[]
        )
            as g (
                tenant_id, id, message_id, input_hash, prompt_hash, config_hash, replicate, purpose, run_id, status,
                sentiment, satisfaction, emotion, tone, summary, confidence,
                tokens_in, tokens_out, cost_micros, queue_ms, latency_ms, attempts, engine_version, official
            )
),

stored as (
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
    from given as g
    on conflict (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate) do nothing
    returning tenant_id, id
)

insert into app.message_score as s (
    tenant_id, message_id, inference_id, input_hash, prompt_hash, config_hash,
    sentiment, satisfaction, emotion, tone, confidence
)
select
    g.tenant_id,
    g.message_id,
    g.id,
    g.input_hash,
    g.prompt_hash,
    g.config_hash,
    g.sentiment,
    g.satisfaction,
    g.emotion,
    g.tone,
    g.confidence
from given as g
inner join stored as i on i.tenant_id = g.tenant_id and i.id = g.id
where g.official
on conflict (tenant_id, message_id) do update
    set
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
returning s.tenant_id, s.message_id;

-- name: store_scores
-- One row per message whose official score was written: taken from the stored inference of the champion's question,
-- whoever stored it and whenever; from the re-ask's (replicate 1000) when the first answer can't be used. Only tasks that
-- `finish` named as the champion's come here, and of them those that store_answers left.
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
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(prompt_hashes)s::text[],
        %(config_hashes)s::text[]
    ) as g (tenant_id, message_id, input_hash, prompt_hash, config_hash)
cross join
    lateral (
        select k.*
        from app.inference as k
        where
            k.tenant_id = g.tenant_id
            and k.message_id = g.message_id
            and k.input_hash = g.input_hash
            and k.prompt_hash = g.prompt_hash
            and k.config_hash = g.config_hash
            and k.replicate in (0, 1000)
        order by k.status in ('ok', 'repaired') desc, k.replicate
        limit 1
    ) as i
where i.status in ('ok', 'repaired')
on conflict (tenant_id, message_id) do update
    set
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
using
    unnest(
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
    'score' as cause
from unnest(
    %(tenant_ids)s::uuid[], %(chat_identity_ids)s::uuid[], %(local_days)s::date[]
) as g (tenant_id, chat_identity_id, local_day);

-- name: present_drains
-- One row per drain that is connected to this database: the name of its connection. Sessions have no tenant_id.
select a.application_name
from pg_stat_activity as a
where a.datname = current_database() and starts_with(a.application_name, %(prefix)s);
