{# Whether the var pattern_families has a family: the condition of the first step of the family's model, which is empty where it
   is false. The family's features are then missing, and its columns stay, because models and contracts name them. #}
{% macro computes_family(family) -%}
    {{ "true" if family in var("pattern_families") else "false" }}
{%- endmacro %}
