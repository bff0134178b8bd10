{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'connection_id', 'emotion'], 'unique': True}],
) }}

with

messages as (

    select * from {{ ref('int_message_facts') }}

),

-- By prompt and model first: sorting every message for their distinct names would cost more than all the rest.
parts as (

    select
        tenant_id,
        local_day,
        connection_id,
        emotion,
        prompt_hash,
        config_hash,
        count(*) as scored,
        sum(sentiment) as sentiment_sum,
        sum(satisfaction) as satisfaction_sum,
        count(confidence) as confident,
        sum(confidence) as confidence_sum
    from messages
    where speaker = 'customer' and is_scored
    group by tenant_id, local_day, connection_id, emotion, prompt_hash, config_hash

),

final as (

    select
        tenant_id,
        local_day,
        connection_id,
        emotion,
        sum(scored)::int as scored,
        sum(sentiment_sum)::numeric(18, 3) as sentiment_sum,
        sum(satisfaction_sum)::bigint as satisfaction_sum,
        sum(confident)::int as confident,
        coalesce(sum(confidence_sum), 0)::numeric(18, 3) as confidence_sum,
        array_agg(distinct prompt_hash)::text[] as prompt_hashes,
        array_agg(distinct config_hash)::text[] as config_hashes
    from parts
    group by tenant_id, local_day, connection_id, emotion

)

select * from final
