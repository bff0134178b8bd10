with

source as (

    select * from {{ source('app', 'message_body') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        message_id,

        ---------- numerics
        coalesce(octet_length(text), 0) as text_bytes,

        ---------- booleans; the text itself never enters the warehouse
        coalesce(text, '') <> '' as has_text,
        coalesce(text, '') ~ '<[A-Z_]+:[0-9a-f]+>' as is_redacted,
        deleted_at is not null as is_deleted

    from source

)

select * from renamed
