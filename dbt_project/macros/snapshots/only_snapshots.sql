{# The setting that hides, in all tables by snapshot that a model reads, the rows of snapshots other than those of a batch. #}
{% macro only_snapshots(batch, inputs) -%}
    {%- set selections = [] -%}
    {%- for partition in batch -%}
        {%- do selections.append(fromjson(partition.selections)) -%}
    {%- endfor -%}
    additional_table_filters = {
    {%- for table in inputs.parts + inputs.rows + inputs.stored -%}
        {%- set name = table.database ~ "." ~ table.name -%}
        {%- set column = "_snapshot" if table in inputs.stored else "_partition_id" -%}
        {%- set selected = [] -%}
        {%- for selection in selections if name in selection -%}
            {%- do selected.append(selection[name]) -%}
        {%- endfor -%}
        {#- A table without rows of these snapshots is hidden as a whole. -#}
        {%- set filter = column ~ " in (" ~ selected | join(", ") ~ ")" if selected else "1 = 0" -%}
        '{{ name }}': '{{ filter | replace("'", "\\'") }}'{{ ", " if not loop.last }}
    {%- endfor -%}
    }
{%- endmacro %}
