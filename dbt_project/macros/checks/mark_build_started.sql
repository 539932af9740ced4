{#
    Records which models and seeds this run is about to build. Those that it does not finish, because it is killed or one of them
    fails, stay marked, and what would read tables of two runs is refused until they are built.
#}
{% macro mark_build_started() %}
    {%- set built = [] -%}
    {%- if execute and flags.WHICH in ["run", "build", "seed", "retry"] -%}
        {%- for node in selected_resources if is_built(graph.nodes.get(node)) -%}
            {%- do built.append(node) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set marks = adapter.get_relation(database="", schema=target.schema, identifier="build_marks") -%}
    {%- if built and marks is not none -%}
        {#- A node that the project no longer has cannot be built again. -#}
        {%- set finish_gone -%}
            insert into {{ marks }} (node, event, build, invocation_id)
            select distinct node, 'finished', build, invocation_id from {{ marks }} final
            where
                event = 'started'
                and not startsWith(node, 'load.')
                and node not in ('{{ graph.nodes.keys() | join("', '") }}')
        {%- endset -%}
        {%- do run_query(finish_gone) -%}
        {%- do run_query(mark_nodes(marks, "started", built, "(select max(build) + 1 from " ~ marks ~ ")")) -%}
    {%- endif -%}
{% endmacro %}
