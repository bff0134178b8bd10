{#-
    Incremental strategy of the marts: delete what is stale, insert what is true now, in one transaction.
    delete+insert would leave a row whose key has vanished upstream (a revoked message, two conversations that became
    one); here each mart says by `meta.rebuilt_by` (chat, day or answer) what of it is stale, whether or not it comes back.
    A day whose messages retention has deleted stays as it was frozen, whatever is computed of what is left of it.
-#}
{% macro get_incremental_replace_stale_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict["dest_columns"] | map(attribute="name")) -%}
    {%- set rebuilt_by = config.get("meta", {}).get("rebuilt_by") -%}
    {%- set days = this.incorporate(path={
        'identifier': {"day": "int_stale_days", "answer": "int_answered_days"}.get(rebuilt_by, "")
    }) %}
    delete from {{ arg_dict["target_relation"] }} as mart
    {% if rebuilt_by == "chat" -%}
        using {{ source('app', 'stale_chat') }} as stale
        where {{ in_stale_span('mart', 'started_at') }};
    {%- elif rebuilt_by in ("day", "answer") -%}
        using {{ days }} as stale
        where mart.tenant_id = stale.tenant_id and mart.local_day = stale.local_day and not stale.is_frozen;
    {%- else -%}
        {{ exceptions.raise_compiler_error("replace_stale needs meta.rebuilt_by: chat, day or answer") }}
    {%- endif %}

    insert into {{ arg_dict["target_relation"] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }} as fresh
    {%- if rebuilt_by != "chat" %}
    where
        exists (
            select 1 from {{ days }} as stale
            where
                not stale.is_frozen and stale.tenant_id = fresh.tenant_id and stale.local_day = fresh.local_day
        )
    {%- endif %};
{% endmacro %}

{#- True for rows of `relation` that a row called `stale` of app.stale_chat concerns. -#}
{% macro in_stale_span(relation, moment) -%}
    {{ relation }}.tenant_id = stale.tenant_id and {{ relation }}.chat_id = stale.chat_id
    and {{ relation }}.{{ moment }} between stale.from_at and stale.to_at
{%- endmacro %}
