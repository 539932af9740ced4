{# Whether a relation is created on every node of a cluster. #}
{% macro is_on_cluster(relation) %}
    {{ return(on_cluster_clause(relation) | trim != "") }}
{% endmacro %}
