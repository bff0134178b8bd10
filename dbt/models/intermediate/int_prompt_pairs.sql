{#- No view: it would go with the table that it reads, which every build makes anew. -#}
{{ config(materialized='ephemeral') }}

with

inferences as (

    select * from {{ ref('stg_inferences') }}

),

messages as (

    select *
    from {{ ref('int_message_facts') }}
    -- What KPIs count as scored, so that both marts speak of the same messages.
    where speaker = 'customer' and is_scored

),

final as (

    -- A message that was edited has an answer to either text: the last one counts.
    select distinct on (messages.tenant_id, messages.message_id, inferences.prompt_hash, inferences.config_hash)
        ----------  ids
        messages.tenant_id,
        messages.message_id,
        messages.chat_id,
        messages.prompt_hash as champion_prompt_hash,
        messages.config_hash as champion_config_hash,
        inferences.prompt_hash,
        inferences.config_hash,

        ---------- the answers
        inferences.status in ('ok', 'repaired') as is_valid,
        messages.sentiment as champion_sentiment,
        inferences.sentiment,
        messages.satisfaction as champion_satisfaction,
        inferences.satisfaction,
        inferences.emotion = messages.emotion as is_same_emotion,
        inferences.latency_ms,
        inferences.cost_micros,

        ---------- times
        messages.sent_at,
        messages.local_day

    from messages
    inner join inferences
        on
            inferences.tenant_id = messages.tenant_id
            and inferences.message_id = messages.message_id
            and inferences.replicate = 0
            and (inferences.prompt_hash <> messages.prompt_hash or inferences.config_hash <> messages.config_hash)
    order by
        messages.tenant_id asc, messages.message_id asc, inferences.prompt_hash asc, inferences.config_hash asc,
        inferences.created_at desc, inferences.inference_id desc

)

select * from final
