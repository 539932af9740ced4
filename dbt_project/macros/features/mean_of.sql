{# The mean of a column's finite values over the rows of a group; NaN where there is none.

   Summed in billionths: integers add up to the same sum in any order of the rows, floating-point numbers do not. Values are
   clipped to ±1e24, so that the sum cannot overflow. #}
{% macro mean_of(column) -%}
    toFloat32(if(
        countIf(isFinite({{ column }})) = 0,
        nan,
        toFloat64(sum(toInt128(round(
            if(isFinite({{ column }}), least(greatest(toFloat64({{ column }}), -1e24), 1e24), 0) * 1000000000
        )))) / countIf(isFinite({{ column }})) / 1000000000
    ))
{%- endmacro %}
