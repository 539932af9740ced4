{# An end of the 95 % interval of a share seen in n cases: Wilson (1927), which holds for few cases and shares near 0 and 1. #}
{% macro wilson(share, n, end) -%}
    (({{ share }}) + 1.9207 / ({{ n }}) {{ '-' if end == 'low' else '+' }} 1.96 * sqrt(
        (({{ share }}) * (1 - ({{ share }})) + 0.9604 / ({{ n }})) / ({{ n }})
    )) / (1 + 3.8416 / ({{ n }}))
{%- endmacro %}
