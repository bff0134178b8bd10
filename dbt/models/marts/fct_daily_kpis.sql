{{ config(
    meta={'rebuilt_by': 'day'},
    indexes=[{'columns': ['tenant_id', 'local_day'], 'unique': True}],
) }}
{#- Named here because dbt looks for references where a first build goes. -#}
{% set stale_days = ref('int_stale_days') %}
{% set few = are_few(source('app', 'inference'), 'created_at', stale_days) %}

with

hours as (

    select hours.*
    from {{ ref('fct_hourly_kpis') }} as hours
    {% if is_incremental() %}
        inner join {{ stale_days }} as stale
            on stale.tenant_id = hours.tenant_id and stale.local_day = hours.local_day
    {% endif %}

),

message_figures as (

    select
        tenant_id,
        local_day,
        sum(messages_in) as messages_in,
        sum(messages_out) as messages_out,
        sum(messages_automated) as messages_automated,
        sum(messages_group) as messages_group,
        sum(messages_deleted) as messages_deleted,
        sum(messages_other) as messages_other,
        sum(audio_without_text) as audio_without_text,
        sum(eligible) as eligible,
        sum(scored) as scored,
        sum(sentiment_sum) as sentiment_sum,
        sum(sentiment_square_sum) as sentiment_square_sum,
        sum(satisfaction_sum) as satisfaction_sum,
        sum(satisfaction_square_sum) as satisfaction_square_sum,
        sum(positive) as positive,
        sum(negative) as negative
    from hours
    group by tenant_id, local_day

),

lineage as (

    select
        hours.tenant_id,
        hours.local_day,
        array_agg(distinct pairs.prompt_hash) filter (where pairs.prompt_hash is not null) as prompt_hashes,
        array_agg(distinct pairs.config_hash) filter (where pairs.config_hash is not null) as config_hashes
    from hours
    cross join
        lateral (
            select
                unnest(hours.prompt_hashes) as prompt_hash,
                unnest(hours.config_hashes) as config_hash
        ) as pairs
    group by hours.tenant_id, hours.local_day

),

contacts as (

    select
        days.tenant_id,
        days.local_day,
        count(*) as active_contacts
    from {{ ref('fct_contact_days') }} as days
    {% if is_incremental() %}
        inner join {{ stale_days }} as stale
            on stale.tenant_id = days.tenant_id and stale.local_day = days.local_day
    {% endif %}
    group by days.tenant_id, days.local_day

),

inferences as (

    select inferences.*
    {% if is_incremental() %}
        {{ rows_of_days(ref('int_inferences'), 'inferences', 'created_at', stale_days, few) }}
    {% else %}
        from {{ ref('int_inferences') }} as inferences
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
        inner join {{ stale_days }} as stale
            on stale.tenant_id = conversations.tenant_id and stale.local_day = conversations.local_day
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
        {{ percentile_ms(0.9, 'first_response_ms') }} as first_response_p90_ms,
        {{ percentile_ms(0.95, 'first_response_ms') }} as first_response_p95_ms
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
        {{ percentile_ms(0.9, 'turns.wait_ms') }} as turn_wait_p90_ms,
        {{ percentile_ms(0.95, 'turns.wait_ms') }} as turn_wait_p95_ms
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
        coalesce(contacts.active_contacts, 0)::int as active_contacts,
        coalesce(m.audio_without_text, 0)::int as audio_without_text,

        ---------- what the champion thought of the customers' messages
        coalesce(m.eligible, 0)::int as eligible,
        coalesce(m.scored, 0)::int as scored,
        {{ ratio('m.scored', 'm.eligible') }} as coverage,
        coalesce(m.sentiment_sum, 0)::numeric(18, 3) as sentiment_sum,
        coalesce(m.sentiment_square_sum, 0)::numeric(18, 6) as sentiment_square_sum,
        {{ ratio('m.sentiment_sum', 'm.scored') }} as sentiment_mean,
        coalesce(m.positive, 0)::int as positive,
        coalesce(m.scored - m.positive - m.negative, 0)::int as neutral,
        coalesce(m.negative, 0)::int as negative,
        {{ ratio('100 * m.positive', 'm.scored') }} as positive_pct,
        {{ ratio('100 * (m.scored - m.positive - m.negative)', 'm.scored') }} as neutral_pct,
        {{ ratio('100 * m.negative', 'm.scored') }} as negative_pct,
        {{ ratio('100 * (m.positive - m.negative)', 'm.scored') }} as net_sentiment,
        coalesce(m.satisfaction_sum, 0)::bigint as satisfaction_sum,
        coalesce(m.satisfaction_square_sum, 0)::bigint as satisfaction_square_sum,
        {{ ratio('m.satisfaction_sum', 'm.scored') }} as satisfaction_mean,
        coalesce(lineage.prompt_hashes, '{}'::text[]) as prompt_hashes,
        coalesce(lineage.config_hashes, '{}'::text[]) as config_hashes,

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
        c.first_response_p95_ms,
        coalesce(t.turns, 0)::int as turns,
        coalesce(t.turn_wait_sum_ms, 0)::bigint as turn_wait_sum_ms,
        {{ ratio('t.turn_wait_sum_ms', 't.turns') }} as turn_wait_mean_ms,
        t.turn_wait_p50_ms,
        t.turn_wait_p90_ms,
        t.turn_wait_p95_ms

    from spine
    left join message_figures as m on m.tenant_id = spine.tenant_id and m.local_day = spine.local_day
    left join lineage on lineage.tenant_id = spine.tenant_id and lineage.local_day = spine.local_day
    left join contacts on contacts.tenant_id = spine.tenant_id and contacts.local_day = spine.local_day
    left join inference_figures as i on i.tenant_id = spine.tenant_id and i.local_day = spine.local_day
    left join conversation_counts as c on c.tenant_id = spine.tenant_id and c.local_day = spine.local_day
    left join turn_figures as t on t.tenant_id = spine.tenant_id and t.local_day = spine.local_day

)

select * from final
