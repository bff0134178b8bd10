{#-
    Whether a build of some days has so few rows of `relation` that they are better fetched one by one. Postgres can't
    estimate how many rows a join by a range of time finds, and would read the whole history for a day of it.
-#}
{% macro are_few(relation, moment, days) %}
    {%- if not (execute and is_partial()) -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set most = 50000 -%}
    {%- set counted -%}
        select count(*)
        from (
            select 1
            from {{ days }} as stale
            cross join lateral (
                select 1
                from {{ relation }} as one
                where
                    one.tenant_id = stale.tenant_id
                    and one.{{ moment }} >= stale.read_from and one.{{ moment }} < stale.read_to
                limit {{ most }}
            ) as found
            limit {{ most }}
        ) as few
    {%- endset -%}
    {{ return(run_query(counted).columns[0][0] < most) }}
{% endmacro %}

{#-
    Rows of `relation` on the days of `days`, called `row_alias`: each day's rows by the index on the time where they
    are few, else by one pass. `offset 0` keeps Postgres from turning the first into the second.
-#}
{% macro rows_of_days(relation, row_alias, moment, days, few) -%}
    {% if few -%}
        from {{ days }} as wanted
        cross join lateral (
            select * from {{ relation }} as one
            where
                one.tenant_id = wanted.tenant_id
                and one.local_day = wanted.local_day
                and one.{{ moment }} >= wanted.read_from
                and one.{{ moment }} < wanted.read_to
            offset 0
        ) as {{ row_alias }}
    {%- else -%}
        from {{ relation }} as {{ row_alias }}
        inner join {{ days }} as wanted
            on
                wanted.tenant_id = {{ row_alias }}.tenant_id
                and wanted.local_day = {{ row_alias }}.local_day
                and {{ row_alias }}.{{ moment }} >= wanted.read_from
                and {{ row_alias }}.{{ moment }} < wanted.read_to
    {%- endif %}
{%- endmacro %}
