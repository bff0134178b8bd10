with

source as (

    select * from {{ source('app', 'conversation_close') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        id as close_id,
        chat_identity_id,

        ---------- timestamps
        closed_at

    from source

)

select * from renamed
