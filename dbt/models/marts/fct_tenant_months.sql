{{ config(
    materialized='table',
    indexes=[{'columns': ['tenant_id', 'local_month'], 'unique': True}],
    post_hook="{{ let_platform_read() }}",
) }}

with

tenants as (

    select * from {{ ref('stg_tenants') }}

),

-- What was paid, per month that it was paid for: a year's invoice is twelve months' money.
payments as (

    select
        invoices.tenant_id,
        tenants.timezone,
        coalesce(invoices.period_start, invoices.created_at) as paid_from,
        coalesce(invoices.period_end, invoices.created_at + interval '1 month') as paid_to,
        date_trunc(
            'month', coalesce(invoices.period_start, invoices.created_at) at time zone tenants.timezone
        )::date as from_month,
        invoices.amount_paid_cents / greatest(
            1, round(
                extract(epoch from invoices.period_end - invoices.period_start)
                / extract(epoch from interval '1 month')
            )
        ) as monthly_cents
    from {{ ref('stg_invoices') }} as invoices
    inner join tenants on tenants.tenant_id = invoices.tenant_id
    where invoices.invoice_status = 'paid' and invoices.amount_paid_cents > 0 and invoices.currency = 'brl'

),

signups as (

    select
        tenant_id,
        timezone,
        min(from_month) as signup_month
    from payments
    group by tenant_id, timezone

),

months as (

    select
        signups.tenant_id,
        signups.signup_month,
        months.local_month::date as local_month,
        (months.local_month + interval '1 month') at time zone signups.timezone as ends_at
    from signups
    cross join
        lateral generate_series(
            signups.signup_month::timestamp, now() at time zone signups.timezone, interval '1 month'
        ) as months (local_month)

),

final as (

    select
        ----------  keys
        months.tenant_id,
        months.local_month,

        ---------- since when
        months.signup_month,
        (
            12 * (extract(year from months.local_month) - extract(year from months.signup_month))
            + extract(month from months.local_month) - extract(month from months.signup_month)
        )::int as months_after,

        ---------- whether it was there at the end of the month, and what it paid for it
        case when months.ends_at <= now() then count(payments.tenant_id) > 0 end as is_retained,
        case when months.ends_at <= now() then round(coalesce(sum(payments.monthly_cents), 0))::bigint end
            as revenue_cents

    from months
    left join payments
        on
            payments.tenant_id = months.tenant_id
            and payments.paid_from < months.ends_at
            and payments.paid_to >= months.ends_at
    group by months.tenant_id, months.local_month, months.signup_month, months.ends_at

)

select * from final
