{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'purpose', 'prompt_hash', 'config_hash'], 'unique': True}],
) }}
{#- Named here because dbt looks for references where a first build goes. -#}
{% set stale_days = ref('int_stale_days') %}
{% set few = are_few(source('app', 'inference'), 'created_at', stale_days) %}

with

inferences as (

    select
        inferences.*,
        {{ sketch_bucket('inferences.latency_ms') }} as bucket,
        inferences.status in ('ok', 'repaired') as is_valid
    {% if is_incremental() %}
        {{ rows_of_days(ref('int_inferences'), 'inferences', 'created_at', stale_days, few) }}
    {% else %}
        from {{ ref('int_inferences') }} as inferences
    {% endif %}

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

        ---------- the latencies of valid answers, to within 1 %; sketches of days add up
        coalesce(array_agg(bucket order by bucket) filter (where valid > 0), '{}')::int[] as sketch_buckets,
        coalesce(array_agg(valid order by bucket) filter (where valid > 0), '{}')::bigint[] as sketch_counts

    from buckets
    group by tenant_id, local_day, purpose, prompt_hash, config_hash

)

select * from final
