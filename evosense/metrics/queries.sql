-- name: clock
-- One row: the tenant's today and timezone, the local day of an hour ago, whether any day is frozen, whether the
-- warehouse has been built with the columns of now, the version of what the tenant's figures rest on, and what has changed since app.dirty was emptied: how often an address moved, and
-- the changes by their local day and the slice of their chat (one of 16, as in live.sql).
select
    coalesce((select max(b.id) from app.warehouse_build as b), 0) as build,
    (select m.taken from app.marking as m) as taken,
    (select count(*) from app.stale_day as s where s.tenant_id = %(tenant_id)s) as stale,
    (
        select r.id
        from app.retention_run as r
        where r.tenant_id = %(tenant_id)s
        order by r.id desc
        limit 1
    ) as retention,
    changes.dirty,
    changes.moves,
    changes.marked_days,
    changes.marked_slices,
    changes.marks,
    t.timezone,
    (now() at time zone t.timezone)::date as today,
    ((now() - interval '1 hour') at time zone t.timezone)::date as writing_since,
    exists(select 1 from app.frozen_figure as f where f.tenant_id = %(tenant_id)s) as has_frozen,
    to_regclass('analytics.fct_conversations') is not null
    and to_regclass('analytics.fct_hourly_kpis') is not null
    and to_regclass('analytics.fct_daily_kpis') is not null
    and to_regclass('analytics.fct_daily_emotions') is not null
    and to_regclass('analytics.fct_contact_days') is not null
    and to_regclass('analytics.fct_daily_coverage') is not null
    and to_regclass('analytics.fct_daily_inferences') is not null
    and coalesce(
        (
            select b.shape = %(shape)s
            from app.warehouse_build as b
            order by b.id desc
            limit 1
        ), false
    ) as is_built
from app.tenant as t
cross join (
    select
        coalesce(sum(d.marks), 0)::bigint as dirty,
        coalesce(sum(d.moves), 0)::bigint as moves,
        coalesce(array_agg(d.local_day), '{}') as marked_days,
        coalesce(array_agg(d.slice), '{}') as marked_slices,
        coalesce(array_agg(d.marks), '{}') as marks
    from (
        select
            d.local_day,
            mod(get_byte(uuid_send(d.chat_identity_id), 15), 16) as slice,
            count(*) as marks,
            count(*) filter (where d.cause = 'link') as moves
        from app.dirty as d
        where d.tenant_id = %(tenant_id)s
        group by d.local_day, slice
    ) as d
) as changes
where t.tenant_id = %(tenant_id)s;

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
