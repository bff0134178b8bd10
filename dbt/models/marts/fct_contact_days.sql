{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[
        {'columns': ['tenant_id', 'local_day', 'contact_id'], 'unique': True},
        {'columns': ['tenant_id', 'contact_id', 'local_day']},
    ],
) }}

with

messages as (

    select * from {{ ref('int_message_facts') }}

),

final as (

    select
        tenant_id,
        local_day,
        contact_id,
        count(*)::int as messages_in
    from messages
    where speaker = 'customer'
    group by tenant_id, local_day, contact_id

)

select * from final
