-- name: page_of_conversations
-- Rows of the warehouse, newest first: conversations that pass the filter, older than a position, stale spans of chats
-- left out.
select c.*
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.started_at >= %(read_from)s::timestamptz
    and c.local_day >= %(from_day)s::date
    and (%(to_day)s::date is null or c.local_day <= %(to_day)s::date)
    and (
        %(before_at)s::timestamptz is null
        or (c.started_at, c.conversation_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
    and (%(chat_id)s::uuid is null or c.chat_id = %(chat_id)s::uuid)
    and (%(contact_id)s::uuid is null or c.contact_id = %(contact_id)s::uuid)
    and (%(connection_id)s::uuid is null or c.connection_id = %(connection_id)s::uuid)
    and (%(begun_by)s::text is null or c.begun_by = %(begun_by)s::text)
    and (%(unanswered)s::boolean is null or c.is_unanswered = %(unanswered)s::boolean)
    and (%(trajectory)s::text is null or c.trajectory = %(trajectory)s::text)
    and (%(sentiment_min)s::numeric is null or c.sentiment_mean >= %(sentiment_min)s::numeric)
    and (%(sentiment_max)s::numeric is null or c.sentiment_mean <= %(sentiment_max)s::numeric)
    and (
        %(is_open)s::boolean is null
        or (c.closed_at is null and c.last_message_at > %(open_since)s::timestamptz) = %(is_open)s::boolean
    )
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    )
order by c.started_at desc, c.conversation_id desc
limit %(page_size)s;

-- name: session_gap
-- One row: how long a silence ends a conversation of the tenant, and its timezone.
select
    make_interval(hours => t.session_gap_hours) as session_gap,
    t.timezone
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: addresses_of_message
-- One row per address of the chat that the message belongs to today, with when the message was sent.
select
    coalesce(o.identity_id, m.chat_identity_id) as identity_id,
    m.sent_at
from app.message as m
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
left join app.identity_link as o on o.tenant_id = l.tenant_id and o.chat_id = l.chat_id
where m.tenant_id = %(tenant_id)s and m.id = %(message_id)s and m.chat_kind = 'individual';

-- name: addresses_of_chat
-- One row per address of the chat, with its latest message's time; none when the tenant has no such chat.
select
    a.identity_id,
    max(m.sent_at) as last_sent_at
from (
    select l.identity_id
    from app.identity_link as l
    where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
    union all
    select %(chat_id)s::uuid as identity_id
    where not exists (
        select 1 from app.identity_link as l where l.tenant_id = %(tenant_id)s and l.chat_id = %(chat_id)s
    )
) as a
inner join app.message as m on m.tenant_id = %(tenant_id)s and m.chat_identity_id = a.identity_id
where m.chat_kind = 'individual'
group by a.identity_id;

-- name: messages_of_conversation
-- One row: a JSON array of the messages that the addresses have from first to last, oldest first, each with who speaks,
-- its score's lineage, and what happened to it (edits, reactions, revocation, delivery).
select coalesce(json_agg(page.item order by page.sent_at, page.id), '[]')::text as items
from (
    select
        m.sent_at,
        m.id,
        (
            r.item::jsonb || jsonb_build_object(
                'speaker', f.speaker,
                'author_user_id', f.author_user_id,
                'is_audio', f.message_type = 'audio',
                'has_media', exists (
                    select 1 from app.media_ref as x where x.tenant_id = m.tenant_id and x.message_id = m.id
                ),
                'confidence', f.confidence,
                'prompt_hash', f.prompt_hash,
                'config_hash', f.config_hash,
                'summary', i.summary,
                'events', coalesce((
                    select
                        jsonb_agg(
                            jsonb_build_object(
                                'kind', e.kind,
                                'at', e.occurred_at,
                                'status', e.status,
                                'text', case when e.kind in ('edit', 'reaction') and b.deleted_at is null then e.text end
                            )
                            order by e.occurred_at, e.id
                        )
                    from app.message_event as e
                    where
                        e.tenant_id = m.tenant_id
                        and e.connection_id = m.connection_id
                        and e.external_id = m.external_id
                ), '[]'::jsonb)
            )
        )::json as item
    from app.message as m
    inner join app.readable_message as r on r.tenant_id = m.tenant_id and r.id = m.id
    inner join app.message_fact as f on f.tenant_id = m.tenant_id and f.message_id = m.id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.inference as i on i.tenant_id = s.tenant_id and i.id = s.inference_id
    where
        m.tenant_id = %(tenant_id)s
        and m.chat_identity_id = any(%(identity_ids)s::uuid[])
        and m.sent_at between %(first)s and %(last)s
        and f.message_type <> 'system'
    order by m.sent_at, m.id
    limit %(page_size)s
) as page;

-- name: close
-- No row: the conversation that the address takes part in is closed this moment.
insert into app.conversation_close (tenant_id, id, chat_identity_id, closed_at, closed_by)
values (%(tenant_id)s, %(id)s, %(identity_id)s, %(closed_at)s, %(closed_by)s);

-- name: mark_closed
-- No row: the chat's numbers have changed.
insert into app.dirty (tenant_id, chat_identity_id, local_day, cause)
select
    t.tenant_id,
    %(identity_id)s,
    (%(closed_at)s::timestamptz at time zone t.timezone)::date as local_day,
    'close' as cause
from app.tenant as t
where t.tenant_id = %(tenant_id)s;
