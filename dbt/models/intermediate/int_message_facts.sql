{#-
    Read once per build, from then on every mart reads this: the messages of the days that are computed again, and of
    those that got an answer since, for the comparisons of prompts.
-#}
{{ config(
    materialized='table',
    unlogged=True,
    post_hook='analyze {{ this }}',
) }}
{#- Named here because dbt looks for references where a first build goes. -#}
{% set answered_days = ref('int_answered_days') %}
{% set few = are_few(source('app', 'message'), 'sent_at', answered_days) %}

with

messages as (

    select messages.*
    {% if is_partial() %}
        {{ rows_of_days(ref('int_messages'), 'messages', 'sent_at', answered_days, few) }}
    {% else %}
        from {{ ref('int_messages') }} as messages
    {% endif %}

),

scores as (

    select * from {{ ref('stg_scores') }}

),

final as (

    select
        ----------  ids
        messages.tenant_id,
        messages.message_id,
        messages.connection_id,
        messages.chat_identity_id,
        messages.chat_id,
        messages.contact_id,
        messages.author_user_id,

        ---------- text
        messages.message_type,
        messages.exclusion,
        messages.speaker,
        scores.emotion,
        scores.prompt_hash,
        scores.config_hash,

        ---------- numerics
        messages.text_bytes,
        messages.shelf,
        scores.sentiment,
        scores.satisfaction,
        scores.confidence,
        messages.local_hour,

        ---------- booleans
        messages.has_text,
        messages.is_redacted,
        scores.message_id is not null as is_scored,

        ---------- times
        messages.session_gap,
        messages.sent_at,
        messages.local_day

    from messages
    left join scores on scores.tenant_id = messages.tenant_id and scores.message_id = messages.message_id

)

select * from final
