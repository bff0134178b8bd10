{#-
    Which days the comparisons of prompts have to be computed again for: those of the build, and those of messages that
    got an answer since the warehouse was last built. An hour is looked back for transactions that commit late.
-#}
{{ config(
    materialized='table',
    unlogged=True,
    post_hook='analyze {{ this }}',
) }}

with

tenants as (

    select * from {{ ref('stg_tenants') }}

),

{#- Few by few: `offset 0` keeps Postgres from reading the whole history for them. -#}
answered as (

    select distinct
        tenants.tenant_id,
        (messages.sent_at at time zone tenants.timezone)::date as local_day
    from tenants
    cross join lateral (
        select inferences.message_id
        from {{ ref('stg_inferences') }} as inferences
        where
            inferences.tenant_id = tenants.tenant_id
            {% if is_partial() -%}
            and inferences.created_at >= (
                select coalesce(max(began_at), '-infinity') - interval '1 hour'
                from {{ source('app', 'warehouse_build') }}
            )
            {%- else -%}
            and false  -- all days are computed
            {%- endif %}
        offset 0
    ) as recent
    cross join lateral (
        select said.sent_at
        from {{ ref('stg_messages') }} as said
        where said.tenant_id = tenants.tenant_id and said.message_id = recent.message_id
        offset 0
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
