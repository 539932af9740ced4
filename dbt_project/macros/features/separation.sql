{# How well an order of values separates risky from benign addresses: the larger of the AUC and one minus it, 0.5 to 1. `values`
   is an array of (value, risky, benign), with the addresses that have each value; `risky` and `benign` are their totals. #}
{% macro separation(values, risky, benign) -%}
    0.5 + abs(arraySum(
        (counted, lower_benign) -> counted.2 * (lower_benign - counted.3 / 2),
        {{ values }},
        arrayCumSum(counted -> counted.3, {{ values }})
    ) / ({{ risky }} * {{ benign }}) - 0.5)
{%- endmacro %}
