-- name: clock
-- One row: the tenant's today, and whether the warehouse has been built.
select
    (now() at time zone t.timezone)::date as today,
    to_regclass('analytics.fct_daily_kpis') is not null
    and to_regclass('analytics.fct_conversations') is not null as is_built
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: open_message_days
-- One row per local day of the period with messages: its message figures, from the tables of app.
-- The same definitions stand in dbt/models/marts/fct_daily_kpis.sql, and a test compares the two.
with messages as materialized (
    select
        (m.sent_at at time zone t.timezone)::date as local_day,
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
    from app.tenant as t
    inner join app.message as m on m.tenant_id = t.tenant_id
    left join app.message_body as b on b.tenant_id = m.tenant_id and b.message_id = m.id
    left join app.message_origin as o on o.tenant_id = m.tenant_id and o.message_id = m.id
    left join app.message_score as s on s.tenant_id = m.tenant_id and s.message_id = m.id
    left join app.identity_link as l on l.tenant_id = m.tenant_id and l.identity_id = m.chat_identity_id
    where
        t.tenant_id = %(tenant_id)s
        -- No timezone is more than 14 hours from UTC; local_day decides below, where the planner need not guess.
        and m.sent_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
        and m.sent_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
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
where local_day between %(from_day)s and %(to_day)s
group by local_day;

-- name: open_inference_days
-- One row per local day of the period with answers of models for production: its figures, from the tables of app.
with inferences as materialized (
    select
        (i.created_at at time zone t.timezone)::date as local_day,
        i.latency_ms,
        i.cost_micros,
        i.status in ('ok', 'repaired') as is_valid
    from app.tenant as t
    inner join app.inference as i on i.tenant_id = t.tenant_id
    where
        t.tenant_id = %(tenant_id)s
        and i.purpose = 'prod'
        and i.created_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
        and i.created_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
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
where local_day between %(from_day)s and %(to_day)s
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
