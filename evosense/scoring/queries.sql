-- name: read_inputs
-- One row per given (tenant_id, message) that still has a text: the text, where it belongs, its frozen input of this
-- revision if there is one (the first wins), and the context: the frozen messages, else the latest before it.
-- A lateral with a limit keeps the planner on the primary keys, also before the tables were ever analysed.
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
inner join app.tenant as t on t.tenant_id = g.tenant_id
cross join
    lateral (
        select k.*
        from app.message as k
        where k.tenant_id = g.tenant_id and k.id = g.message_id
        order by k.tenant_id
        limit 1
    ) as m
cross join
    lateral (
        select k.*
        from app.message_body as k
        where k.tenant_id = g.tenant_id and k.message_id = g.message_id
        order by k.tenant_id
        limit 1
    ) as b
left join lateral (
    select k.chat_id
    from app.identity_link as k
    where k.tenant_id = m.tenant_id and k.identity_id = m.chat_identity_id
    order by k.tenant_id
    limit 1
) as l on true
left join lateral (
    select
        i.input_hash,
        (
            select
                jsonb_agg(
                    jsonb_build_object('id', p.id, 'direction', p.direction, 'text', pb.text, 'revision', pb.revision)
                    order by p.sent_at, p.id
                )
            from unnest(i.context_message_ids) as c (message_id)
            cross join
                lateral (
                    select k.*
                    from app.message as k
                    where k.tenant_id = i.tenant_id and k.id = c.message_id
                    order by k.tenant_id
                    limit 1
                ) as p
            cross join
                lateral (
                    select k.*
                    from app.message_body as k
                    where k.tenant_id = i.tenant_id and k.message_id = c.message_id
                    order by k.tenant_id
                    limit 1
                ) as pb
            where pb.text is not null and pb.deleted_at is null
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
        from (
            select
                k.id,
                k.direction,
                k.sent_at
            from (
                select m.chat_identity_id as identity_id
                union
                select o.identity_id
                from app.identity_link as o
                where o.tenant_id = m.tenant_id and o.chat_id = l.chat_id
            ) as own
            cross join
                lateral (
                    -- The newest of each address by the index; twice as many as are kept, as some have no text.
                    select
                        k.id,
                        k.direction,
                        k.sent_at
                    from app.message as k
                    where
                        frozen.input_hash is null
                        and k.tenant_id = m.tenant_id
                        and k.chat_identity_id = own.identity_id
                        and k.sent_at <= m.sent_at
                        and k.sent_at > m.sent_at - interval '24 hours'
                        and (k.sent_at, k.id) < (m.sent_at, m.id)
                    order by k.sent_at desc, k.id desc
                    limit 2 * %(context_limit)s::bigint
                ) as k
            -- Sorted before texts are looked up, which ends at the last one that is kept.
            order by k.sent_at desc, k.id desc
        ) as p
        cross join
            lateral (
                select k.*
                from app.message_body as k
                where k.tenant_id = m.tenant_id and k.message_id = p.id
                order by k.tenant_id
                limit 1
            ) as pb
        where pb.text is not null and pb.deleted_at is null
        order by p.sent_at desc, p.id desc
        limit %(context_limit)s::bigint
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
    coalesce(string_to_array(nullif(g.context, ''), ',')::uuid[], '{}') as context_message_ids
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[], %(revisions)s::integer[],
        %(contexts)s::text[]
    ) as g (tenant_id, message_id, input_hash, revision, context)
on conflict (tenant_id, message_id, input_hash) do nothing;

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
from
    unnest(
        %(tenant_ids)s::uuid[], %(ids)s::uuid[], %(message_ids)s::uuid[], %(input_hashes)s::bytea[],
        %(prompt_hashes)s::text[], %(config_hashes)s::text[], %(replicates)s::smallint[], %(purposes)s::text[],
        %(run_ids)s::uuid[], %(statuses)s::text[], %(sentiments)s::numeric[], %(satisfactions)s::smallint[],
        %(emotions)s::text[], %(tones)s::text[], %(summaries)s::text[], %(confidences)s::numeric[],
        %(tokens_in)s::integer[], %(tokens_out)s::integer[], %(costs_micros)s::bigint[], %(queues_ms)s::integer[],
        %(latencies_ms)s::integer[], %(attempts)s::smallint[], %(engine_versions)s::text[]
    )
        as g (
            tenant_id, id, message_id, input_hash, prompt_hash, config_hash, replicate, purpose, run_id, status,
            sentiment, satisfaction, emotion, tone, summary, confidence,
            tokens_in, tokens_out, cost_micros, queue_ms, latency_ms, attempts, engine_version
        )
on conflict (tenant_id, message_id, input_hash, prompt_hash, config_hash, replicate) do nothing;

-- name: store_scores
-- One row per message whose official score was written: taken from the stored inference of the champion's question,
-- whoever stored it; from the re-ask's (replicate 1000) when the first answer can't be used. Only tasks that `finish`
-- named as the champion's come here.
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
