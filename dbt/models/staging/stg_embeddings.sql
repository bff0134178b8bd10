with

source as (

    select * from {{ source('app', 'message_embedding') }}

),

renamed as (

    select
        ----------  ids; the vector itself never enters the warehouse
        tenant_id,
        message_id,
        shelf,
        config_hash

    from source

)

select * from renamed
