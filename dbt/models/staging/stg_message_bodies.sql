with

source as (

    select * from {{ source('app', 'message_body') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        message_id,

        ---------- booleans; the text itself never enters the warehouse
        coalesce(text, '') <> '' as has_text,
        deleted_at is not null as is_deleted

    from source

)

select * from renamed
