{# A feature is Float32 and missing is NaN: as compact as can be, and never 0. #}
{% macro as_feature(expression) -%}
    ifNull(toFloat32({{ expression }}), toFloat32(nan))
{%- endmacro %}


{# The quotient, missing where the denominator is 0 or missing. #}
{% macro ratio(numerator, denominator) -%}
    toFloat32(if({{ denominator }} != 0, {{ numerator }} / {{ denominator }}, nan))
{%- endmacro %}


{# The largest whole number that Float64 holds exactly. #}
{% macro largest_exact_integer() -%}
    toFloat64(9007199254740992)
{%- endmacro %}


{# 1 low to 4 critical, missing for anything else. #}
{% macro severity_level(column) -%}
    transform(lower(trim({{ column }})), ['low', 'medium', 'high', 'critical'], [1, 2, 3, 4], null)
{%- endmacro %}


{# USD as whole cents: whole numbers add up to the same sum in any order, which floating point does not. Missing is NULL. #}
{% macro whole_cents(usd) -%}
    {#- Not least(), which passes over NULL. -#}
    toUInt64(if({{ usd }} * 100 > {{ largest_exact_integer() }}, {{ largest_exact_integer() }}, round({{ usd }} * 100)))
{%- endmacro %}


{# Exports write times in seconds or milliseconds since 1970: what is above this is the latter. #}
{% macro millisecond_floor() -%}
    {{ return(100000000000) }}
{%- endmacro %}


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


{# The largest value of a column over a group's rows that have it, NaN where none has. #}
{% macro largest_of(column) -%}
    if(countIf(isFinite({{ column }})) = 0, toFloat32(nan), maxIf({{ column }}, isFinite({{ column }})))
{%- endmacro %}


{# Of a Map column over a group's rows: each key with its largest value. #}
{% macro largest_by_key(column) -%}
    cast(maxMap(mapFilter((name, value) -> isFinite(value), {{ column }})), 'Map(LowCardinality(String), Float32)')
{%- endmacro %}
