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

{#- The value of the one row where `condition` holds; null where there is none. Works for uuids, which have no min(). -#}
{% macro the_one(value, condition) -%}
    (array_agg({{ value }}) filter (where {{ condition }}))[1]
{%- endmacro %}

{#-
    The bucket of a DDSketch with a relative error of 1 % that a value of at least 1 falls into; smaller values go to
    bucket 0. evosense.metrics.sketch has the same formula. Source: Masson, Rim and Lee 2019, DDSketch, section 2.1.
-#}
{% macro sketch_bucket(value) -%}
    greatest(0, ceil(ln(greatest({{ value }}, 1)::double precision) / ln(1.01::double precision / 0.99)))::int
{%- endmacro %}
