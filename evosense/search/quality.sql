-- name: store_texts
-- No row: texts as messages that tenant_id heard, all in one chat, a minute apart.
with heard as (
    insert into app.message (
        tenant_id, id, connection_id, external_id, from_me, direction, chat_identity_id, chat_kind, type, sent_at,
        sent_at_source, received_at
    )
    select
        %(tenant_id)s::uuid as tenant_id,
        g.message_id,
        %(chat_id)s::uuid as connection_id,
        g.message_id::text as external_id,
        false as from_me,
        'in' as direction,
        %(chat_id)s::uuid as chat_identity_id,
        'individual' as chat_kind,
        'text' as type,
        now() - make_interval(mins => g.place::integer) as sent_at,
        'live' as sent_at_source,
        now() as received_at
    from unnest(%(message_ids)s::uuid[]) with ordinality as g (message_id, place)
    returning id
)

insert into app.message_body (tenant_id, message_id, text, redaction_version)
select
    %(tenant_id)s::uuid as tenant_id,
    g.message_id,
    g.text,
    1 as redaction_version
from unnest(%(message_ids)s::uuid[], %(texts)s::text[]) as g (message_id, text)
inner join heard as h on h.id = g.message_id;
