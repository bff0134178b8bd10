-- name: lock_former
-- One row per message of tenant_id after `after_id` whose text was redacted under rules before `version`, by id, locked
-- until commit: an edit that comes meanwhile waits, one that was under way is seen by the statements after this one.
select
    b.message_id,
    m.connection_id,
    m.external_id,
    m.chat_identity_id,
    (m.sent_at at time zone t.timezone)::date as local_day,
    b.text,
    b.original_enc,
    b.revision > 0 as is_edited,
    b.deleted_at is not null as is_deleted,
    i.jid_hmac,
    i.key_version,
    coalesce(p.store_raw_text, false) as store_raw_text,
    coalesce(p.embeddings, false) as embeddings
from app.message_body as b
inner join app.message as m on m.tenant_id = b.tenant_id and m.id = b.message_id
inner join app.identity as i on i.tenant_id = m.tenant_id and i.id = m.chat_identity_id
inner join app.tenant as t on t.tenant_id = b.tenant_id
left join app.plan as p on p.plan_id = t.plan_id
where
    b.tenant_id = %(tenant_id)s
    and b.message_id > %(after_id)s
    and b.redaction_version < %(version)s
    and b.text is not null
order by b.message_id
limit %(page)s
for update of b;

-- name: edits
-- One row per edit of these messages (by tenant_id) with a text.
select
    e.id,
    e.connection_id,
    e.external_id,
    e.text,
    e.original_enc
from
    unnest(%(tenant_id)s::uuid[], %(connection_id)s::uuid[], %(external_id)s::text[])
        as w (tenant_id, connection_id, external_id)
inner join app.message_event as e
    on e.tenant_id = w.tenant_id and e.connection_id = w.connection_id and e.external_id = w.external_id
where e.kind = 'edit' and e.text is not null;

-- name: store_edits
-- No row: what edits (by tenant_id) say under the rules of today.
update app.message_event as e
set text = w.text, original_enc = w.original_enc
from
    unnest(%(tenant_id)s::uuid[], %(id)s::uuid[], %(text)s::text[], %(original_enc)s::bytea[])
        as w (tenant_id, id, text, original_enc)
where e.tenant_id = w.tenant_id and e.id = w.id;

-- name: store_texts
-- No row: what messages (by tenant_id) say under the rules of today. The text of an edited one follows its edits.
update app.message_body as b
set text = w.text, original_enc = w.original_enc, redaction_version = %(version)s
from
    unnest(%(tenant_id)s::uuid[], %(id)s::uuid[], %(text)s::text[], %(original_enc)s::bytea[])
        as w (tenant_id, id, text, original_enc)
where b.tenant_id = w.tenant_id and b.message_id = w.id;
