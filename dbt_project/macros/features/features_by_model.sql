{# Each model of the feature layer with the features (Float32 columns) that its YAML declares, in the order of the YAML.

   Empty in two cases: while dbt still reads the project's files, and in dbt's unit tests, which see no other model's YAML: a unit
   test of a model that reads this overrides it with the features that the test is about. #}
{% macro features_by_model() -%}
    {%- set features = {} -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.meta.family is defined -%}
            {%- do features.update({
                node.name: node.columns.values() | selectattr("data_type", "equalto", "Float32") | map(attribute="name") | list
            }) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(features) }}
{%- endmacro %}
