{# Of a Map column over a group's rows: each key with its largest value. #}
{% macro largest_by_key(column) -%}
    cast(maxMap(mapFilter((name, value) -> isFinite(value), {{ column }})), 'Map(LowCardinality(String), Float32)')
{%- endmacro %}
