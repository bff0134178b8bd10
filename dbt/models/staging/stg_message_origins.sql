with

source as (

    select * from {{ source('app', 'message_origin') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,
        message_id,
        user_id as author_user_id,

        ---------- text
        author_type

    from source

)

select * from renamed
