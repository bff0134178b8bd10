{{ config(
    materialized='table',
    unlogged=True,
    post_hook='analyze {{ this }}',
) }}

with

marked as (

    select
        tenant_id,
        local_day
    from {{ source('app', 'stale_day') }}

),

spans as (

    select
        stale.tenant_id,
        coalesce(links.identity_id, stale.chat_id) as chat_identity_id,
        stale.from_at,
        stale.to_at,
        tenants.timezone
    from {{ source('app', 'stale_chat') }} as stale
    inner join {{ ref('stg_tenants') }} as tenants on tenants.tenant_id = stale.tenant_id
    left join {{ ref('stg_identity_links') }} as links
        on links.tenant_id = stale.tenant_id and links.chat_id = stale.chat_id

),

-- Conversations of a stale span are computed again; whatever day they begin on now, they have a message there.
touched as (

    select distinct
        spans.tenant_id,
        (messages.sent_at at time zone spans.timezone)::date as local_day
    from spans
    inner join {{ ref('stg_messages') }} as messages
        on
            messages.tenant_id = spans.tenant_id
            and messages.chat_identity_id = spans.chat_identity_id
            and messages.sent_at between spans.from_at and spans.to_at

),

final as (

    select
        tenant_id,
        local_day
    from marked
    union
    select
        tenant_id,
        local_day
    from touched

)

select
    tenant_id,
    local_day,
    -- No timezone is more than 14 hours from UTC: the span lets an index find what local_day then decides.
    (local_day::timestamp at time zone 'UTC') - interval '14 hours' as read_from,
    (local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours' as read_to,
    {{ is_frozen('final') }} as is_frozen
from final
