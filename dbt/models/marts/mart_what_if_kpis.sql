{{ config(
    meta={'rebuilt_by': 'answer'},
    indexes=[{'columns': ['tenant_id', 'local_day', 'prompt_hash', 'config_hash'], 'unique': True}],
) }}
{#- Named here because dbt looks for references where a first build goes. -#}
{% set answered_days = ref('int_answered_days') %}

with

compared as (

    select
        compared.tenant_id,
        compared.local_day,
        compared.prompt_hash,
        compared.config_hash,
        sum(compared.paired) as paired,
        sum(compared.delta_sum) as sentiment_change,
        sum(compared.satisfaction_sum - compared.champion_satisfaction_sum) as satisfaction_change,
        sum(compared.positive - compared.champion_positive) as positive_change,
        sum(compared.negative - compared.champion_negative) as negative_change
    from {{ ref('mart_prompt_compare') }} as compared
    {% if is_incremental() %}
        inner join {{ answered_days }} as answered
            on answered.tenant_id = compared.tenant_id and answered.local_day = compared.local_day
    {% endif %}
    group by compared.tenant_id, compared.local_day, compared.prompt_hash, compared.config_hash

),

kpis as (

    select * from {{ ref('fct_daily_kpis') }}

),

final as (

    select
        ----------  keys
        kpis.tenant_id,
        kpis.local_day,
        compared.prompt_hash,
        compared.config_hash,

        ---------- what it stands on
        kpis.scored,
        compared.paired::int as paired,
        {{ ratio('compared.paired', 'kpis.scored') }} as coverage,

        ---------- as it is, and as it would be; messages it did not answer keep their official score
        kpis.sentiment_mean,
        {{ ratio('kpis.sentiment_sum + compared.sentiment_change', 'kpis.scored') }} as what_if_sentiment_mean,
        kpis.satisfaction_mean,
        {{ ratio('kpis.satisfaction_sum + compared.satisfaction_change', 'kpis.scored') }}
            as what_if_satisfaction_mean,
        kpis.positive_pct,
        {{ ratio('100 * (kpis.positive + compared.positive_change)', 'kpis.scored') }} as what_if_positive_pct,
        kpis.negative_pct,
        {{ ratio('100 * (kpis.negative + compared.negative_change)', 'kpis.scored') }} as what_if_negative_pct,
        kpis.net_sentiment,
        {{ ratio(
            '100 * (kpis.positive + compared.positive_change - kpis.negative - compared.negative_change)', 'kpis.scored'
        ) }} as what_if_net_sentiment

    from compared
    inner join kpis on kpis.tenant_id = compared.tenant_id and kpis.local_day = compared.local_day

)

select * from final
