{#-
    After a full refresh: the days whose messages retention has deleted as app.frozen_figure keeps them, and nothing of
    what could be computed of such a day today. Figures of fewer than five people are null there and stay away.
-#}
{% macro restore_frozen() %}
    {%- if execute and flags.FULL_REFRESH and model.config.meta.get("rebuilt_by") in ("day", "answer") %}
        delete from {{ this }} as mart
        using {{ source('app', 'frozen_figure') }} as frozen
        where frozen.tenant_id = mart.tenant_id and frozen.local_day = mart.local_day;

        insert into {{ this }}
        select figures.*
        from {{ source('app', 'frozen_figure') }} as frozen
        cross join lateral jsonb_populate_record(null::{{ this }}, frozen.figures) as figures
        where frozen.mart = '{{ this.identifier }}' and frozen.figures is not null
    {%- endif %}
{% endmacro %}

{#- Whether the figures of a row's day are frozen. -#}
{% macro is_frozen(relation) -%}
    exists (
        select 1 from {{ source('app', 'frozen_figure') }} as frozen
        where frozen.tenant_id = {{ relation }}.tenant_id and frozen.local_day = {{ relation }}.local_day
    )
{%- endmacro %}
