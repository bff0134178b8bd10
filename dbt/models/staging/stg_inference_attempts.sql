with

source as (

    select * from {{ source('app', 'inference_attempt') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        id as attempt_id,
        prompt_hash,
        config_hash,

        ---------- timestamps
        at as attempted_at

    from source

)

select * from renamed
