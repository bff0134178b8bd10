-- Made from dbt/models/marts by `python -m orchestration.warehouse live`; edit there.

-- name: live_daily_inferences
-- One row per local day of the period, purpose, prompt and model.
with

moments as (
    select
        t.tenant_id,
        t.timezone,
        (%(from_day)s::date::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
        (%(to_day)s::date::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to
    from app.tenant as t
    where t.tenant_id = %(tenant_id)s
),

calls as (
    select
        i.tenant_id, i.purpose, i.prompt_hash, i.config_hash, i.status, i.latency_ms, i.tokens_in, i.tokens_out,
        i.cost_micros, (i.created_at at time zone m.timezone)::date as local_day
    from moments as m
    inner join app.inference as i
        on i.tenant_id = m.tenant_id and i.created_at >= m.read_from and i.created_at < m.read_to
    union all
    select
        a.tenant_id, 'any', a.prompt_hash, a.config_hash, 'unanswered', null, null, null, 0,
        (a.at at time zone m.timezone)::date
    from moments as m
    inner join app.inference_attempt as a on a.tenant_id = m.tenant_id and a.at >= m.read_from and a.at < m.read_to
),

answers as (
    select * from calls where local_day between %(from_day)s and %(to_day)s
),

inferences as (
    select
        inferences.*,
        greatest(0, ceil(ln(greatest(inferences.latency_ms, 1)::double precision) / ln(1.01::double precision / 0.99)))::int as bucket,
        inferences.status in ('ok', 'repaired') as is_valid
        from answers as inferences
),

buckets as (
    select
        tenant_id,
        local_day,
        purpose,
        prompt_hash,
        config_hash,
        bucket,
        count(*) filter (where is_valid) as valid,
        count(*) filter (where status = 'repaired') as repaired,
        count(*) filter (where status = 'invalid') as invalid,
        count(*) filter (where status = 'truncated') as truncated,
        count(*) filter (where status = 'refused') as refused,
        count(*) filter (where status = 'unanswered') as unanswered,
        sum(latency_ms) filter (where is_valid) as latency_sum_ms,
        sum(tokens_in) as tokens_in,
        sum(tokens_out) as tokens_out,
        sum(cost_micros) as cost_micros
    from inferences
    group by tenant_id, local_day, purpose, prompt_hash, config_hash, bucket
),

final as (
    select
        ----------  keys
        tenant_id,
        local_day,
        purpose,
        prompt_hash,
        config_hash,

        ---------- answers
        sum(valid)::int as inferences,
        sum(repaired)::int as repaired,
        sum(invalid)::int as invalid,
        sum(truncated)::int as truncated,
        sum(refused)::int as refused,
        sum(unanswered)::int as unanswered,

        ---------- time, money
        coalesce(sum(latency_sum_ms), 0)::bigint as latency_sum_ms,
        coalesce(sum(tokens_in), 0)::bigint as tokens_in,
        coalesce(sum(tokens_out), 0)::bigint as tokens_out,
        coalesce(sum(cost_micros), 0)::bigint as cost_micros,

        ---------- the latencies of valid answers, to within 1 %%; sketches of days add up
        coalesce(array_agg(bucket order by bucket) filter (where valid > 0), '{}')::int[] as sketch_buckets,
        coalesce(array_agg(valid order by bucket) filter (where valid > 0), '{}')::bigint[] as sketch_counts

    from buckets
    group by tenant_id, local_day, purpose, prompt_hash, config_hash
)

select * from final;
