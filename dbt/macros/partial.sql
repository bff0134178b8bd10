{#-
    Whether this build computes only what is stale. Every mart has to be there then: evosense.metrics.staleness asks
    for a full refresh when one is missing.
-#}
{% macro is_partial() -%}
    {%- set mart = adapter.get_relation(target.database, target.schema, 'fct_daily_kpis') if execute -%}
    {{ return(mart is not none and not flags.FULL_REFRESH) }}
{%- endmacro %}

{#- dbt's own, with one more word: `where: built_days` limits a test to the days that this build computed. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- if where == 'built_days' and flags.FULL_REFRESH -%}
        {{ return(relation) }}
    {%- elif where == 'built_days' -%}
        {%- set where = '(tenant_id, local_day) in (select tenant_id, local_day from '
            ~ target.schema ~ '.int_stale_days)' -%}
    {%- endif -%}
    {%- if where -%}
        {{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as dbt_subquery') }}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}
