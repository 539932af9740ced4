{# Runs the SQL of a model once per partition of a plan, and inserts what it returns into a table of create_by_snapshot. #}
{% macro fill_snapshots(relation, partitions, sql) %}
    {%- set columns = [] -%}
    {%- for column in adapter.get_columns_in_relation(relation) if column.name not in ["_snapshot", "_inputs"] -%}
        {%- do columns.append(adapter.quote(column.name)) -%}
    {%- endfor -%}
    {%- for partition in partitions if not partition.name.startswith("(0,") -%}
        {%- call statement("insert") -%}
            insert into {{ relation }} ({{ columns | join(", ") }}, _snapshot, _inputs)
            select {{ columns | join(", ") }}, {{ partition.name }}.1, {{ partition.name }}.2
            from (
                {{ sql }}
            )
            settings insert_allow_materialized_columns = 1, additional_table_filters = {{ partition.filters }}
        {%- endcall -%}
    {%- endfor -%}
{% endmacro %}
