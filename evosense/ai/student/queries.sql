-- name: examples
-- One row per message of tenant_id that its champion scored or a person labelled, the newest 20,000: its text, chat, and
-- what was said; a person's word (the mean of several raters) goes before the champion's. What a student scored teaches
-- no student.
select
    m.chat_identity_id as chat_id,
    b.text,
    coalesce(l.sentiment, s.sentiment)::float8 as sentiment,
    case when l.sentiment is null then s.satisfaction else l.satisfaction end::integer as satisfaction,
    case when l.sentiment is null then s.emotion else l.emotion end as emotion,
    l.sentiment is not null as by_person
from app.message as m
inner join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s
    on
        s.tenant_id = m.tenant_id
        and s.message_id = m.id
        and not exists (
            select from app.model_config as c
            where
                c.tenant_id in (m.tenant_id, app.everyone())
                and c.config_hash = s.config_hash
                and c.provider = 'student'
        )
left join lateral (
    select
        avg(h.sentiment) as sentiment,
        round(avg(h.satisfaction)) as satisfaction,
        mode() within group (order by h.emotion) as emotion
    from app.human_label as h
    where h.tenant_id = m.tenant_id and h.message_id = m.id and h.input_revision = b.revision
    having count(*) > 0
) as l on true
where
    m.tenant_id = %(tenant_id)s
    and b.text <> ''
    and b.deleted_at is null
    and coalesce(l.sentiment, s.sentiment) is not null
order by m.sent_at desc, m.id desc
limit 20000;

-- name: keep
-- No row: the student of tenant_id as it was trained last, with the quality that was measured.
insert into app.student_model (tenant_id, config_hash, weights, quality)
values (%(tenant_id)s, %(config_hash)s, %(weights)s, %(quality)s::jsonb)
on conflict (tenant_id) do update set
    config_hash = excluded.config_hash,
    weights = excluded.weights,
    quality = excluded.quality,
    trained_at = now();

-- name: read
-- At most one row: the weights of tenant_id's student.
select s.weights
from app.student_model as s
where s.tenant_id = %(tenant_id)s;

-- name: tenants
-- One row per tenant_id with scored messages.
select t.tenant_id
from app.tenant as t
where exists (select from app.message_score as s where s.tenant_id = t.tenant_id)
order by t.tenant_id;
