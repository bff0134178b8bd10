-- name: candidates
-- One row per message of a dataset (by tenant_id) that nobody labelled under a rubric: where the two arms put it.
select
    d.tenant_id,
    d.message_id,
    a.emotion as emotion_a,
    c.emotion as emotion_b,
    abs(a.sentiment - c.sentiment)::float8 as gap
from app.dataset_item as d
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
    and not exists (
        select 1 from app.human_label as h
        where h.tenant_id = d.tenant_id and h.message_id = d.message_id and h.rubric_version = %(rubric_version)s
    )
order by d.message_id;

-- name: request_labels
-- No row: messages that people shall judge, under each message's tenant_id, with the chance they were drawn with.
insert into app.label_request (tenant_id, batch_id, message_id, stratum, pi_sampling, raters_wanted)
select
    g.tenant_id,
    %(batch_id)s,
    g.message_id,
    g.stratum,
    g.pi_sampling,
    %(raters_wanted)s
from
    unnest(
        %(tenant_ids)s::uuid[], %(message_ids)s::uuid[], %(strata)s::text[], %(pis)s::float8[]
    ) as g (tenant_id, message_id, stratum, pi_sampling)
on conflict (tenant_id, batch_id, message_id) do nothing;

-- name: waiting
-- One row per message of a tenant_id that still wants a rater other than this one, with its text, oldest first;
-- a message of several batches is shown once.
select distinct on (r.message_id)
    r.batch_id,
    r.message_id,
    b.text,
    r.raters_wanted
from app.label_request as r
inner join app.message_body as b on b.tenant_id = r.tenant_id and b.message_id = r.message_id
where
    r.tenant_id = %(tenant_id)s
    and b.text is not null
    and b.deleted_at is null
    and r.raters_wanted > (
        select count(*)
        from app.human_label as h
        where
            h.tenant_id = r.tenant_id and h.message_id = r.message_id
            and h.rubric_version = %(rubric_version)s
    )
    and not exists (
        select 1 from app.human_label as mine
        where
            mine.tenant_id = r.tenant_id and mine.message_id = r.message_id
            and mine.rubric_version = %(rubric_version)s and mine.rater = %(rater)s
    )
order by r.message_id, r.batch_id
limit %(limit)s;

-- name: store_label
-- At most one row: what a rater says about a message of a tenant_id; said again, the newer word holds. The chance of
-- being drawn comes from the request, 1 without any. Nothing when the message is not there.
insert into app.human_label (
    tenant_id, message_id, rater, rubric_version, input_revision, sentiment, satisfaction, emotion, tone, pi_sampling
)
select
    b.tenant_id,
    b.message_id,
    %(rater)s,
    %(rubric_version)s,
    b.revision,
    %(sentiment)s,
    %(satisfaction)s,
    %(emotion)s,
    %(tone)s,
    coalesce(
        (
            select r.pi_sampling
            from app.label_request as r
            where r.tenant_id = b.tenant_id and r.message_id = b.message_id
            order by r.batch_id desc
            limit 1
        ), 1
    ) as pi
from app.message_body as b
where b.tenant_id = %(tenant_id)s and b.message_id = %(message_id)s and b.deleted_at is null
on conflict (tenant_id, message_id, rubric_version, rater) do update
    set
        sentiment = excluded.sentiment,
        satisfaction = excluded.satisfaction,
        emotion = excluded.emotion,
        tone = excluded.tone,
        labelled_at = now()
returning message_id;

-- name: labels
-- One row per label under a rubric of these tenants (every tenant_id when null), by message and rater.
select
    h.tenant_id,
    h.message_id,
    h.rater,
    h.sentiment::float8 as sentiment,
    h.emotion
from app.human_label as h
where
    h.rubric_version = %(rubric_version)s
    and (%(tenant_ids)s::uuid[] is null or h.tenant_id = any(%(tenant_ids)s::uuid[]))
order by h.message_id, h.rater;

-- name: gold_items
-- One row per labelled message (by tenant_id) with the frozen input of the labelled revision: a gold set's items.
select distinct on (h.tenant_id, h.message_id)
    h.tenant_id,
    h.message_id,
    coalesce(l.chat_id, m.chat_identity_id) as chat_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    i.input_hash,
    h.pi_sampling
from app.human_label as h
inner join app.tenant as t on t.tenant_id = h.tenant_id
inner join app.message as m on m.tenant_id = h.tenant_id and m.id = h.message_id
inner join app.scoring_input as i
    on i.tenant_id = h.tenant_id and i.message_id = h.message_id and i.revision = h.input_revision
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
where
    h.rubric_version = %(rubric_version)s
    and (%(tenant_ids)s::uuid[] is null or h.tenant_id = any(%(tenant_ids)s::uuid[]))
order by h.tenant_id, h.message_id, i.frozen_at;
