{# The mean of a sum of weighted_rank, `scale` times as large and as a whole number; 65535 where there is nothing to average. #}
{% macro mean_rank(sum, scale) -%}
    toUInt16(if(
        {{ sum }} = 0,
        65535,
        round({{ scale }} * bitAnd({{ sum }}, toUInt64(1099511627775)) / greatest(bitShiftRight({{ sum }}, 40), 1))
    ))
{%- endmacro %}
