{#
    One statement where dbt-clickhouse has three (an empty table, a listing of its columns, an insert), two of which make the
    engine read the whole query. Indexes and projections must exist before the rows, so dbt-clickhouse makes the tables that
    have any.
#}
{% macro chdb__create_table_as(temporary, relation, sql) -%}
    {%- if temporary or config.get("indexes") or config.get("projections") -%}
        {{ clickhouse__create_table_as(temporary, relation, sql) }}
    {%- else -%}
        {%- set has_contract = config.get("contract").enforced -%}
        {{ config.get("sql_header") or "" }}
        create table {{ relation }}
        {%- if has_contract %}
            {{ get_assert_columns_equivalent(sql) }}
            {{ get_table_columns_and_constraints() }}
        {%- endif %}
        {{ engine_clause() }}
        {{ order_cols(label="order by") }}
        {{ primary_key_clause(label="primary key") }}
        {{ partition_cols(label="partition by") }}
        {{ ttl_config(label="ttl") }}
        {{ adapter.get_model_settings(model, config.get("engine", default="MergeTree")) }}
        as
        {%- if has_contract %} select {{ declared_columns() }} from
        {%- endif %} (
            {{ sql }}
        )
        {{ adapter.get_model_query_settings(model) }}
    {%- endif -%}
{%- endmacro %}
