{# Records which models and seeds this run has built. After `--empty` nothing is: the tables have no rows. #}
{% macro mark_build_finished(results) %}
    {%- set built = [] -%}
    {%- if execute and flags.WHICH in ["run", "build", "seed", "retry"] and not flags.EMPTY -%}
        {%- for result in results if result.status == "success" and is_built(result.node) -%}
            {%- do built.append(result.node.unique_id) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set marks = adapter.get_relation(database="", schema=target.schema, identifier="build_marks") -%}
    {%- if built and marks is not none -%}
        {%- set mine -%}
            (select max(build) from {{ marks }} where event = 'started' and invocation_id = '{{ invocation_id }}')
        {%- endset -%}
        {#- If another run has started since, both have written some of the tables: neither counts as finished. -#}
        {%- set started_since -%}
            select count() from {{ marks }}
            where event = 'started' and build > {{ mine }} and node in ('{{ built | join("', '") }}')
        {%- endset -%}
        {%- if run_query(started_since).rows[0][0] | int > 0 -%}
            {%- do run_query(mark_nodes(marks, "started", built, "(select max(build) + 1 from " ~ marks ~ ")")) -%}
        {%- else -%}
            {%- do run_query(mark_nodes(marks, "finished", built, mine)) -%}
            {%- do mark_whole_build(marks, built, mine) -%}
        {%- endif -%}
        {%- do remove_old_parts(marks) -%}
    {%- endif -%}
{% endmacro %}
