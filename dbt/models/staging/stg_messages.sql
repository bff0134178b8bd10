with

source as (

    select * from {{ source('app', 'message') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        id as message_id,
        connection_id,
        chat_identity_id,

        ---------- text
        direction,
        chat_kind,
        type as message_type,

        ---------- timestamps
        sent_at,
        received_at

    from source

)

select * from renamed
