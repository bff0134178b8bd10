-- name: clock
-- One row: the tenant's today, and whether the warehouse has been built.
select
    (now() at time zone t.timezone)::date as today,
    to_regclass('analytics.fct_daily_kpis') is not null
    and to_regclass('analytics.fct_conversations') is not null as is_built
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: stale_days
-- One row per local day of the period whose figures in the warehouse are out of date.
select s.local_day
from app.stale_day as s
where s.tenant_id = %(tenant_id)s and s.local_day between %(from_day)s and %(to_day)s
union
select d.local_day
from app.dirty as d
where d.tenant_id = %(tenant_id)s and d.local_day between %(from_day)s and %(to_day)s
union
-- A score changes two days: that of its message, and that on which the model answered.
select (d.created_at at time zone t.timezone)::date
from app.dirty as d
inner join app.tenant as t on t.tenant_id = d.tenant_id
where
    d.tenant_id = %(tenant_id)s
    and (d.created_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s
union
-- Whoever an address belongs to, all its days count their contacts again.
select (m.sent_at at time zone t.timezone)::date
from app.dirty as d
inner join app.tenant as t on t.tenant_id = d.tenant_id
inner join app.message as m on m.tenant_id = d.tenant_id and m.chat_identity_id = d.chat_identity_id
where
    d.tenant_id = %(tenant_id)s
    and d.cause = 'link'
    and (m.sent_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s;

-- name: stale_spans
-- One row per chat whose conversations in the warehouse are out of date: the span that is concerned (as `mark` in
-- staleness.sql finds it), cut at what a period from from_day on can need, with all addresses of the chat.
with tenant as (
    select
        t.tenant_id,
        make_interval(hours => t.session_gap_hours) as session_gap,
        -- No timezone is more than 14 hours from UTC.
        (%(from_day)s::date::timestamp at time zone 'UTC')
        - interval '14 hours'
        - make_interval(hours => t.session_gap_hours) as read_from,
        now() + interval '10 years' as read_to
    from app.tenant as t
    where t.tenant_id = %(tenant_id)s
),

dirty as (
    select distinct
        d.chat_identity_id,
        d.cause = 'link' as is_whole,
        coalesce(l.chat_id, d.chat_identity_id) as chat_id,
        (d.local_day::timestamp at time zone 'UTC') - interval '14 hours' as day_from,
        (d.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as day_to
    from app.dirty as d
    left join app.identity_link as l on l.tenant_id = d.tenant_id and l.identity_id = d.chat_identity_id
    where d.tenant_id = %(tenant_id)s
),

spans as (
    select
        s.chat_id,
        s.from_at,
        s.to_at
    from app.stale_chat as s
    where s.tenant_id = %(tenant_id)s
    union all
    select
        d.chat_id,
        least(d.day_from, min(c.started_at)) as from_at,
        greatest(d.day_to, max(c.last_message_at)) as to_at
    from dirty as d
    cross join tenant
    left join analytics.fct_conversations as c
        on
            c.tenant_id = tenant.tenant_id
            and c.chat_id = d.chat_id
            and c.started_at <= d.day_to + tenant.session_gap
            and c.last_message_at >= d.day_from - tenant.session_gap
    where not d.is_whole
    group by d.chat_id, d.day_from, d.day_to
    union all
    select
        d.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from dirty as d
    where d.is_whole
    union all
    -- An address that moved to another chat leaves the conversations of the former one behind.
    select
        c.chat_id,
        '-infinity' as from_at,
        'infinity' as to_at
    from dirty as d
    inner join analytics.fct_conversations as c
        on c.tenant_id = %(tenant_id)s and c.chat_identity_ids @> array[d.chat_identity_id]
    where d.is_whole
),

chats as (
    select
        s.chat_id,
        least(greatest(min(s.from_at), min(tenant.read_from)), min(tenant.read_to)) as from_at,
        least(max(s.to_at), min(tenant.read_to)) as to_at
    from spans as s
    cross join tenant
    group by s.chat_id
)

select
    c.chat_id,
    c.from_at,
    c.to_at,
    coalesce(array_agg(l.identity_id) filter (where l.identity_id is not null), array[c.chat_id]) as identity_ids
from chats as c
left join app.identity_link as l on l.tenant_id = %(tenant_id)s and l.chat_id = c.chat_id
where c.to_at >= c.from_at
group by c.chat_id, c.from_at, c.to_at;

-- name: closed_days
-- One row per local day of the period, as the warehouse knows it.
select
    k.local_day,
    k.messages_in,
    k.messages_out,
    k.messages_automated,
    k.messages_group,
    k.messages_deleted,
    k.messages_other,
    k.active_contacts,
    k.audio_without_text,
    k.eligible,
    k.scored,
    k.sentiment_sum,
    k.positive,
    k.neutral,
    k.negative,
    k.satisfaction_sum,
    k.prompt_hashes,
    k.config_hashes,
    k.inferences,
    k.inferences_failed,
    k.latency_sum_ms,
    k.latency_p50_ms,
    k.latency_p95_ms,
    k.cost_micros,
    k.conversations,
    k.conversations_by_customer,
    k.unanswered,
    k.answered,
    k.first_response_sum_ms,
    k.first_response_p50_ms,
    k.first_response_p90_ms,
    k.turns,
    k.turn_wait_sum_ms,
    k.turn_wait_p50_ms,
    k.turn_wait_p90_ms
from analytics.fct_daily_kpis as k
where k.tenant_id = %(tenant_id)s and k.local_day between %(from_day)s and %(to_day)s
order by k.local_day;

-- name: built_conversations
-- One row per conversation that the warehouse knows to begin on one of the days, stale spans of chats left out.
select
    c.conversation_id,
    c.chat_id,
    c.local_day,
    c.begun_by,
    c.first_response_ms,
    c.turn_waits_ms,
    c.is_unanswered
from analytics.fct_conversations as c
where
    c.tenant_id = %(tenant_id)s
    and c.local_day = any(%(days)s::date[])
    and not exists (
        select 1
        from
            unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
                as s (chat_id, from_at, to_at)
        where s.chat_id = c.chat_id and c.started_at between s.from_at and s.to_at
    );

-- name: days_of_stale_spans
-- One row per local day of the period on which a conversation of a stale span began when the warehouse was built.
select distinct c.local_day
from
    unnest(%(chat_ids)s::uuid[], %(from_ats)s::timestamptz[], %(to_ats)s::timestamptz[])
        as s (chat_id, from_at, to_at)
inner join analytics.fct_conversations as c
    on
        c.tenant_id = %(tenant_id)s
        and c.chat_id = s.chat_id
        and c.started_at between s.from_at and s.to_at
where c.local_day between %(from_day)s and %(to_day)s;

-- name: open_message_days
-- One row per asked-for local day with messages: its message figures, from the tables of app.
-- The same definitions stand in dbt/models/marts/fct_daily_kpis.sql, and a test compares the two.
with days as (
    select
        d.local_day,
        t.timezone,
        -- No timezone is more than 14 hours from UTC; local_day decides below.
        (d.local_day::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
        (d.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to
    from app.tenant as t
    cross join unnest(%(days)s::date[]) as d (local_day)
    where t.tenant_id = %(tenant_id)s
),

messages as (
    select
        days.local_day,
        m.type,
        s.sentiment,
        s.satisfaction,
        s.prompt_hash,
        s.config_hash,
        coalesce(l.contact_id, l.chat_id, m.chat_identity_id) as contact_id,
        coalesce(b.text, '') <> '' as has_text,
        s.message_id is not null as is_scored,
        o.author_type in ('bot', 'campaign') as is_automated,
        case
            when m.chat_kind = 'group' then 'group'
            when
                m.chat_kind <> 'individual' or m.direction = 'unknown'
                or m.type in ('reaction', 'system', 'sticker') then 'other'
            when b.deleted_at is not null then 'deleted'
            when m.direction = 'in' then 'customer'
            else 'us'
        end as side
    from days
    inner join app.message as m
        on
            m.tenant_id = %(tenant_id)s
            and m.sent_at >= days.read_from
            and m.sent_at < days.read_to
            and (m.sent_at at time zone days.timezone)::date = days.local_day
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
)

select
    local_day,
    count(*) filter (where side = 'customer') as messages_in,
    count(*) filter (where side = 'us') as messages_out,
    count(*) filter (where side = 'us' and is_automated) as messages_automated,
    count(*) filter (where side = 'group') as messages_group,
    count(*) filter (where side = 'deleted') as messages_deleted,
    count(*) filter (where side = 'other') as messages_other,
    count(distinct contact_id) filter (where side = 'customer') as active_contacts,
    count(*) filter (where side = 'customer' and type = 'audio' and not has_text) as audio_without_text,
    count(*) filter (where side = 'customer' and (has_text or is_scored)) as eligible,
    count(*) filter (where side = 'customer' and is_scored) as scored,
    coalesce(sum(sentiment) filter (where side = 'customer'), 0) as sentiment_sum,
    count(*) filter (where side = 'customer' and sentiment > 0.1) as positive,
    count(*) filter (where side = 'customer' and sentiment between -0.1 and 0.1) as neutral,
    count(*) filter (where side = 'customer' and sentiment < -0.1) as negative,
    coalesce(sum(satisfaction) filter (where side = 'customer'), 0) as satisfaction_sum,
    coalesce(array_agg(distinct prompt_hash) filter (where side = 'customer' and is_scored), '{}') as prompt_hashes,
    coalesce(array_agg(distinct config_hash) filter (where side = 'customer' and is_scored), '{}') as config_hashes
from messages
group by local_day;

-- name: open_inference_days
-- One row per asked-for local day with answers of models for production: its figures, from the tables of app.
with days as (
    select
        d.local_day,
        t.timezone,
        (d.local_day::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
        (d.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to
    from app.tenant as t
    cross join unnest(%(days)s::date[]) as d (local_day)
    where t.tenant_id = %(tenant_id)s
),

inferences as (
    select
        days.local_day,
        i.latency_ms,
        i.cost_micros,
        i.status in ('ok', 'repaired') as is_valid
    from days
    inner join app.inference as i
        on
            i.tenant_id = %(tenant_id)s
            and i.created_at >= days.read_from
            and i.created_at < days.read_to
            and (i.created_at at time zone days.timezone)::date = days.local_day
    where i.purpose = 'prod'
)

select
    local_day,
    count(*) filter (where is_valid) as inferences,
    count(*) filter (where not is_valid) as inferences_failed,
    coalesce(sum(latency_ms) filter (where is_valid), 0) as latency_sum_ms,
    round(percentile_cont(0.5) within group (order by latency_ms) filter (where is_valid))::bigint as latency_p50_ms,
    round(percentile_cont(0.95) within group (order by latency_ms) filter (where is_valid))::bigint as latency_p95_ms,
    sum(cost_micros)::bigint as cost_micros
from inferences
group by local_day;

-- name: latency_percentiles
-- One row: percentiles of the latency of valid answers for production over a period of local days.
select
    round(percentile_cont(0.5) within group (order by i.latency_ms))::bigint as latency_p50_ms,
    round(percentile_cont(0.95) within group (order by i.latency_ms))::bigint as latency_p95_ms
from app.tenant as t
inner join app.inference as i on i.tenant_id = t.tenant_id
where
    t.tenant_id = %(tenant_id)s
    and i.purpose = 'prod'
    and i.status in ('ok', 'repaired')
    and i.created_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
    and i.created_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
    and (i.created_at at time zone t.timezone)::date between %(from_day)s and %(to_day)s;

-- name: first_day
-- One row: the local day of the tenant's first message, null without any.
select
    (
        select (m.sent_at at time zone t.timezone)::date
        from app.message as m
        where m.tenant_id = %(tenant_id)s
        order by m.sent_at
        limit 1
    ) as first_day
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: connections
-- One row: how many connections are switched on, and how many of them are listening.
select
    count(*) filter (where c.is_active) as active_connections,
    count(*) filter (where c.is_active and c.state in ('live', 'backfilling')) as live_connections
from app.connection as c
where c.tenant_id = %(tenant_id)s and c.deleted_at is null;
