-- name: live_conversations
-- One row per conversation that begins on or after since_day, from the tables of app. chat_identity_ids limits it to
-- the chats behind these addresses (all addresses of each chat, or the chat is torn apart); null means every chat.
-- The same rule stands in dbt/models/marts/fct_conversations.sql, and a test compares the two.
with tenant as (
    select
        t.tenant_id,
        t.timezone,
        make_interval(hours => t.session_gap_hours) as session_gap,
        -- No timezone is more than 14 hours from UTC; local_day decides at the end.
        (%(since_day)s::date::timestamp at time zone 'UTC')
        - interval '14 hours'
        - make_interval(hours => t.session_gap_hours) as read_from
    from app.tenant as t
    where t.tenant_id = %(tenant_id)s
),

messages as (
    select
        m.id,
        m.sent_at,
        tenant.session_gap,
        coalesce(l.chat_id, m.chat_identity_id) as chat_id,
        (m.sent_at at time zone tenant.timezone)::date as local_day,
        case
            when m.direction = 'in' then 'customer'
            when o.author_type in ('bot', 'campaign') then 'automated'
            else 'agent'
        end as speaker
    from tenant
    inner join app.message as m on m.tenant_id = tenant.tenant_id and m.sent_at >= tenant.read_from
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where
        m.tenant_id = %(tenant_id)s
        and (%(chat_identity_ids)s::uuid[] is null or m.chat_identity_id = any(%(chat_identity_ids)s::uuid[]))
        and m.chat_kind = 'individual'
        and m.direction in ('in', 'out')
        and m.type not in ('reaction', 'system', 'sticker')
        and b.deleted_at is null
),

gaps as (
    select
        *,
        coalesce(sent_at - lag(sent_at) over (partition by chat_id order by sent_at, id) >= session_gap, true) as begins
    from messages
),

sessions as (
    select
        *,
        count(*) filter (where begins) over (partition by chat_id order by sent_at, id) as session_number
    from gaps
),

-- An agent's message has the number of the customer's messages that wait for it.
turns as (
    select
        *,
        count(*) filter (where speaker = 'agent') over session_order - (speaker = 'agent')::int as turn_number,
        row_number() over session_order as place
    from sessions
    window session_order as (partition by chat_id, session_number order by sent_at, id)
),

waits as (
    select
        chat_id,
        session_number,
        turn_number,
        (array_agg(id) filter (where place = 1))[1] as first_id,
        min(local_day) filter (where place = 1) as local_day,
        min(speaker) filter (where place = 1) as begun_by,
        bool_or(speaker = 'agent') as has_agent,
        floor(
            extract(
                epoch from min(sent_at) filter (where speaker = 'agent')
                - min(sent_at) filter (where speaker = 'customer')
            ) * 1000
        )::bigint as wait_ms
    from turns
    group by chat_id, session_number, turn_number
)

select
    (array_agg(first_id) filter (where first_id is not null))[1] as conversation_id,
    chat_id,
    min(local_day) as local_day,
    min(begun_by) as begun_by,
    min(wait_ms) filter (where turn_number = 0 and begun_by = 'customer') as first_response_ms,
    coalesce(array_agg(wait_ms order by turn_number) filter (where wait_ms is not null), '{}') as turn_waits_ms,
    min(begun_by) = 'customer' and not bool_or(has_agent) as is_unanswered
from waits
group by chat_id, session_number
-- A conversation cut off by read_from begins, as far as we can see, before since_day: it is not among the answers.
having min(local_day) >= %(since_day)s::date;
