{#
    What a model reads, through views. `stored` are models by snapshot; `parts` and `rows` sources by snapshot: its meta says how
    a change of theirs is noticed (`snapshot_state`); `views` the views in between; `shared` the rest, which is of no snapshot.
#}
{% macro snapshot_inputs(model) %}
    {%- set inputs = {"stored": [], "parts": [], "rows": [], "views": [], "shared": []} -%}
    {%- set reached = model.depends_on.nodes | list -%}
    {#- The list grows while the loop runs over it, until no parent is new. -#}
    {%- for name in reached -%}
        {%- set node = graph.sources[name] if name in graph.sources else graph.nodes[name] -%}
        {%- set kinds = {"by_snapshot": "stored", "view": "views", "ephemeral": "views"} -%}
        {%- set kind = kinds.get(node.config.materialized, "shared") -%}
        {%- if node.resource_type == "source" -%}
            {%- set kind = node.meta.get("snapshot_state", "shared") -%}
        {%- endif -%}
        {%- do inputs[kind].append({
            "database": node.schema, "name": node.identifier or node.alias, "is_source": node.resource_type == "source"
        }) -%}
        {%- for parent in (node.depends_on.nodes if kind == "views" else []) if parent not in reached -%}
            {%- do reached.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(inputs) }}
{% endmacro %}
