{{ config(
    materialized='table',
    indexes=[{'columns': ['tenant_id', 'local_month'], 'unique': True}],
) }}

with

messages as (

    select
        tenant_id,
        date_trunc('month', local_day)::date as local_month,
        sum(messages_in)::bigint as messages_in,
        sum(messages_out)::bigint as messages_out,
        sum(scored)::bigint as scored
    from {{ ref('fct_daily_kpis') }}
    group by tenant_id, date_trunc('month', local_day)

),

counters as (

    select
        tenant_id,
        date_trunc('month', period)::date as local_month,
        sum(used) filter (where meter = 'exports')::bigint as exports,
        sum(used) filter (where meter = 'campaigns')::bigint as campaigns
    from {{ ref('stg_usage_counters') }}
    group by tenant_id, date_trunc('month', period)

),

bills as (

    select
        invoices.tenant_id,
        date_trunc('month', invoices.created_at at time zone tenants.timezone)::date as local_month,
        count(*)::bigint as invoices,
        sum(invoices.amount_due_cents)::bigint as invoiced_cents,
        sum(invoices.amount_paid_cents)::bigint as paid_cents
    from {{ ref('stg_invoices') }} as invoices
    inner join {{ ref('stg_tenants') }} as tenants on tenants.tenant_id = invoices.tenant_id
    where invoices.invoice_status not in ('draft', 'void')
    group by invoices.tenant_id, date_trunc('month', invoices.created_at at time zone tenants.timezone)

),

months as (

    select
        tenant_id,
        local_month
    from messages
    union
    select
        tenant_id,
        local_month
    from counters
    union
    select
        tenant_id,
        local_month
    from bills

),

final as (

    select
        months.tenant_id,
        months.local_month,
        coalesce(messages.messages_in, 0) as messages_in,
        coalesce(messages.messages_out, 0) as messages_out,
        coalesce(messages.scored, 0) as scored,
        coalesce(counters.exports, 0) as exports,
        coalesce(counters.campaigns, 0) as campaigns,
        coalesce(bills.invoices, 0) as invoices,
        coalesce(bills.invoiced_cents, 0) as invoiced_cents,
        coalesce(bills.paid_cents, 0) as paid_cents
    from months
    left join messages on messages.tenant_id = months.tenant_id and messages.local_month = months.local_month
    left join counters on counters.tenant_id = months.tenant_id and counters.local_month = months.local_month
    left join bills on bills.tenant_id = months.tenant_id and bills.local_month = months.local_month

)

select * from final
