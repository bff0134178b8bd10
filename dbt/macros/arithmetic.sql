{#- Whole milliseconds of an interval, rounded down, exact (extract answers numeric). -#}
{% macro milliseconds(interval) -%}
    floor(extract(epoch from {{ interval }}) * 1000)::bigint
{%- endmacro %}

{#- A ratio with six decimals, null where the denominator is 0. Numerics throughout, so equal inputs give equal rows. -#}
{% macro ratio(numerator, denominator) -%}
    round(({{ numerator }})::numeric / nullif({{ denominator }}, 0), 6)::numeric(18, 6)
{%- endmacro %}

{#-
    A percentile by linear interpolation, in whole milliseconds, over the rows where `condition` holds; null where there
    is none.
-#}
{% macro percentile_ms(fraction, value, condition="true") -%}
    round(percentile_cont({{ fraction }}) within group (order by {{ value }}) filter (where {{ condition }}))::bigint
{%- endmacro %}
