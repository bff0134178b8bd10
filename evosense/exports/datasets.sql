-- name: messages
-- One row per message of tenant_id on local days first..last, in order of time: what it says (redacted) and its score.
select
    m.id::text as message_id,
    l.chat_id::text as chat_id,
    l.contact_id::text as contact_id,
    m.connection_id::text as connection_id,
    m.sent_at,
    (m.sent_at at time zone t.timezone)::date as local_day,
    m.direction,
    coalesce(o.author_type, case m.direction when 'in' then 'contact' when 'out' then 'agent' end) as author,
    m.chat_kind,
    m.type,
    case when b.deleted_at is null then b.text end as text,
    b.edited_at is not null as is_edited,
    b.deleted_at is not null as is_deleted,
    s.sentiment::float8 as sentiment,
    s.satisfaction::int as satisfaction,
    s.emotion,
    s.tone,
    case when b.deleted_at is null then i.summary end as summary,
    s.confidence::float8 as confidence,
    s.prompt_hash,
    s.config_hash
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
left join app.inference as i on i.tenant_id = s.tenant_id and i.id = s.inference_id
left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
where
    t.tenant_id = %(tenant_id)s
    and m.tenant_id = %(tenant_id)s
    and m.sent_at >= (%(first_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
    and m.sent_at < (%(last_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first_day)s and %(last_day)s
order by m.sent_at, m.id;

-- name: count_messages
-- One row: how many messages of tenant_id lie on local days first..last.
select count(*) as messages
from app.tenant as t
inner join app.message as m on m.tenant_id = t.tenant_id
where
    t.tenant_id = %(tenant_id)s
    and m.tenant_id = %(tenant_id)s
    and m.sent_at >= (%(first_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
    and m.sent_at < (%(last_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
    and (m.sent_at at time zone t.timezone)::date between %(first_day)s and %(last_day)s;

-- name: conversations
-- One row per conversation of tenant_id that began on local days first..last, computed from the messages as they are
-- now. The rule is that of dbt/models/marts/fct_conversations.sql; a test compares the two.
with messages as (
    select
        m.id,
        m.sent_at,
        m.connection_id,
        make_interval(hours => t.session_gap_hours) as session_gap,
        t.timezone,
        coalesce(l.chat_id, m.chat_identity_id) as chat_id,
        coalesce(l.contact_id, l.chat_id, m.chat_identity_id) as contact_id,
        s.sentiment,
        s.satisfaction,
        case
            when m.direction = 'in' then 'customer'
            when o.author_type in ('bot', 'campaign') then 'automated'
            else 'agent'
        end as speaker
    from app.tenant as t
    inner join app.message as m on m.tenant_id = t.tenant_id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where
        t.tenant_id = %(tenant_id)s
        and m.tenant_id = %(tenant_id)s
        -- What began before the first day is told by the gap; what began on the last one may go on for days.
        and m.sent_at >= (%(first_day)s::date::timestamp at time zone 'UTC')
        - interval '14 hours' - make_interval(hours => t.session_gap_hours)
        and m.chat_kind = 'individual'
        and m.direction in ('in', 'out')
        and m.type not in ('reaction', 'system', 'sticker')
        and b.deleted_at is null
),

closes as (
    select
        coalesce(l.chat_id, c.chat_identity_id) as chat_id,
        c.closed_at
    from app.conversation_close as c
    left join app.identity_link as l on l.tenant_id = c.tenant_id and l.identity_id = c.chat_identity_id
    where c.tenant_id = %(tenant_id)s
),

ordered as (
    select
        *,
        lag(sent_at) over (partition by chat_id order by sent_at, id) as before_at
    from messages
),

gaps as (
    select
        o.*,
        o.before_at is null
        or o.sent_at - o.before_at >= o.session_gap
        or exists (
            select 1 from closes as c
            where c.chat_id = o.chat_id and c.closed_at > o.before_at and c.closed_at < o.sent_at
        ) as begins
    from ordered as o
),

sessions as (
    select
        *,
        count(*) filter (where begins) over (partition by chat_id order by sent_at, id) as session_number
    from gaps
),

conversations as (
    select
        chat_id,
        (array_agg(id order by sent_at, id))[1] as conversation_id,
        (array_agg(contact_id order by sent_at, id))[1] as contact_id,
        (array_agg(connection_id order by sent_at, id))[1] as connection_id,
        (array_agg(speaker order by sent_at, id))[1] as begun_by,
        min(sent_at) as started_at,
        max(sent_at) as last_message_at,
        min(sent_at) filter (where speaker = 'agent') as first_agent_at,
        count(*) filter (where speaker = 'customer') as messages_customer,
        count(*) filter (where speaker = 'agent') as messages_agent,
        count(*) filter (where speaker = 'automated') as messages_automated,
        count(sentiment) filter (where speaker = 'customer') as scored,
        avg(sentiment) filter (where speaker = 'customer') as sentiment_mean,
        avg(satisfaction) filter (where speaker = 'customer') as satisfaction_mean,
        (min(sent_at) at time zone min(timezone))::date as local_day
    from sessions
    group by chat_id, session_number
)

select
    c.conversation_id::text as conversation_id,
    c.chat_id::text as chat_id,
    c.contact_id::text as contact_id,
    c.connection_id::text as connection_id,
    c.local_day,
    c.started_at,
    c.last_message_at,
    c.begun_by,
    c.messages_customer,
    c.messages_agent,
    c.messages_automated,
    case
        when c.begun_by = 'customer' then extract(epoch from c.first_agent_at - c.started_at)::float8
    end as first_response_seconds,
    c.begun_by = 'customer' and c.messages_agent = 0 as is_unanswered,
    c.scored,
    c.sentiment_mean::float8 as sentiment_mean,
    c.satisfaction_mean::float8 as satisfaction_mean
from conversations as c
where c.local_day between %(first_day)s and %(last_day)s
order by c.started_at, c.conversation_id;
