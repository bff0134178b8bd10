with

source as (

    select * from {{ source('app', 'tenant') }}

),

renamed as (

    select
        ----------  ids
        tenant_id,

        ---------- text
        timezone,

        ---------- numerics
        shelf,

        ---------- intervals
        make_interval(hours => session_gap_hours) as session_gap

    from source

)

select * from renamed
