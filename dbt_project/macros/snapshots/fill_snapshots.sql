{# Runs the SQL of a model once per batch of a plan, and inserts what it returns into a table of create_by_snapshot. #}
{% macro fill_snapshots(relation, batches, inputs, sql) %}
    {%- for batch in batches if batch -%}
        {%- set columns = [] -%}
        {%- for column in adapter.get_columns_in_relation(relation) if column.name not in ["_snapshot", "_inputs"] -%}
            {%- do columns.append(adapter.quote(column.name)) -%}
        {%- endfor -%}
        {%- call statement("insert") -%}
            insert into {{ relation }} ({{ columns | join(", ") }}, _snapshot, _inputs)
            select {{ columns | join(", ") }}, _snapshot, _inputs
            from (
                {{ rows_of_snapshots(batch, sql) }}
            )
            settings insert_allow_materialized_columns = 1, {{ only_snapshots(batch, inputs) }}
        {%- endcall -%}
    {%- endfor -%}
{% endmacro %}
