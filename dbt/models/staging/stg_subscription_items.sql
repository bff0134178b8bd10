with

source as (

    select * from {{ source('app', 'subscription_item') }}

),

renamed as (

    select
        ---------- ids
        tenant_id,
        subscription_id,
        item_id,

        ---------- text
        lookup_key,

        ---------- numerics
        quantity,
        round(
            unit_amount_cents * quantity::numeric / recurring_interval_count
            * case recurring_interval
                when 'day' then 365.0 / 12
                when 'week' then 52.0 / 12
                when 'month' then 1
                when 'year' then 1.0 / 12
            end
        )::bigint as monthly_cents

    from source

)

select * from renamed
