{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'local_hour', 'connection_id'], 'unique': True}],
) }}

with

messages as (

    select
        *,
        case when speaker = 'customer' and is_scored then prompt_hash end as scoring_prompt,
        case when speaker = 'customer' and is_scored then config_hash end as scoring_config
    from {{ ref('int_message_facts') }}

),

-- By prompt and model first: sorting every message for their distinct names would cost more than all the rest.
parts as (

    select
        tenant_id,
        local_day,
        local_hour,
        connection_id,
        scoring_prompt,
        scoring_config,
        count(*) filter (where speaker = 'customer') as messages_in,
        count(*) filter (where speaker in ('agent', 'automated')) as messages_out,
        count(*) filter (where speaker = 'automated') as messages_automated,
        count(*) filter (where exclusion = 'group') as messages_group,
        count(*) filter (where exclusion = 'deleted') as messages_deleted,
        count(*) filter (where exclusion = 'other') as messages_other,
        count(*) filter (where speaker = 'customer' and message_type = 'audio' and not has_text) as audio_without_text,
        count(*) filter (where speaker = 'customer' and (has_text or is_scored)) as eligible,
        count(*) filter (where speaker = 'customer' and is_scored) as scored,
        sum(sentiment) filter (where speaker = 'customer') as sentiment_sum,
        sum(sentiment * sentiment) filter (where speaker = 'customer') as sentiment_square_sum,
        count(*) filter (where speaker = 'customer' and sentiment > 0.1) as positive,
        count(*) filter (where speaker = 'customer' and sentiment between -0.1 and 0.1) as neutral,
        count(*) filter (where speaker = 'customer' and sentiment < -0.1) as negative,
        sum(satisfaction) filter (where speaker = 'customer') as satisfaction_sum,
        sum(satisfaction::int * satisfaction) filter (where speaker = 'customer') as satisfaction_square_sum
    from messages
    group by tenant_id, local_day, local_hour, connection_id, scoring_prompt, scoring_config

),

final as (

    select
        ----------  keys
        tenant_id,
        local_day,
        local_hour,
        connection_id,

        ---------- volume
        sum(messages_in)::int as messages_in,
        sum(messages_out)::int as messages_out,
        sum(messages_automated)::int as messages_automated,
        sum(messages_group)::int as messages_group,
        sum(messages_deleted)::int as messages_deleted,
        sum(messages_other)::int as messages_other,
        sum(audio_without_text)::int as audio_without_text,

        ---------- what the champion thought of the customers' messages
        sum(eligible)::int as eligible,
        sum(scored)::int as scored,
        coalesce(sum(sentiment_sum), 0)::numeric(18, 3) as sentiment_sum,
        coalesce(sum(sentiment_square_sum), 0)::numeric(18, 6) as sentiment_square_sum,
        sum(positive)::int as positive,
        sum(neutral)::int as neutral,
        sum(negative)::int as negative,
        coalesce(sum(satisfaction_sum), 0)::bigint as satisfaction_sum,
        coalesce(sum(satisfaction_square_sum), 0)::bigint as satisfaction_square_sum,
        coalesce(
            array_agg(distinct scoring_prompt) filter (where scoring_prompt is not null), '{}'
        )::text[] as prompt_hashes,
        coalesce(
            array_agg(distinct scoring_config) filter (where scoring_config is not null), '{}'
        )::text[] as config_hashes

    from parts
    group by tenant_id, local_day, local_hour, connection_id

)

select * from final
