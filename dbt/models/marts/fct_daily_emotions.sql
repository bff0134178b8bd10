{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'connection_id', 'emotion'], 'unique': True}],
) }}

with

messages as (

    select * from {{ ref('int_message_facts') }}

),

final as (

    select
        tenant_id,
        local_day,
        connection_id,
        emotion,
        count(*)::int as scored,
        sum(sentiment)::numeric(18, 3) as sentiment_sum,
        sum(satisfaction)::bigint as satisfaction_sum,
        count(confidence)::int as confident,
        coalesce(sum(confidence), 0)::numeric(18, 3) as confidence_sum,
        array_agg(distinct prompt_hash)::text[] as prompt_hashes,
        array_agg(distinct config_hash)::text[] as config_hashes
    from messages
    where speaker = 'customer' and is_scored
    group by tenant_id, local_day, connection_id, emotion

)

select * from final
