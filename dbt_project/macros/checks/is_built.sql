{# Whether a node of the graph becomes a relation. #}
{% macro is_built(node) %}
    {{ return(
        node and node.resource_type in ["model", "seed"] and node.config.materialized != "ephemeral"
    ) }}
{% endmacro %}
