{# Creates an empty table of the columns of a query, with two that name the partition, which `select *` leaves out. #}
{% macro create_by_snapshot(relation, sql) %}
    {%- set columns = [] -%}
    {%- if config.get("contract").enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
        {%- for column in model.columns.values() -%}
            {%- do columns.append(adapter.quote(column.name) ~ " " ~ column.data_type) -%}
        {%- endfor -%}
    {%- else -%}
        {%- for column in run_query("describe table (\n" ~ sql ~ "\n)").rows -%}
            {%- do columns.append(adapter.quote(column[0]) ~ " " ~ column[1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- call statement("create") -%}
        create table {{ relation }} (
            {{ columns | join(", ") }},
            _snapshot UInt64 materialized 0,
            _inputs UInt64 materialized 0
        )
        {{ engine_clause() }}
        {{ order_cols(label="order by") }}
        partition by (_snapshot, _inputs)
    {%- endcall -%}
{% endmacro %}
