with

closes as (

    select * from {{ ref('stg_conversation_closes') }}

),

links as (

    select * from {{ ref('stg_identity_links') }}

),

final as (

    select
        closes.tenant_id,
        closes.close_id,
        closes.chat_identity_id,
        coalesce(links.chat_id, closes.chat_identity_id) as chat_id,
        closes.closed_at
    from closes
    left join links
        on links.tenant_id = closes.tenant_id and links.identity_id = closes.chat_identity_id

)

select * from final
