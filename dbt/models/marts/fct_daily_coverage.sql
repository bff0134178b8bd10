{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'connection_id'], 'unique': True}],
) }}

with

messages as (

    select * from {{ ref('int_message_facts') }}

),

embeddings as (

    select * from {{ ref('stg_embeddings') }}

),

final as (

    select
        messages.tenant_id,
        messages.local_day,
        messages.connection_id,
        count(*)::int as messages,
        (count(*) filter (where messages.speaker = 'customer'))::int as messages_in,
        (count(*) filter (where messages.speaker = 'customer' and (messages.has_text or messages.is_scored)))::int
            as eligible,
        (count(*) filter (where messages.speaker = 'customer' and messages.is_scored))::int as scored,
        (count(*) filter (where messages.speaker is not null and messages.has_text))::int as embeddable,
        (count(*) filter (
            where messages.speaker is not null and messages.has_text and exists (
                select 1
                from embeddings
                where
                    embeddings.tenant_id = messages.tenant_id
                    and embeddings.shelf = messages.shelf
                    and embeddings.message_id = messages.message_id
            )
        ))::int as embedded,
        (count(*) filter (where messages.is_redacted))::int as redacted,
        (count(*) filter (
            where messages.speaker = 'customer' and messages.message_type = 'audio' and not messages.has_text
        ))::int as audio_without_text,
        sum(messages.text_bytes)::bigint as text_bytes
    from messages
    group by messages.tenant_id, messages.local_day, messages.connection_id

)

select * from final
