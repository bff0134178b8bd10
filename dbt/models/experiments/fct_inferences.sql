with

inferences as (

    select * from {{ ref('stg_inferences') }}

),

messages as (

    select * from {{ ref('stg_messages') }}

),

links as (

    select * from {{ ref('stg_identity_links') }}

),

tenants as (

    select * from {{ ref('stg_tenants') }}

),

final as (

    select
        ----------  ids
        inferences.tenant_id,
        inferences.inference_id,
        inferences.message_id,
        coalesce(links.chat_id, messages.chat_identity_id) as chat_id,
        messages.connection_id,
        inferences.prompt_hash,
        inferences.config_hash,

        ---------- text
        inferences.purpose,
        inferences.status,
        inferences.emotion,
        inferences.tone,

        ---------- numerics
        inferences.replicate,
        inferences.sentiment,
        inferences.satisfaction,
        inferences.confidence,
        inferences.latency_ms,
        inferences.tokens_in,
        inferences.tokens_out,
        inferences.cost_micros,

        ---------- times
        (messages.sent_at at time zone tenants.timezone)::date as local_day,
        messages.sent_at,
        inferences.created_at

    from inferences
    inner join messages
        on messages.tenant_id = inferences.tenant_id and messages.message_id = inferences.message_id
    inner join tenants on tenants.tenant_id = inferences.tenant_id
    left join links
        on links.tenant_id = messages.tenant_id and links.identity_id = messages.chat_identity_id

)

select * from final
