{# Every feature, from the YAML of the model that computes it: a list of [feature, family, unit, description].

   A column with a unit is a feature, its model names the family. Columns that a wide model inherits have no unit, so that each
   feature is listed once. Empty while dbt still reads the files. #}
{% macro declared_features() -%}
    {%- set features = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.meta.family is defined -%}
            {%- for column in node.columns.values() if column.config.meta.unit is defined -%}
                {%- do features.append([column.name, node.config.meta.family, column.config.meta.unit, column.description]) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(features) }}
{%- endmacro %}
