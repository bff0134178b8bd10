{#- Row level security for a mart. dbt replaces tables, so this runs after every build; it is idempotent. -#}
{% macro protect_mart() %}
    alter table {{ this }} enable row level security;
    alter table {{ this }} force row level security;
    drop policy if exists tenant_rows on {{ this }};
    create policy tenant_rows on {{ this }} for select to evosense_api
        using (tenant_id = (select app.current_tenant()));
    drop policy if exists pipeline_rows on {{ this }};
    create policy pipeline_rows on {{ this }} to evosense_pipeline using (true) with check (true);
    drop policy if exists analyst_rows on {{ this }};
    create policy analyst_rows on {{ this }} for select to evosense_analyst using (true);
{% endmacro %}

{% macro grant_mart() %}
    grant select on {{ this }} to evosense_api, evosense_analyst;
{% endmacro %}

{#- For the people who run the platform, who see every tenant's row. -#}
{% macro let_platform_read() %}
    drop policy if exists platform_reads on {{ this }};
    create policy platform_reads on {{ this }} for select to evosense_platform using (true);
    grant usage on schema {{ this.schema }} to evosense_platform;
    grant select on {{ this }} to evosense_platform;
{% endmacro %}
