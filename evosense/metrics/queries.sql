-- name: clock
-- One row: the tenant's today, whether the warehouse has been built, with the columns of now, and the version of what
-- the tenant's figures rest on.
select
    coalesce((select max(b.id) from app.warehouse_build as b), 0) as build,
    (select m.taken from app.marking as m) as taken,
    (select count(*) from app.dirty as d where d.tenant_id = %(tenant_id)s) as dirty,
    (now() at time zone t.timezone)::date as today,
    (
        select
            count(*) = 7
            and coalesce(
                (
                    select b.shape = %(shape)s
                    from app.warehouse_build as b
                    order by b.id desc
                    limit 1
                ), false
            )
        from pg_catalog.pg_tables as m
        where
            m.schemaname = 'analytics'
            and m.tablename in (
                'fct_conversations', 'fct_hourly_kpis', 'fct_daily_kpis', 'fct_daily_emotions', 'fct_contact_days',
                'fct_daily_coverage', 'fct_daily_inferences'
            )
    ) as is_built
from app.tenant as t
where t.tenant_id = %(tenant_id)s;

-- name: open_message_days
-- One row per local day of the period with messages: its message figures, from the tables of app.
-- The same definitions stand in dbt/models/marts/fct_hourly_kpis.sql, and a test compares the two.
with facts as materialized (
    select
        local_day,
        contact_id,
        speaker,
        exclusion,
        message_type,
        has_text,
        is_scored,
        sentiment,
        satisfaction,
        case when speaker = 'customer' and is_scored then prompt_hash end as scoring_prompt,
        case when speaker = 'customer' and is_scored then config_hash end as scoring_config
    from app.message_fact
    where
        tenant_id = %(tenant_id)s
        -- No timezone is more than 14 hours from UTC; local_day decides below, where the planner need not guess.
        and sent_at >= (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours'
        and sent_at < (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours'
),

-- By prompt and model first: sorting every message for their distinct names would cost more than all the rest.
parts as (
    select
        local_day,
        scoring_prompt,
        scoring_config,
        count(*) filter (where speaker = 'customer') as messages_in,
        count(*) filter (where speaker in ('agent', 'automated')) as messages_out,
        count(*) filter (where speaker = 'automated') as messages_automated,
        count(*) filter (where exclusion = 'group') as messages_group,
        count(*) filter (where exclusion = 'deleted') as messages_deleted,
        count(*) filter (where exclusion = 'other') as messages_other,
        count(*) filter (where speaker = 'customer' and message_type = 'audio' and not has_text) as audio_without_text,
        count(*) filter (where speaker = 'customer' and (has_text or is_scored)) as eligible,
        count(*) filter (where speaker = 'customer' and is_scored) as scored,
        sum(sentiment) filter (where speaker = 'customer') as sentiment_sum,
        sum(sentiment * sentiment) filter (where speaker = 'customer') as sentiment_square_sum,
        count(*) filter (where speaker = 'customer' and sentiment > 0.1) as positive,
        count(*) filter (where speaker = 'customer' and sentiment between -0.1 and 0.1) as neutral,
        count(*) filter (where speaker = 'customer' and sentiment < -0.1) as negative,
        sum(satisfaction) filter (where speaker = 'customer') as satisfaction_sum,
        sum(satisfaction::int * satisfaction) filter (where speaker = 'customer') as satisfaction_square_sum
    from facts
    where local_day between %(from_day)s and %(to_day)s
    group by local_day, scoring_prompt, scoring_config
),

contacts as (
    select
        local_day,
        count(*) as active_contacts
    from (select distinct local_day, contact_id from facts where speaker = 'customer') as wrote
    group by local_day
)

select
    parts.local_day,
    sum(parts.messages_in)::int as messages_in,
    sum(parts.messages_out)::int as messages_out,
    sum(parts.messages_automated)::int as messages_automated,
    sum(parts.messages_group)::int as messages_group,
    sum(parts.messages_deleted)::int as messages_deleted,
    sum(parts.messages_other)::int as messages_other,
    coalesce(min(contacts.active_contacts), 0) as active_contacts,
    sum(parts.audio_without_text)::int as audio_without_text,
    sum(parts.eligible)::int as eligible,
    sum(parts.scored)::int as scored,
    coalesce(sum(parts.sentiment_sum), 0) as sentiment_sum,
    coalesce(sum(parts.sentiment_square_sum), 0) as sentiment_square_sum,
    sum(parts.positive)::int as positive,
    sum(parts.neutral)::int as neutral,
    sum(parts.negative)::int as negative,
    coalesce(sum(parts.satisfaction_sum), 0)::bigint as satisfaction_sum,
    coalesce(sum(parts.satisfaction_square_sum), 0)::bigint as satisfaction_square_sum,
    coalesce(
        array_agg(distinct parts.scoring_prompt) filter (where parts.scoring_prompt is not null), '{}'
    ) as prompt_hashes,
    coalesce(
        array_agg(distinct parts.scoring_config) filter (where parts.scoring_config is not null), '{}'
    ) as config_hashes
from parts
left join contacts on contacts.local_day = parts.local_day
group by parts.local_day;

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

-- name: first_seen
-- One row per contact whose first messages have been deleted by age: the local day of its first message ever.
select
    coalesce(l.contact_id, l.chat_id, s.identity_id) as contact_id,
    min(s.first_day) as first_day
from app.contact_first_seen as s
left join app.identity_link as l on l.tenant_id = s.tenant_id and l.identity_id = s.identity_id
where s.tenant_id = %(tenant_id)s and s.first_day <= %(to_day)s::date
group by coalesce(l.contact_id, l.chat_id, s.identity_id);

-- name: kept_from
-- One row: the first local day of which retention has deleted nothing, null where it never deleted anything.
select max((r.cutoff at time zone t.timezone)::date) + 1 as kept_from
from app.tenant as t
inner join app.retention_run as r on r.tenant_id = t.tenant_id
where t.tenant_id = %(tenant_id)s and r.outcome = 'done' and r.counts ? 'app.message';
