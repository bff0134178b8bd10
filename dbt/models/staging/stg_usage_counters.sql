with

source as (

    select * from {{ source('app', 'usage_counter') }}

),

renamed as (

    select
        ---------- ids
        tenant_id,

        ---------- text
        meter,

        ---------- numerics
        used,

        ---------- dates
        period

    from source

)

select * from renamed
