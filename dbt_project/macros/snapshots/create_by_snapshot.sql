{#
    Creates a table of the rows of a query for some snapshots, with two columns that name the partition, which `select *` leaves
    out. On a cluster it is created on every node, without rows.
#}
{% macro create_by_snapshot(relation, batch, inputs, sql) %}
    {%- call statement("create") -%}
        create table {{ relation }} {{ on_cluster_clause(relation) }}
        {{ engine_clause() }}
        {{ order_cols(label="order by") }}
        partition by (_snapshot, _inputs)
        {{ "empty" if is_on_cluster(relation) }} as
        {{ rows_of_snapshots(batch, sql) }}
        settings {{ only_snapshots(batch, inputs) }}
    {%- endcall -%}
    {%- do run_query(
        "alter table " ~ relation ~ " " ~ on_cluster_clause(relation)
        ~ " modify column _snapshot UInt64 materialized 0, modify column _inputs UInt64 materialized 0"
    ) -%}
    {%- if config.get("contract").enforced -%}
        {#- Of the table, because to find out the columns of a query takes as long as to plan it. -#}
        {%- do get_assert_columns_equivalent("select * from " ~ relation) -%}
    {%- endif -%}
    {%- if is_on_cluster(relation) -%}
        {%- do fill_snapshots(relation, [batch], inputs, sql) -%}
    {%- endif -%}
{% endmacro %}
