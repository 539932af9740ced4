{# Whether the var feature_families has one of some families: the condition of the first step of models that other models of
   these families read. Where it is false they are empty; a family's own model is then a table without rows, see by_snapshot. The
   features are missing, and their columns stay, because models and contracts name them. #}
{% macro computes_family() -%}
    {{ "true" if varargs | select("in", var("feature_families")) | list else "false" }}
{%- endmacro %}
