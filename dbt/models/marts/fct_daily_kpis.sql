{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day'], 'unique': True}],
) }}

with

{% if is_incremental() %}
    stale_days as (

        {{ stale_days() }}

    ),
{% endif %}

messages as (

    select
        messages.*,
        scores.message_id is not null as is_scored,
        scores.sentiment,
        scores.satisfaction,
        scores.prompt_hash,
        scores.config_hash
    from {{ ref('int_messages') }} as messages
    {% if is_incremental() %}
        -- No timezone is more than 14 hours from UTC: the span lets an index find what local_day then decides.
        inner join stale_days
            on
                stale_days.tenant_id = messages.tenant_id
                and stale_days.local_day = messages.local_day
                and messages.sent_at >= (stale_days.local_day::timestamp at time zone 'UTC') - interval '14 hours'
                and messages.sent_at < (stale_days.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours'
    {% endif %}
    left join {{ ref('stg_scores') }} as scores
        on scores.tenant_id = messages.tenant_id and scores.message_id = messages.message_id

),

message_figures as (

    select
        tenant_id,
        local_day,
        count(*) filter (where speaker = 'customer') as messages_in,
        count(*) filter (where speaker in ('agent', 'automated')) as messages_out,
        count(*) filter (where speaker = 'automated') as messages_automated,
        count(*) filter (where exclusion = 'group') as messages_group,
        count(*) filter (where exclusion = 'deleted') as messages_deleted,
        count(*) filter (where exclusion = 'other') as messages_other,
        count(distinct contact_id) filter (where speaker = 'customer') as active_contacts,
        count(*) filter (where speaker = 'customer' and message_type = 'audio' and not has_text)
            as audio_without_text,
        count(*) filter (where speaker = 'customer' and (has_text or is_scored)) as eligible,
        count(*) filter (where speaker = 'customer' and is_scored) as scored,
        sum(sentiment) filter (where speaker = 'customer') as sentiment_sum,
        sum(satisfaction) filter (where speaker = 'customer') as satisfaction_sum,
        count(*) filter (where speaker = 'customer' and sentiment > 0.1) as positive,
        count(*) filter (where speaker = 'customer' and sentiment < -0.1) as negative,
        array_agg(distinct prompt_hash) filter (where speaker = 'customer' and is_scored) as prompt_hashes,
        array_agg(distinct config_hash) filter (where speaker = 'customer' and is_scored) as config_hashes
    from messages
    group by tenant_id, local_day

),

inferences as (

    select
        inferences.*,
        (inferences.created_at at time zone tenants.timezone)::date as local_day
    from {{ ref('stg_inferences') }} as inferences
    inner join {{ ref('stg_tenants') }} as tenants on tenants.tenant_id = inferences.tenant_id
    {% if is_incremental() %}
        inner join stale_days
            on
                stale_days.tenant_id = inferences.tenant_id
                and stale_days.local_day = (inferences.created_at at time zone tenants.timezone)::date
                and inferences.created_at >= (stale_days.local_day::timestamp at time zone 'UTC') - interval '14 hours'
                and inferences.created_at
                < (stale_days.local_day::timestamp at time zone 'UTC') + interval '1 day 12 hours'
    {% endif %}
    where inferences.purpose = 'prod'

),

inference_figures as (

    select
        tenant_id,
        local_day,
        count(*) filter (where status in ('ok', 'repaired')) as inferences,
        count(*) filter (where status not in ('ok', 'repaired')) as inferences_failed,
        sum(latency_ms) filter (where status in ('ok', 'repaired')) as latency_sum_ms,
        {{ percentile_ms(0.5, 'latency_ms', "status in ('ok', 'repaired')") }} as latency_p50_ms,
        {{ percentile_ms(0.95, 'latency_ms', "status in ('ok', 'repaired')") }} as latency_p95_ms,
        sum(cost_micros) as cost_micros
    from inferences
    group by tenant_id, local_day

),

conversations as (

    select conversations.*
    from {{ ref('fct_conversations') }} as conversations
    {% if is_incremental() %}
        inner join stale_days
            on stale_days.tenant_id = conversations.tenant_id and stale_days.local_day = conversations.local_day
    {% endif %}

),

conversation_counts as (

    select
        tenant_id,
        local_day,
        count(*) as conversations,
        count(*) filter (where begun_by = 'customer') as conversations_by_customer,
        count(*) filter (where is_unanswered) as unanswered,
        count(first_response_ms) as answered,
        sum(first_response_ms) as first_response_sum_ms,
        {{ percentile_ms(0.5, 'first_response_ms') }} as first_response_p50_ms,
        {{ percentile_ms(0.9, 'first_response_ms') }} as first_response_p90_ms
    from conversations
    group by tenant_id, local_day

),

turn_figures as (

    select
        conversations.tenant_id,
        conversations.local_day,
        count(*) as turns,
        sum(turns.wait_ms) as turn_wait_sum_ms,
        {{ percentile_ms(0.5, 'turns.wait_ms') }} as turn_wait_p50_ms,
        {{ percentile_ms(0.9, 'turns.wait_ms') }} as turn_wait_p90_ms
    from conversations
    cross join lateral unnest(conversations.turn_waits_ms) as turns (wait_ms)
    group by conversations.tenant_id, conversations.local_day

),

spine as (

    select tenant_id, local_day from message_figures
    union
    select tenant_id, local_day from inference_figures
    union
    select tenant_id, local_day from conversation_counts

),

final as (

    select
        ----------  keys
        spine.tenant_id,
        spine.local_day,

        ---------- volume
        coalesce(m.messages_in, 0)::int as messages_in,
        coalesce(m.messages_out, 0)::int as messages_out,
        coalesce(m.messages_automated, 0)::int as messages_automated,
        coalesce(m.messages_group, 0)::int as messages_group,
        coalesce(m.messages_deleted, 0)::int as messages_deleted,
        coalesce(m.messages_other, 0)::int as messages_other,
        coalesce(m.active_contacts, 0)::int as active_contacts,
        coalesce(m.audio_without_text, 0)::int as audio_without_text,

        ---------- what the champion thought of the customers' messages
        coalesce(m.eligible, 0)::int as eligible,
        coalesce(m.scored, 0)::int as scored,
        {{ ratio('m.scored', 'm.eligible') }} as coverage,
        coalesce(m.sentiment_sum, 0)::numeric(18, 3) as sentiment_sum,
        {{ ratio('m.sentiment_sum', 'm.scored') }} as sentiment_mean,
        coalesce(m.positive, 0)::int as positive,
        coalesce(m.scored - m.positive - m.negative, 0)::int as neutral,
        coalesce(m.negative, 0)::int as negative,
        {{ ratio('100 * m.positive', 'm.scored') }} as positive_pct,
        {{ ratio('100 * (m.scored - m.positive - m.negative)', 'm.scored') }} as neutral_pct,
        {{ ratio('100 * m.negative', 'm.scored') }} as negative_pct,
        {{ ratio('100 * (m.positive - m.negative)', 'm.scored') }} as net_sentiment,
        coalesce(m.satisfaction_sum, 0)::bigint as satisfaction_sum,
        {{ ratio('m.satisfaction_sum', 'm.scored') }} as satisfaction_mean,
        coalesce(m.prompt_hashes, '{}'::text[]) as prompt_hashes,
        coalesce(m.config_hashes, '{}'::text[]) as config_hashes,

        ---------- the models at work on that day
        coalesce(i.inferences, 0)::int as inferences,
        coalesce(i.inferences_failed, 0)::int as inferences_failed,
        coalesce(i.latency_sum_ms, 0)::bigint as latency_sum_ms,
        {{ ratio('i.latency_sum_ms', 'i.inferences') }} as latency_mean_ms,
        i.latency_p50_ms,
        i.latency_p95_ms,
        coalesce(i.cost_micros, 0)::bigint as cost_micros,

        ---------- conversations that began on that day
        coalesce(c.conversations, 0)::int as conversations,
        coalesce(c.conversations_by_customer, 0)::int as conversations_by_customer,
        coalesce(c.unanswered, 0)::int as unanswered,
        coalesce(c.answered, 0)::int as answered,
        coalesce(c.first_response_sum_ms, 0)::bigint as first_response_sum_ms,
        {{ ratio('c.first_response_sum_ms', 'c.answered') }} as first_response_mean_ms,
        c.first_response_p50_ms,
        c.first_response_p90_ms,
        coalesce(t.turns, 0)::int as turns,
        coalesce(t.turn_wait_sum_ms, 0)::bigint as turn_wait_sum_ms,
        {{ ratio('t.turn_wait_sum_ms', 't.turns') }} as turn_wait_mean_ms,
        t.turn_wait_p50_ms,
        t.turn_wait_p90_ms

    from spine
    left join message_figures as m on m.tenant_id = spine.tenant_id and m.local_day = spine.local_day
    left join inference_figures as i on i.tenant_id = spine.tenant_id and i.local_day = spine.local_day
    left join conversation_counts as c on c.tenant_id = spine.tenant_id and c.local_day = spine.local_day
    left join turn_figures as t on t.tenant_id = spine.tenant_id and t.local_day = spine.local_day

)

select * from final
