-- Made from dbt/models/marts by `python -m orchestration.warehouse live`; edit there.

-- name: live_days
-- One row per slice of the chats and local day of the period with messages of theirs: what the marts
-- have of it by hour and connection, connection and emotion, and connection, as JSON arrays; and who wrote.
with

all_facts as materialized (
    select
        f.*,
        mod(get_byte(uuid_send(f.chat_identity_id), 15), 16) as slice
    from app.message_fact as f
    where
        f.tenant_id = %(tenant_id)s
        and f.sent_at >= (%(from_day)s::date::timestamp at time zone %(timezone)s) - interval '3 hours'
        and f.sent_at < ((%(to_day)s::date + 1)::timestamp at time zone %(timezone)s) + interval '3 hours'
        and f.local_day between %(from_day)s and %(to_day)s
        and mod(get_byte(uuid_send(f.chat_identity_id), 15), 16) = any(%(slices)s::int[])
)

select
    s.slice,
    of_slice.*
from unnest(%(slices)s::int[]) as s (slice)
cross join lateral (
    with

    facts as (
        select f.*
        from all_facts as f
        where f.slice = s.slice
    ),

    hourly_kpis as (
        with

        messages as (
            select
                *,
                case when speaker = 'customer' and is_scored then prompt_hash end as scoring_prompt,
                case when speaker = 'customer' and is_scored then config_hash end as scoring_config
            from facts
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
    ),

    daily_emotions as (
        with

        messages as (
            select * from facts
        ),

        -- By prompt and model first: sorting every message for their distinct names would cost more than all the rest.
        parts as (
            select
                tenant_id,
                local_day,
                connection_id,
                emotion,
                prompt_hash,
                config_hash,
                count(*) as scored,
                sum(sentiment) as sentiment_sum,
                sum(satisfaction) as satisfaction_sum,
                count(confidence) as confident,
                sum(confidence) as confidence_sum
            from messages
            where speaker = 'customer' and is_scored
            group by tenant_id, local_day, connection_id, emotion, prompt_hash, config_hash
        ),

        final as (
            select
                tenant_id,
                local_day,
                connection_id,
                emotion,
                sum(scored)::int as scored,
                sum(sentiment_sum)::numeric(18, 3) as sentiment_sum,
                sum(satisfaction_sum)::bigint as satisfaction_sum,
                sum(confident)::int as confident,
                coalesce(sum(confidence_sum), 0)::numeric(18, 3) as confidence_sum,
                array_agg(distinct prompt_hash)::text[] as prompt_hashes,
                array_agg(distinct config_hash)::text[] as config_hashes
            from parts
            group by tenant_id, local_day, connection_id, emotion
        )

        select * from final
    ),

    contact_days as (
        with

        messages as (
            select * from facts
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
    ),

    daily_coverage as (
        with

        messages as (
            select * from facts
        ),

        embeddings as (
            select * from app.message_embedding
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
    ),

    hours as (
        select
            h.local_day,
            json_agg(h)::text as hours
        from hourly_kpis as h
        group by h.local_day
    ),

    emotions as (
        select
            e.local_day,
            json_agg(e)::text as emotions
        from daily_emotions as e
        group by e.local_day
    ),

    connections as (
        select
            c.local_day,
            json_agg(c)::text as connections
        from daily_coverage as c
        group by c.local_day
    ),

    contacts as (
        select
            c.local_day,
            array_agg(c.contact_id) as contact_ids
        from contact_days as c
        group by c.local_day
    )

    select
        hours.local_day,
        hours.hours,
        connections.connections,
        coalesce(emotions.emotions, '[]') as emotions,
        coalesce(contacts.contact_ids, '{}') as contact_ids
    from hours
    inner join connections on connections.local_day = hours.local_day
    left join emotions on emotions.local_day = hours.local_day
    left join contacts on contacts.local_day = hours.local_day
) as of_slice;
