{# The confidence of a rule's vote, graded by how clear the case is: 0.5 at the threshold, rising linearly to 1 at `clear` and
   above. #}
{% macro clarity(value, threshold, clear) -%}
    toFloat32(0.5 + 0.5 * least(1, ({{ value }} - {{ threshold }}) / ({{ clear }} - {{ threshold }})))
{%- endmacro %}
