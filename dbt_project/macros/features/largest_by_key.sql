{# The largest value of each key of a Map column over the rows of a group. #}
{% macro largest_by_key(column) -%}
    cast(maxMap(mapFilter((name, value) -> isFinite(value), {{ column }})), 'Map(LowCardinality(String), Float32)')
{%- endmacro %}
