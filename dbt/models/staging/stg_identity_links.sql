with

source as (

    select * from {{ source('app', 'identity_link') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        identity_id,
        contact_id,
        chat_id

    from source

)

select * from renamed
