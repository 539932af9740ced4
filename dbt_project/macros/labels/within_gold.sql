{# P(risky), kept on the side of gold labels that all agree: no heuristic overrules them. #}
{% macro within_gold(probability) -%}
    multiIf(
        unanimous_gold = 1, greatest({{ probability }}, 0.5), unanimous_gold = 0, least({{ probability }}, 0.5), {{ probability }}
    )
{%- endmacro %}
