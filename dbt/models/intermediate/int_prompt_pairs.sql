with

inferences as (

    select * from {{ ref('stg_inferences') }}

),

scores as (

    select * from {{ ref('stg_scores') }}

),

messages as (

    select *
    from {{ ref('int_messages') }}
    -- What KPIs count as scored, so that both marts speak of the same messages.
    where speaker = 'customer'

),

final as (

    select
        ----------  ids
        messages.tenant_id,
        messages.message_id,
        messages.chat_id,
        scores.prompt_hash as champion_prompt_hash,
        scores.config_hash as champion_config_hash,
        inferences.prompt_hash,
        inferences.config_hash,

        ---------- the answers
        inferences.status in ('ok', 'repaired') as is_valid,
        scores.sentiment as champion_sentiment,
        inferences.sentiment,
        scores.satisfaction as champion_satisfaction,
        inferences.satisfaction,
        inferences.emotion = scores.emotion as is_same_emotion,
        inferences.latency_ms,
        inferences.cost_micros,

        ---------- times
        messages.sent_at,
        messages.local_day

    from messages
    inner join scores
        on scores.tenant_id = messages.tenant_id and scores.message_id = messages.message_id
    inner join inferences
        on
            inferences.tenant_id = messages.tenant_id
            and inferences.message_id = messages.message_id
            and inferences.replicate = 0
            and (inferences.prompt_hash <> scores.prompt_hash or inferences.config_hash <> scores.config_hash)

)

select * from final
