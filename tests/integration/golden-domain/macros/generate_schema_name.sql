{#
    A model's schema is its tier, as written: `product`, not `raw_product`.
    dbt's own rule puts the target's schema in front, which no contract and no grant would match.
    Environments are kept apart by their catalog (DBT_CATALOG), not by the schema's name.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name | trim }}
{%- endmacro %}
