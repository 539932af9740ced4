{# The rows (rule_id, kind) of the seed label_rules as it is loaded; none before `dbt seed`. #}
{% macro declared_rules() -%}
    {%- set loaded = adapter.get_relation(database="", schema=target.schema, identifier="label_rules") -%}
    {{ return(run_query("select rule_id, kind from " ~ loaded).rows if loaded is not none else []) }}
{%- endmacro %}
