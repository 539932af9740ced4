{# How clear a case is: 0.5 at the threshold, rising evenly to 1 where it is `clear`, and 1 beyond. #}
{% macro clarity(value, threshold, clear) -%}
    toFloat32(0.5 + 0.5 * least(1, ({{ value }} - {{ threshold }}) / ({{ clear }} - {{ threshold }})))
{%- endmacro %}
