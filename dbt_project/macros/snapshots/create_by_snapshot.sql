{#
    Creates a table of the rows of a query for some snapshots, with two columns that name the partition, which `select *` leaves
    out. A replicated database creates it on every node, and refuses to while it fills it.
#}
{% macro create_by_snapshot(relation, batch, inputs, sql) %}
    {%- call statement("create") -%}
        create table {{ relation }}
        {{ engine_clause() }}
        {{ order_cols(label="order by") }}
        partition by (_snapshot, _inputs)
        {{ "empty" if is_replicated() }} as
        {{ rows_of_snapshots(batch, sql) }}
        settings {{ only_snapshots(batch, inputs) }}
    {%- endcall -%}
    {%- do run_query(
        "alter table " ~ relation
        ~ " modify column _snapshot UInt64 materialized 0, modify column _inputs UInt64 materialized 0"
    ) -%}
    {%- if config.get("contract").enforced -%}
        {#- Of the table, because to find out the columns of a query takes as long as to plan it. -#}
        {%- do get_assert_columns_equivalent("select * from " ~ relation) -%}
    {%- endif -%}
    {%- if is_replicated() -%}
        {%- do fill_snapshots(relation, [batch], inputs, sql) -%}
    {%- endif -%}
{% endmacro %}
