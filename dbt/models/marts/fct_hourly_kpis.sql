{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'local_hour', 'connection_id'], 'unique': True}],
) }}

with

messages as (

    select * from {{ ref('int_message_facts') }}

),

final as (

    select
        ----------  keys
        tenant_id,
        local_day,
        local_hour,
        connection_id,

        ---------- volume
        (count(*) filter (where speaker = 'customer'))::int as messages_in,
        (count(*) filter (where speaker in ('agent', 'automated')))::int as messages_out,
        (count(*) filter (where speaker = 'automated'))::int as messages_automated,
        (count(*) filter (where exclusion = 'group'))::int as messages_group,
        (count(*) filter (where exclusion = 'deleted'))::int as messages_deleted,
        (count(*) filter (where exclusion = 'other'))::int as messages_other,
        (count(*) filter (where speaker = 'customer' and message_type = 'audio' and not has_text))::int
            as audio_without_text,

        ---------- what the champion thought of the customers' messages
        (count(*) filter (where speaker = 'customer' and (has_text or is_scored)))::int as eligible,
        (count(*) filter (where speaker = 'customer' and is_scored))::int as scored,
        coalesce(sum(sentiment) filter (where speaker = 'customer'), 0)::numeric(18, 3) as sentiment_sum,
        coalesce(sum(sentiment * sentiment) filter (where speaker = 'customer'), 0)::numeric(18, 6)
            as sentiment_square_sum,
        (count(*) filter (where speaker = 'customer' and sentiment > 0.1))::int as positive,
        (count(*) filter (where speaker = 'customer' and sentiment between -0.1 and 0.1))::int as neutral,
        (count(*) filter (where speaker = 'customer' and sentiment < -0.1))::int as negative,
        coalesce(sum(satisfaction) filter (where speaker = 'customer'), 0)::bigint as satisfaction_sum,
        coalesce(sum(satisfaction::int * satisfaction) filter (where speaker = 'customer'), 0)::bigint
            as satisfaction_square_sum,
        coalesce(
            array_agg(distinct prompt_hash) filter (where speaker = 'customer' and is_scored), '{}'
        )::text[] as prompt_hashes,
        coalesce(
            array_agg(distinct config_hash) filter (where speaker = 'customer' and is_scored), '{}'
        )::text[] as config_hashes

    from messages
    group by tenant_id, local_day, local_hour, connection_id

)

select * from final
