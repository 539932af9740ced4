{#
    dbt-clickhouse's, with the types of the tested query asked for in one statement, where it makes a temporary table of them,
    lists its columns and drops it.
#}
{%- materialization unit, adapter="chdb" -%}

    {%- set expected_rows = config.get("expected_rows") -%}
    {%- set types, quoted = {}, {} -%}
    {%- for column in adapter.get_column_schema_from_query(sql) -%}
        {%- do types.update({column.name | lower: column.data_type}) -%}
        {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
    {%- set tested = expected_rows[0].keys() if expected_rows else types.keys() -%}
    {%- set names = [] -%}
    {%- for name in tested -%}
        {%- do names.append(quoted[name | lower]) -%}
    {%- endfor -%}
    {%- set expected_sql = config.get("expected_sql") or get_expected_sql(expected_rows, types, quoted) -%}

    {% call statement("main", fetch_result=True) -%}
        {{ get_unit_test_sql(sql, expected_sql, names) }}
    {%- endcall %}

    {{ return({"relations": []}) }}

{%- endmaterialization -%}
