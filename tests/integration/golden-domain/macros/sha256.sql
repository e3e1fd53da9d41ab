{#
    The mask `sha256` of a contract: the same person gives the same value, the value gives no name.
    Whoever knows all possible inputs can still try them, so the column keeps its PII tag.
#}
{% macro sha256(column) -%}
    {{ return(adapter.dispatch('sha256')(column)) }}
{%- endmacro %}

{% macro default__sha256(column) -%}
    sha256(lower(trim({{ column }})))
{%- endmacro %}

{% macro databricks__sha256(column) -%}
    sha2(lower(trim({{ column }})), 256)
{%- endmacro %}
