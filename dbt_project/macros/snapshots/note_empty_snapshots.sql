{#
    Notes in the comment of a table which of some partitions have no rows, because a partition without rows does not exist, and
    would be built again by every run. What was noted before is replaced.
#}
{% macro note_empty_snapshots(relation, names) %}
    {%- set parts -%}
        select distinct partition from system.parts
        where database = '{{ relation.schema }}' and table = '{{ relation.identifier }}' and active
    {%- endset -%}
    {%- set filled = [] -%}
    {%- for part in run_query(parts).rows -%}
        {%- do filled.append(part[0]) -%}
    {%- endfor -%}
    {%- set empty = names | reject("in", filled) | join(" ") -%}
    {%- if empty -%}
        {%- do run_query(
            "alter table " ~ relation ~ " modify comment 'No rows: " ~ empty ~ "'"
        ) -%}
    {%- endif -%}
{% endmacro %}
