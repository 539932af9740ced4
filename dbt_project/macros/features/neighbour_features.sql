{# Those of declared_neighbour_features that the var neighbour_features chooses; all where it is empty. #}
{% macro neighbour_features() -%}
    {%- set declared = declared_neighbour_features() -%}
    {%- set chosen = var('neighbour_features') or declared -%}
    {%- for feature in chosen if feature not in declared -%}
        {{ exceptions.raise_compiler_error(
            "The var neighbour_features names " ~ feature ~ ", which int_features__neighbours has no columns for; it has: "
            ~ declared | join(", ") ~ "."
        ) }}
    {%- endfor -%}
    {{ return(declared | select("in", chosen) | list) }}
{%- endmacro %}
