-- name: create_experiment
-- At most one row: a question, registered under a tenant_id before anybody looks; none when its name is taken.
insert into app.experiment (
    tenant_id, id, name, hypothesis, prompt_name, primary_measure, goal, margin, alpha, guardrails, planned_chats,
    aa_share_bp, created_by
)
values (
    %(tenant_id)s, %(id)s, %(name)s, %(hypothesis)s, %(prompt_name)s, %(primary_measure)s, %(goal)s, %(margin)s,
    %(alpha)s, %(guardrails)s::jsonb, %(planned_chats)s, %(aa_share_bp)s, %(created_by)s
)
on conflict (tenant_id, name) do nothing
returning id;

-- name: add_arm
-- No row: a prompt takes part in an experiment of a tenant_id.
insert into app.arm (tenant_id, experiment_id, arm, prompt_hash, config_hash, share_bp, is_baseline)
values (
    %(tenant_id)s, %(experiment_id)s, %(arm)s, %(prompt_hash)s, %(config_hash)s, %(share_bp)s, %(is_baseline)s
);

-- name: freeze_experiment
-- At most one row: an experiment of a tenant_id begins; from now on its question stays.
update app.experiment as e
set state = 'running', frozen_at = now()
where e.tenant_id = %(tenant_id)s and e.id = %(id)s and e.state = 'draft'
returning e.id;

-- name: experiments
-- One row per experiment of a tenant_id (all when null), newest first; of one id or state when given.
select
    e.tenant_id,
    e.id,
    e.name,
    e.hypothesis,
    e.prompt_name,
    e.primary_measure,
    e.goal,
    e.margin,
    e.alpha,
    e.guardrails,
    e.planned_chats,
    e.aa_share_bp,
    e.state,
    e.created_by,
    e.created_at,
    e.frozen_at,
    e.ended_at
from app.experiment as e
where
    (%(tenant_id)s::uuid is null or e.tenant_id = %(tenant_id)s)
    and (%(id)s::uuid is null or e.id = %(id)s)
    and (%(state)s::text is null or e.state = %(state)s)
order by e.id desc;

-- name: arms
-- One row per arm of an experiment of a tenant_id, the baseline first.
select
    a.arm,
    a.prompt_hash,
    a.config_hash,
    a.share_bp,
    a.is_baseline,
    a.stopped_at,
    a.stop_reason
from app.arm as a
where a.tenant_id = %(tenant_id)s and a.experiment_id = %(experiment_id)s
order by a.is_baseline desc, a.arm asc;

-- name: stop_arm
-- At most one row: an arm of a tenant_id gets no further messages.
update app.arm as a
set stopped_at = now(), stop_reason = %(reason)s
where
    a.tenant_id = %(tenant_id)s and a.experiment_id = %(experiment_id)s and a.arm = %(arm)s and a.stopped_at is null
returning a.arm;

-- name: set_state
-- No row: where an experiment of a tenant_id stands.
update app.experiment as e
set state = %(state)s, ended_at = case when %(state)s = 'ready' then e.ended_at else now() end
where e.tenant_id = %(tenant_id)s and e.id = %(id)s and e.state <> %(state)s;

-- name: record_event
-- No row: a decision in an experiment of a tenant_id, with its numbers.
insert into app.experiment_event (tenant_id, id, experiment_id, arm, kind, actor, detail)
values (%(tenant_id)s, %(id)s, %(experiment_id)s, %(arm)s, %(kind)s, %(actor)s, %(detail)s::jsonb);

-- name: events
-- One row per decision in an experiment of a tenant_id, oldest first.
select
    e.arm,
    e.kind,
    e.actor,
    e.detail,
    e.at
from app.experiment_event as e
where e.tenant_id = %(tenant_id)s and e.experiment_id = %(experiment_id)s
order by e.id;

-- name: enqueue_sample
-- One row: how many extra calls were asked for: messages that the champion answered since a moment, whose bucket lies
-- below the share, and that this prompt (and replicate) has neither answered nor waits for. The arm's prompt under the
-- message's own tenant_id. Late commits are caught because the moment overlaps, and asking again does nothing.
with eligible as (
    select
        i.tenant_id,
        i.message_id,
        i.input_hash,
        m.chat_identity_id
    from app.tenant as t
    inner join app.inference as i on i.tenant_id = t.tenant_id
    inner join app.message as m on m.tenant_id = i.tenant_id and m.id = i.message_id
    where
        (%(tenant_ids)s::uuid[] is null or t.tenant_id = any(%(tenant_ids)s::uuid[]))
        and i.created_at >= %(since)s
        and i.purpose = 'prod'
        and i.replicate = 0
        and i.prompt_hash = %(baseline_hash)s
        and i.config_hash = %(baseline_config)s
        and app.bucket(%(key)s, i.message_id::text) < %(share_bp)s
),

asked as (
    insert into app.ai_task (
        tenant_id, id, kind, purpose, lane, message_id, prompt_hash, config_hash, replicate, run_id, shard
    )
    select
        e.tenant_id,
        gen_random_uuid() as task_id,
        'score' as kind,
        %(purpose)s,
        %(lane)s::smallint as lane,
        e.message_id,
        %(prompt_hash)s,
        %(config_hash)s,
        %(replicate)s::smallint as replicate,
        %(experiment_id)s::uuid as asked_by,
        mod(get_byte(uuid_send(e.chat_identity_id), 15), 64)::smallint as shard
    from eligible as e
    where
        not exists (
            select 1 from app.inference as f
            where
                f.tenant_id = e.tenant_id and f.message_id = e.message_id and f.input_hash = e.input_hash
                and f.prompt_hash = %(prompt_hash)s and f.config_hash = %(config_hash)s
                and f.replicate = %(replicate)s::smallint
        )
    on conflict (tenant_id, kind, message_id, purpose, prompt_hash, config_hash, replicate) do nothing
    returning message_id
)

select count(*)::int as enqueued
from asked;

-- name: sample_rows
-- One row per message of an arm's sample since the experiment began (under each tenant_id), in the order of the
-- champion's answers: both arms' answers; the arm's are null while they wait or when they were dropped.
select
    i.tenant_id::text as tenant,
    i.message_id::text as message_id,
    coalesce(l.chat_id, m.chat_identity_id)::text as chat,
    (m.sent_at at time zone t.timezone)::date as local_day,
    m.sent_at,
    i.created_at as scored_at,
    i.status as status_a,
    i.sentiment::float8 as sentiment_a,
    i.satisfaction::float8 as satisfaction_a,
    i.emotion as emotion_a,
    i.tone as tone_a,
    i.latency_ms::float8 as latency_ms_a,
    i.cost_micros::float8 as cost_micros_a,
    c.status as status_b,
    c.sentiment::float8 as sentiment_b,
    c.satisfaction::float8 as satisfaction_b,
    c.emotion as emotion_b,
    c.tone as tone_b,
    c.latency_ms::float8 as latency_ms_b,
    c.cost_micros::float8 as cost_micros_b,
    w.id is not null as is_waiting
from app.inference as i
inner join app.message as m on m.tenant_id = i.tenant_id and m.id = i.message_id
inner join app.tenant as t on t.tenant_id = i.tenant_id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.inference as c
    on
        c.tenant_id = i.tenant_id and c.message_id = i.message_id and c.input_hash = i.input_hash
        and c.prompt_hash = %(prompt_hash)s and c.config_hash = %(config_hash)s and c.replicate = 0
left join app.ai_task as w
    on
        w.tenant_id = i.tenant_id and w.kind = 'score' and w.message_id = i.message_id and w.purpose = 'shadow'
        and w.prompt_hash = %(prompt_hash)s and w.config_hash = %(config_hash)s and w.replicate = 0
where
    (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
    and i.created_at >= %(since)s
    and i.purpose = 'prod'
    and i.replicate = 0
    and i.prompt_hash = %(baseline_hash)s
    and i.config_hash = %(baseline_config)s
    and app.bucket(%(key)s, i.message_id::text) < %(share_bp)s
order by i.created_at, i.message_id;

-- name: drop_shadow_tasks
-- No row: the waiting calls of a stopped arm are taken back under every tenant_id.
delete from app.ai_task as t
where
    t.run_id = %(experiment_id)s
    and t.prompt_hash = %(prompt_hash)s
    and (%(tenant_ids)s::uuid[] is null or t.tenant_id = any(%(tenant_ids)s::uuid[]));

-- name: champion_counts
-- One row: champion answers since the experiment began (every tenant_id when null), and those in an arm's sample.
select
    count(*)::int as answered,
    (count(*) filter (where app.bucket(%(key)s, i.message_id::text) < %(share_bp)s))::int as sampled
from app.inference as i
where
    (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
    and i.created_at >= %(since)s
    and i.purpose = 'prod'
    and i.replicate = 0
    and i.prompt_hash = %(baseline_hash)s
    and i.config_hash = %(baseline_config)s;

-- name: sample_items
-- One row per message of an arm's sample since the experiment began (under each tenant_id), with the input that the
-- champion answered: what a report about the shadow stands on.
select
    i.tenant_id,
    i.message_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    i.input_hash
from app.inference as i
inner join app.message as m on m.tenant_id = i.tenant_id and m.id = i.message_id
inner join app.tenant as t on t.tenant_id = i.tenant_id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
where
    (%(tenant_ids)s::uuid[] is null or i.tenant_id = any(%(tenant_ids)s::uuid[]))
    and i.created_at >= %(since)s
    and i.purpose = 'prod'
    and i.replicate = 0
    and i.prompt_hash = %(baseline_hash)s
    and i.config_hash = %(baseline_config)s
    and app.bucket(%(key)s, i.message_id::text) < %(share_bp)s
order by i.message_id, i.created_at;
