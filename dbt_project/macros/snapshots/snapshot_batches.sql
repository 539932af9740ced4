{#
    Which partitions of a plan are built by one statement: as many as have a million rows in the model's inputs together, because
    planning a statement takes as long for few rows as for many; a larger one by itself. There is always a first batch; without
    partitions it is empty.
#}
{% macro snapshot_batches(partitions) %}
    {%- set batches = [[]] -%}
    {%- set batched = namespace(rows=0) -%}
    {#- A partition of snapshot 0 has no rows: see snapshot_plan. -#}
    {%- for partition in partitions if not partition.name.startswith("(0,") -%}
        {%- set batched.rows = batched.rows + partition.rows | int -%}
        {%- if batches[-1] and batched.rows > 1000000 -%}
            {%- do batches.append([]) -%}
            {%- set batched.rows = partition.rows | int -%}
        {%- endif -%}
        {%- do batches[-1].append(partition) -%}
    {%- endfor -%}
    {{ return(batches) }}
{% endmacro %}
