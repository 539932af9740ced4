{# Builds beside the table the partitions of a plan that are to be built, and puts them in the place of those to be dropped. #}
{% macro replace_snapshots(relation, new, plan, inputs, sql) %}
    {%- set build = plan | selectattr("action", "equalto", "build") | list -%}
    {%- set steps = [] -%}
    {%- for partition in plan if partition.action == "drop" -%}
        {%- do steps.append("drop partition " ~ partition.name) -%}
    {%- endfor -%}
    {%- for partition in build -%}
        {%- do steps.append("attach partition " ~ partition.name ~ " from " ~ new) -%}
    {%- endfor -%}
    {%- if build -%}
        {%- do run_query("create table " ~ new ~ " " ~ on_cluster_clause(new) ~ " as " ~ relation) -%}
        {%- do fill_snapshots(new, snapshot_batches(build), inputs, sql) -%}
    {%- endif -%}
    {%- if steps -%}
        {%- do run_query("alter table " ~ relation ~ " " ~ on_cluster_clause(relation) ~ " " ~ steps | join(", ")) -%}
    {%- endif -%}
    {%- if build -%}
        {%- do adapter.drop_relation(new) -%}
        {%- do note_empty_snapshots(relation, plan | rejectattr("action", "equalto", "drop") | map(attribute="name") | list) -%}
    {%- endif -%}
{% endmacro %}
