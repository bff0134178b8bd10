with

source as (

    select * from {{ source('app', 'payment_account') }}

),

renamed as (

    select
        ---------- ids
        tenant_id,
        subscription_id,

        ---------- text
        managed_by,
        status as account_status

    from source

)

select * from renamed
