{#
    A query for the rows of a model with the two columns that identify their partition. With several snapshots, a row's key
    decides which it belongs to: the column snapshot_key where the model's YAML has it, otherwise network, processing_date and
    window_days.
#}
{% macro rows_of_snapshots(batch, sql) -%}
    {%- set snapshots, states = [], [] -%}
    {%- for partition in batch -%}
        {%- set snapshot, state = partition.name[1:-1].split(",") -%}
        {%- do snapshots.append(snapshot) -%}
        {%- do states.append(state) -%}
    {%- endfor -%}
    {%- if batch | length > 1 -%}
        {%- set snapshot = "snapshot_key" if "snapshot_key" in model.columns else snapshot_key() -%}
        {%- set state -%}
            transform({{ snapshot }}, [{{ snapshots | join(", ") }}], [{{ states | join(", ") }}], 0)
            + throwIf(not has([{{ snapshots | join(", ") }}], {{ snapshot }}), 'A row of another snapshot.')
        {%- endset -%}
    {%- else -%}
        {%- set snapshot, state = snapshots | first | default(0), states | first | default(0) -%}
    {%- endif -%}
        select
            *,
            toUInt64({{ snapshot }}) as _snapshot,
            toUInt64({{ state }}) as _inputs
        from (
            {{ sql }}
        )
{%- endmacro %}
