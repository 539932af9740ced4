{# Records that this run has built every model, if it has: with its number, an expression, and the time at which it started. #}
{% macro mark_whole_build(marks, built, build) %}
    {%- set missing = [] -%}
    {%- for node in graph.nodes.values() if is_built(node) and node.resource_type == "model" and node.unique_id not in built -%}
        {%- do missing.append(node.unique_id) -%}
    {%- endfor -%}
    {%- if not missing -%}
        {%- set statement -%}
            insert into {{ marks }} (node, event, build, invocation_id, marked_at)
            select 'whole', 'finished', {{ build }}, '{{ invocation_id }}',
                fromUnixTimestamp64Milli({{ (run_started_at.timestamp() * 1000) | int }})
        {%- endset -%}
        {%- do run_query(statement) -%}
    {%- endif -%}
{% endmacro %}
