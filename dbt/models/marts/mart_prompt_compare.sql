{{ config(
    meta={'rebuilt_by': 'answer'},
    indexes=[{
        'columns': [
            'tenant_id', 'local_day', 'prompt_hash', 'config_hash', 'champion_prompt_hash', 'champion_config_hash'
        ],
        'unique': True,
    }],
) }}

with

pairs as (

    select
        pairs.*,
        pairs.sentiment - pairs.champion_sentiment as delta
    from {{ ref('int_prompt_pairs') }} as pairs

),

chats as (

    select
        tenant_id,
        local_day,
        prompt_hash,
        config_hash,
        champion_prompt_hash,
        champion_config_hash,
        chat_id,
        count(*) as answered,
        count(*) filter (where is_valid) as paired,
        sum(delta) filter (where is_valid) as delta_sum,
        sum(delta * delta) filter (where is_valid) as delta_square_sum,
        sum(champion_sentiment) filter (where is_valid) as champion_sentiment_sum,
        sum(sentiment) filter (where is_valid) as sentiment_sum,
        sum(champion_satisfaction) filter (where is_valid) as champion_satisfaction_sum,
        sum(satisfaction) filter (where is_valid) as satisfaction_sum,
        count(*) filter (where is_valid and champion_sentiment > 0.1) as champion_positive,
        count(*) filter (where is_valid and sentiment > 0.1) as positive,
        count(*) filter (where is_valid and champion_sentiment < -0.1) as champion_negative,
        count(*) filter (where is_valid and sentiment < -0.1) as negative,
        count(*) filter (where is_valid and is_same_emotion) as same_emotion,
        sum(latency_ms) as latency_sum_ms,
        sum(cost_micros) as cost_micros
    from pairs
    group by
        tenant_id, local_day, prompt_hash, config_hash, champion_prompt_hash, champion_config_hash, chat_id

),

final as (

    select
        ----------  keys
        tenant_id,
        local_day,
        prompt_hash,
        config_hash,
        champion_prompt_hash,
        champion_config_hash,

        ---------- what it stands on
        sum(answered)::int as answered,
        sum(paired)::int as paired,
        (count(*) filter (where paired > 0))::int as chats,

        ---------- the difference; the sums add up over days, and give a standard error by chat day
        coalesce(sum(delta_sum), 0)::numeric(18, 3) as delta_sum,
        coalesce(sum(delta_square_sum), 0)::numeric(24, 6) as delta_square_sum,
        coalesce(sum(delta_sum * delta_sum), 0)::numeric(24, 6) as chat_delta_square_sum,
        coalesce(sum(delta_sum * paired), 0)::numeric(24, 3) as chat_delta_count_sum,
        coalesce(sum(paired * paired), 0)::bigint as chat_count_square_sum,
        {{ ratio('sum(delta_sum)', 'sum(paired)') }} as delta_mean,

        ---------- both sides on the same messages
        coalesce(sum(champion_sentiment_sum), 0)::numeric(18, 3) as champion_sentiment_sum,
        coalesce(sum(sentiment_sum), 0)::numeric(18, 3) as sentiment_sum,
        coalesce(sum(champion_satisfaction_sum), 0)::bigint as champion_satisfaction_sum,
        coalesce(sum(satisfaction_sum), 0)::bigint as satisfaction_sum,
        sum(champion_positive)::int as champion_positive,
        sum(positive)::int as positive,
        sum(champion_negative)::int as champion_negative,
        sum(negative)::int as negative,
        sum(same_emotion)::int as same_emotion,

        ---------- time, money
        coalesce(sum(latency_sum_ms), 0)::bigint as latency_sum_ms,
        coalesce(sum(cost_micros), 0)::bigint as cost_micros,

        now() as built_at

    from chats
    group by tenant_id, local_day, prompt_hash, config_hash, champion_prompt_hash, champion_config_hash

)

select * from final
