-- Messages can be asked for as the figures count them: by the kind of chat they were written in, and without what nobody
-- said. Otherwise the list behind a figure shows rows that it does not count.

alter type app.message_filter add attribute chat_kinds text[];
alter type app.message_filter add attribute spoken boolean;

-- Whether a type of message is somebody's words to somebody. The same types as `unspoken_types` of dbt/dbt_project.yml.
create function app.is_spoken(message_type text) returns boolean
language sql immutable parallel safe
return message_type not in ('reaction', 'system', 'sticker');

-- As in 0080, with the two. Without a search_path of its own, so that it is inlined (0205).
create or replace function app.message_conditions(for_tenant_id uuid, filter app.message_filter) returns text
language sql stable
return concat(
    case when (filter).chat_id is not null or (filter).contact_id is not null then format(
        ' and m.chat_identity_id in (select l.identity_id from app.identity_link as l where l.tenant_id = %L%s%s)',
        for_tenant_id,
        case when (filter).chat_id is not null then format(' and l.chat_id = %L', (filter).chat_id) end,
        case when (filter).contact_id is not null then format(' and l.contact_id = %L', (filter).contact_id) end
    ) end,
    case when (filter).connection_id is not null then format(' and m.connection_id = %L', (filter).connection_id) end,
    case when (filter).direction is not null then format(' and m.direction = %L', (filter).direction) end,
    case when (filter).types is not null then format(' and m.type = any(%L::text[])', (filter).types) end,
    case when (filter).sent_from is not null then format(' and m.sent_at >= %L', (filter).sent_from) end,
    case when (filter).sent_until is not null then format(' and m.sent_at < %L', (filter).sent_until) end,
    case when (filter).sentiment_min is not null then format(' and s.sentiment >= %L', (filter).sentiment_min) end,
    case when (filter).sentiment_max is not null then format(' and s.sentiment <= %L', (filter).sentiment_max) end,
    case
        when (filter).satisfaction_min is not null
            then format(' and s.satisfaction >= %L', (filter).satisfaction_min)
    end,
    case
        when (filter).satisfaction_max is not null
            then format(' and s.satisfaction <= %L', (filter).satisfaction_max)
    end,
    case when (filter).emotions is not null then format(' and s.emotion = any(%L::text[])', (filter).emotions) end,
    case when (filter).tones is not null then format(' and s.tone = any(%L::text[])', (filter).tones) end,
    case
        when (filter).chat_kinds is not null then format(' and m.chat_kind = any(%L::text[])', (filter).chat_kinds)
    end,
    -- What was revoked is never found, whatever is asked for.
    case when (filter).spoken is not null then format(' and app.is_spoken(m.type) = %L', (filter).spoken) end
);

create or replace view app.readable_message with (security_invoker = true) as
select
    m.tenant_id,
    m.id,
    m.sent_at,
    m.connection_id,
    m.direction,
    m.chat_identity_id,
    s.sentiment,
    json_build_object(
        'id', m.id,
        'chat_id', l.chat_id,
        'connection_id', m.connection_id,
        'direction', m.direction,
        'type', m.type,
        'text', case when b.deleted_at is null then b.text end,
        'sent_at', m.sent_at,
        'edited', b.edited_at is not null,
        'deleted', b.deleted_at is not null,
        'sentiment', s.sentiment,
        'satisfaction', s.satisfaction,
        'emotion', s.emotion,
        'tone', s.tone
    ) as item,
    s.satisfaction,
    s.emotion,
    s.tone,
    m.type,
    case when b.deleted_at is null then b.text end as text,
    m.chat_kind,
    b.deleted_at is null and app.is_spoken(m.type) as is_spoken
from app.message as m
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id;
