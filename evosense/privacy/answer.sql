-- name: contacts
-- One row per contact of tenant_id that is the person.
select
    c.id,
    c.name_enc,
    c.first_seen_at,
    c.opted_out_at
from app.contact as c
where c.tenant_id = %(tenant_id)s and c.id = any(%(contact_ids)s::uuid[])
order by c.id;

-- name: messages
-- One row per message of tenant_id in the person's chats or by the person, oldest first.
select
    m.id,
    m.sent_at,
    m.direction,
    m.chat_kind,
    m.type,
    case when b.deleted_at is null then b.text end as text,
    case when b.deleted_at is null then b.original_enc end as original_enc,
    b.deleted_at,
    s.sentiment::float8 as sentiment,
    s.satisfaction,
    s.emotion,
    s.tone,
    i.summary
from app.message as m
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.inference as i on i.tenant_id = m.tenant_id and i.id = s.inference_id
where
    m.tenant_id = %(tenant_id)s
    and (m.chat_identity_id = any(%(identity_ids)s::uuid[]) or m.author_identity_id = any(%(identity_ids)s::uuid[]))
order by m.sent_at, m.id;

-- name: correct_name
-- No row: contacts of tenant_id get the name that the person says is right; no event can change it back, because it is
-- newer than any.
update app.contact as c
set name_enc = w.name_enc, name_digest = w.name_digest, name_at = now()
from unnest(%(contact_ids)s::uuid[], %(names)s::bytea[], %(digests)s::bytea[]) as w (id, name_enc, name_digest)
where c.tenant_id = %(tenant_id)s and c.id = w.id;
