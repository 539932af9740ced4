{# One end, 'low' or 'high', of the 95 % score interval of a proportion observed in n cases (Wilson, Journal of the American
   Statistical Association 22, 1927); valid for small n and for proportions near 0 and 1. #}
{% macro wilson(share, n, end) -%}
    (({{ share }}) + 1.9207 / ({{ n }}) {{ '-' if end == 'low' else '+' }} 1.96 * sqrt(
        (({{ share }}) * (1 - ({{ share }})) + 0.9604 / ({{ n }})) / ({{ n }})
    )) / (1 + 3.8416 / ({{ n }}))
{%- endmacro %}
