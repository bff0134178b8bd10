with

source as (

    select * from {{ source('app', 'message_score') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        message_id,
        prompt_hash,
        config_hash,

        ---------- text
        emotion,

        ---------- numerics
        sentiment,
        satisfaction,
        confidence

    from source

)

select * from renamed
