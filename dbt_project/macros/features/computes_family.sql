{# Whether the var feature_families has one of some families: the condition of the first step of their models, which are empty
   where it is false. The features are then missing, and their columns stay, because models and contracts name them. #}
{% macro computes_family() -%}
    {{ "true" if varargs | select("in", var("feature_families")) | list else "false" }}
{%- endmacro %}
