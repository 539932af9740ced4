{#
    Builds beside the table the partitions of a plan that are to be built, and puts them in the place of those to be dropped.

    A replicated database passes a statement about partitions to the tables only if all of it does the same, so it gets two; any
    other gets one. A copy of a replicated table (`create table … as`) would have the arguments of its engine, which it refuses.
#}
{% macro replace_snapshots(relation, new, plan, inputs, sql) %}
    {%- set build = plan | selectattr("action", "equalto", "build") | list -%}
    {%- set drops, attaches = [], [] -%}
    {%- for partition in plan if partition.action == "drop" -%}
        {%- do drops.append("drop partition " ~ partition.name) -%}
    {%- endfor -%}
    {%- for partition in build -%}
        {%- do attaches.append("attach partition " ~ partition.name ~ " from " ~ new) -%}
    {%- endfor -%}
    {%- set batches = snapshot_batches(build) -%}
    {%- if build and is_replicated() -%}
        {%- do create_by_snapshot(new, batches[0], inputs, sql) -%}
        {%- do fill_snapshots(new, batches[1:], inputs, sql) -%}
    {%- elif build -%}
        {%- do run_query("create table " ~ new ~ " as " ~ relation) -%}
        {%- do fill_snapshots(new, batches, inputs, sql) -%}
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
