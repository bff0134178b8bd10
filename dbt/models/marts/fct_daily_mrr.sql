{#- A snapshot: what was true on a day that has passed can't be computed again, so a full refresh keeps it. -#}
{{ config(
    incremental_strategy='delete+insert',
    unique_key=['tenant_id', 'local_day'],
    full_refresh=false,
    indexes=[{'columns': ['tenant_id', 'local_day'], 'unique': True}],
) }}

with

addons as (

    select lookup_key from {{ source('app', 'addon') }}

),

items as (

    select
        items.tenant_id,
        items.subscription_id,
        sum(items.monthly_cents) as monthly_cents,
        sum(items.monthly_cents) filter (where addons.lookup_key is not null) as addon_cents
    from {{ ref('stg_subscription_items') }} as items
    left join addons on addons.lookup_key = items.lookup_key
    group by items.tenant_id, items.subscription_id

),

final as (

    select
        accounts.tenant_id,
        (now() at time zone tenants.timezone)::date as local_day,
        subscriptions.plan_id,
        subscriptions.subscription_status,
        coalesce(subscriptions.subscription_status in ('active', 'past_due'), false) as is_paying,
        case
            when subscriptions.subscription_status in ('active', 'past_due') then coalesce(items.monthly_cents, 0)
            else 0
        end::bigint as mrr_cents,
        case
            when subscriptions.subscription_status in ('active', 'past_due') then coalesce(items.addon_cents, 0)
            else 0
        end::bigint as addon_cents
    from {{ ref('stg_payment_accounts') }} as accounts
    inner join {{ ref('stg_tenants') }} as tenants on tenants.tenant_id = accounts.tenant_id
    left join {{ ref('stg_subscriptions') }} as subscriptions
        on
            subscriptions.tenant_id = accounts.tenant_id
            and subscriptions.subscription_id = accounts.subscription_id
    left join items
        on
            items.tenant_id = subscriptions.tenant_id
            and items.subscription_id = subscriptions.subscription_id

)

select * from final
