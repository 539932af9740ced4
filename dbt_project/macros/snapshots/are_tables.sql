{# The condition that a row of a table of ClickHouse's system database is about one of some tables. #}
{% macro are_tables(tables, name_column="table") -%}
    {#- Both conditions apart, because the database looks up only tables that each of them leaves. -#}
    database in ('{{ tables | map(attribute="database") | unique | join("', '") }}')
    and {{ name_column }} in ('{{ tables | map(attribute="name") | unique | join("', '") }}')
{%- endmacro %}
