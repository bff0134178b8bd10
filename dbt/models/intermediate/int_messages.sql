with

messages as (

    select * from {{ ref('stg_messages') }}

),

bodies as (

    select * from {{ ref('stg_message_bodies') }}

),

origins as (

    select * from {{ ref('stg_message_origins') }}

),

links as (

    select * from {{ ref('stg_identity_links') }}

),

tenants as (

    select * from {{ ref('stg_tenants') }}

),

joined as (

    select
        messages.tenant_id,
        messages.message_id,
        messages.connection_id,
        messages.chat_identity_id,
        coalesce(links.chat_id, messages.chat_identity_id) as chat_id,
        coalesce(links.contact_id, links.chat_id, messages.chat_identity_id) as contact_id,

        messages.direction,
        messages.message_type,
        case
            when messages.chat_kind = 'group' then 'group'
            when
                messages.chat_kind <> 'individual' or messages.direction = 'unknown'
                or messages.message_type in ('{{ var("unspoken_types") | join("', '") }}') then 'other'
            when coalesce(bodies.is_deleted, false) then 'deleted'
        end as exclusion,
        coalesce(bodies.has_text, false) as has_text,
        coalesce(bodies.text_bytes, 0) as text_bytes,
        coalesce(bodies.is_redacted, false) as is_redacted,
        origins.author_user_id,
        coalesce(origins.author_type, case messages.direction when 'in' then 'contact' else 'agent' end)
            as author_type,

        tenants.session_gap,
        tenants.shelf,
        messages.sent_at,
        (messages.sent_at at time zone tenants.timezone)::date as local_day,
        extract(hour from messages.sent_at at time zone tenants.timezone)::smallint as local_hour

    from messages
    inner join tenants on tenants.tenant_id = messages.tenant_id
    left join bodies
        on bodies.tenant_id = messages.tenant_id and bodies.message_id = messages.message_id
    left join origins
        on origins.tenant_id = messages.tenant_id and origins.message_id = messages.message_id
    left join links
        on links.tenant_id = messages.tenant_id and links.identity_id = messages.chat_identity_id

),

speakers as (

    select
        *,
        case
            when exclusion is not null then null
            when direction = 'in' then 'customer'
            when author_type in ('bot', 'campaign') then 'automated'
            else 'agent'
        end as speaker

    from joined

)

select * from speakers
