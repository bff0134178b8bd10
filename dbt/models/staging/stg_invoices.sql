with

source as (

    select * from {{ source('app', 'invoice') }}

),

renamed as (

    select
        ---------- ids
        tenant_id,
        invoice_id,
        subscription_id,

        ---------- text
        status as invoice_status,
        currency,

        ---------- numerics
        amount_due_cents,
        amount_paid_cents,

        ---------- timestamps
        period_start,
        period_end,
        created_at,
        paid_at

    from source

)

select * from renamed
