{#-
    Which days the comparisons of prompts have to be computed again for: those of the build, and those of messages that
    got an answer since these marts were last built. An hour is looked back for transactions that commit late.
-#}
{{ config(
    materialized='table',
    unlogged=True,
    post_hook='analyze {{ this }}',
) }}
{%- set compared = adapter.get_relation(target.database, target.schema, 'mart_prompt_compare') if execute %}

with

tenants as (

    select * from {{ ref('stg_tenants') }}

),

answered as (

    select distinct
        tenants.tenant_id,
        (messages.sent_at at time zone tenants.timezone)::date as local_day
    from tenants
    inner join {{ ref('stg_inferences') }} as inferences on inferences.tenant_id = tenants.tenant_id
    inner join {{ ref('stg_messages') }} as messages
        on messages.tenant_id = inferences.tenant_id and messages.message_id = inferences.message_id
    {% if is_partial() and compared %}
        where
            inferences.created_at >= (
                select coalesce(max(built_at), '-infinity') - interval '1 hour'
                from {{ compared }}
            )
    {% endif %}

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
