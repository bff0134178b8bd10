with

source as (

    select * from {{ source('app', 'subscription') }}

),

renamed as (

    select
        ---------- ids
        tenant_id,
        subscription_id,
        plan_id,

        ---------- text
        status as subscription_status

    from source

)

select * from renamed
