{# The mean of a column over a group's rows that have it, NaN where none has. Summed in billionths, because whole numbers add
   up to the same sum in any order, which floating point does not; beyond 1e24 a value counts as that. #}
{% macro mean_of(column) -%}
    toFloat32(if(
        countIf(isFinite({{ column }})) = 0,
        nan,
        toFloat64(sum(toInt128(round(
            if(isFinite({{ column }}), least(greatest(toFloat64({{ column }}), -1e24), 1e24), 0) * 1000000000
        )))) / countIf(isFinite({{ column }})) / 1000000000
    ))
{%- endmacro %}
