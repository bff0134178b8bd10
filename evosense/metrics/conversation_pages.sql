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
    and (%(responder_user_id)s::uuid is null or c.responder_user_id = %(responder_user_id)s::uuid)
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
