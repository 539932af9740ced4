{#
    Builds beside the table the partitions of a plan that are to be built, and puts them in the place of those to be dropped.

    A replicated database passes a statement about partitions to the tables only if all of it does the same, so it gets two; another
    one gets one. A copy of a replicated table (`create table … as`) would have the arguments of its engine, which it refuses.
#}
{% macro replace_snapshots(relation, new, plan, sql) %}
    {%- set build = plan | selectattr("action", "equalto", "build") | list -%}
    {%- set drops, attaches = [], [] -%}
    {%- for partition in plan if partition.action == "drop" -%}
        {%- do drops.append("drop partition " ~ partition.name) -%}
    {%- endfor -%}
    {%- for partition in build -%}
        {%- do attaches.append("attach partition " ~ partition.name ~ " from " ~ new) -%}
    {%- endfor -%}
    {%- if build and is_replicated() -%}
        {%- do create_by_snapshot(new, sql) -%}
    {%- elif build -%}
        {%- do run_query("create table " ~ new ~ " as " ~ relation) -%}
    {%- endif -%}
    {%- if build -%}
        {%- do fill_snapshots(new, build, sql) -%}
    {%- endif -%}
    {%- set together = [drops, attaches] if is_replicated() else [drops + attaches] -%}
    {%- for steps in together if steps -%}
        {%- do run_query("alter table " ~ relation ~ " " ~ steps | join(", ")) -%}
    {%- endfor -%}
    {%- if build -%}
        {%- do adapter.drop_relation(new) -%}
        {%- do note_empty_snapshots(relation, plan | rejectattr("action", "equalto", "drop") | map(attribute="name") | list) -%}
    {%- endif -%}
{% endmacro %}
