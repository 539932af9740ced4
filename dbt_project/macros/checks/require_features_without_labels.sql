{# Stops dbt where a feature model of one's own reads, directly or through others, what comes from labels: the model would be
   evaluated on labels that its features contain. #}
{% macro require_features_without_labels() -%}
    {%- for model in var("address_feature_models", []) + var("alert_feature_models", []) -%}
        {%- set reached = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == model -%}
            {%- do reached.append(node.unique_id) -%}
        {%- endfor -%}
        {#- The list grows while the loop runs over it, until no parent is new. -#}
        {%- for child in reached -%}
            {%- for parent in graph.nodes[child].depends_on.nodes if child in graph.nodes and parent not in reached -%}
                {%- set node = graph.nodes.get(parent) or graph.sources.get(parent) -%}
                {%- if (node.config.group | default("")) in ["labels", "training", "scores"] or node.name in label_tables() -%}
                    {{ exceptions.raise_compiler_error(
                        "The feature model " ~ model ~ " reads " ~ node.name ~ ", which comes from labels or scores; features "
                        ~ "may read staging and feature models only."
                    ) }}
                {%- endif -%}
                {%- if parent in graph.nodes -%}
                    {%- do reached.append(parent) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}
