with

source as (

    select * from {{ source('app', 'inference') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        id as inference_id,
        message_id,
        prompt_hash,
        config_hash,

        ---------- text
        purpose,
        status,
        emotion,
        tone,

        ---------- numerics
        replicate,
        sentiment,
        satisfaction,
        confidence,
        latency_ms,
        tokens_in,
        tokens_out,
        cost_micros,

        ---------- timestamps
        created_at

    from source

)

select * from renamed
