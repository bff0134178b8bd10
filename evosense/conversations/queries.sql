-- name: individual_addresses
-- One row per address of an individual chat with messages that a period from since_day on can need, and the span to
-- read.
select
    m.chat_identity_id as identity_id,
    min(m.sent_at) as from_at,
    max(m.sent_at) as to_at
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
where
    t.tenant_id = %(tenant_id)s
    and m.chat_kind = 'individual'
    -- No timezone is more than 14 hours from UTC.
    and m.sent_at >= (%(since_day)s::date::timestamp at time zone 'UTC')
    - interval '14 hours'
    - make_interval(hours => t.session_gap_hours)
group by m.chat_identity_id;

-- name: live_conversations
-- One row per conversation that begins on or after since_day in what these addresses said in their spans, from the
-- tables of app. All addresses of a chat have to be named with the same span, and a span must not cut a conversation
-- that begins on or after since_day. The same rule stands in dbt/models/marts/fct_conversations.sql, and a test
-- compares the two.
with spans as (
    select
        s.identity_id,
        s.from_at,
        s.to_at
    from unnest(%(identity_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
        as s (identity_id, from_at, to_at)
),

messages as (
    select
        m.id,
        m.sent_at,
        make_interval(hours => t.session_gap_hours) as session_gap,
        coalesce(l.chat_id, m.chat_identity_id) as chat_id,
        (m.sent_at at time zone t.timezone)::date as local_day,
        case
            when m.direction = 'in' then 'customer'
            when o.author_type in ('bot', 'campaign') then 'automated'
            else 'agent'
        end as speaker
    from spans
    inner join app.message as m
        on
            m.tenant_id = %(tenant_id)s
            and m.chat_identity_id = spans.identity_id
            and m.sent_at between spans.from_at and spans.to_at
    inner join app.tenant as t on t.tenant_id = m.tenant_id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where
        m.chat_kind = 'individual'
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
having min(local_day) >= %(since_day)s::date;
