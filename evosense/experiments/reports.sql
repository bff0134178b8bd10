-- name: store_comparison
-- No row: a report under its scope's tenant_id; the same numbers are the same report.
insert into app.comparison (
    tenant_id, report_hash, experiment_id, run_id, dataset_hash, baseline_hash, candidate_hash, config_hash,
    outcome, verdict, card, code_version, created_by
)
values (
    %(tenant_id)s, %(report_hash)s, %(experiment_id)s, %(run_id)s, %(dataset_hash)s, %(baseline_hash)s,
    %(candidate_hash)s, %(config_hash)s, %(outcome)s, %(verdict)s, %(card)s, %(code_version)s, %(created_by)s
)
on conflict (tenant_id, report_hash) do nothing;

-- name: comparisons
-- One row per report of a tenant_id, newest first; of one hash when given.
select
    c.tenant_id,
    c.report_hash,
    c.experiment_id,
    c.run_id,
    c.dataset_hash,
    c.baseline_hash,
    c.candidate_hash,
    c.config_hash,
    c.outcome,
    c.verdict,
    c.card,
    c.code_version,
    c.created_by,
    c.created_at
from app.comparison as c
where
    c.tenant_id = %(tenant_id)s
    and (%(report_hash)s::text is null or c.report_hash = %(report_hash)s)
    and (
        %(before)s::text is null
        or (c.created_at, c.report_hash) < (
            select b.created_at, b.report_hash from app.comparison as b
            where b.tenant_id = %(tenant_id)s and b.report_hash = %(before)s
        )
    )
order by c.created_at desc, c.report_hash desc
limit %(limit)s;

-- name: get_experiment_question
-- At most one row: the registered question of an experiment of a tenant_id.
select
    e.primary_measure,
    e.goal,
    e.margin,
    e.alpha,
    e.guardrails
from app.experiment as e
where e.tenant_id = %(tenant_id)s and e.id = %(id)s;

-- name: regressions
-- One row per message of a dataset (by tenant_id) that both arms scored, with its text, the candidate's answer worst
-- against the baseline's first.
select
    d.message_id,
    d.tenant_id,
    d.chat_id,
    b.text,
    a.sentiment::float8 as sentiment_a,
    c.sentiment::float8 as sentiment_b,
    a.emotion as emotion_a,
    c.emotion as emotion_b,
    a.summary as summary_a,
    c.summary as summary_b,
    (c.sentiment - a.sentiment)::float8 as delta
from app.dataset_item as d
inner join app.message_body as b on b.tenant_id = d.tenant_id and b.message_id = d.message_id
inner join app.inference as a
    on
        a.tenant_id = d.tenant_id and a.message_id = d.message_id and a.input_hash = d.input_hash
        and a.prompt_hash = %(baseline_hash)s and a.config_hash = %(config_hash)s and a.replicate = 0
inner join app.inference as c
    on
        c.tenant_id = d.tenant_id and c.message_id = d.message_id and c.input_hash = d.input_hash
        and c.prompt_hash = %(candidate_hash)s and c.config_hash = %(config_hash)s and c.replicate = 0
where
    d.dataset_hash = %(dataset_hash)s
    and (%(tenant_ids)s::uuid[] is null or d.tenant_id = any(%(tenant_ids)s::uuid[]))
    and a.sentiment is not null
    and c.sentiment is not null
    and b.deleted_at is null
order by c.sentiment - a.sentiment, d.message_id
limit %(limit)s;

-- name: languages
-- One row per prompt version (under any tenant_id that this role sees) that says what language it is written in.
select distinct on (v.prompt_hash)
    v.prompt_hash,
    v.template -> 'variables' ->> 'language' as language
from app.prompt_version as v
where v.prompt_hash = any(%(prompt_hashes)s::text[])
order by v.prompt_hash, v.tenant_id;
