{#- Passes when `expression` is true of every row; null counts as broken. -#}
{% test holds(model, expression) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
