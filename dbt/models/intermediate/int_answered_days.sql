{#-
    Which days the comparisons of prompts have to be computed again for: those of the build, and those of messages that
    got an answer since the warehouse was last built. An hour is looked back for transactions that commit late.
-#}
{{ config(
    materialized='table',
    unlogged=True,
    post_hook='analyze {{ this }}',
) }}
{#- In a full build all days are computed. -#}
{% set since = "(select coalesce(max(began_at), '-infinity') - interval '1 hour' from "
    ~ source('app', 'warehouse_build') ~ ")" %}

with

tenants as (

    select * from {{ ref('stg_tenants') }}

),

-- One by one: `offset 0` keeps Postgres from reading the whole history for them.
answered as (

    select distinct
        tenants.tenant_id,
        (messages.sent_at at time zone tenants.timezone)::date as local_day
    from tenants
    cross join
        lateral (
            select inferences.message_id
            from {{ ref('stg_inferences') }} as inferences
            where
                inferences.tenant_id = tenants.tenant_id
                and inferences.created_at >= {{ since if is_partial() else "'infinity'" }}
            offset 0  -- noqa: AM09
        ) as recent
    cross join lateral (
        select said.sent_at
        from {{ ref('stg_messages') }} as said
        where said.tenant_id = tenants.tenant_id and said.message_id = recent.message_id
        offset 0  -- noqa: AM09
    ) as messages

),

final as (

    select
        tenant_id,
        local_day
    from answered
    union
    select
        tenant_id,
        local_day
    from {{ ref('int_stale_days') }}

)

select
    tenant_id,
    local_day,
    -- No timezone is more than 14 hours from UTC: the span lets an index find what local_day then decides.
    (local_day::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
    (local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to,
    {{ is_frozen('final') }} as is_frozen
from final
