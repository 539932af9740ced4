{#
    Returns what was started and not finished, among the nodes and loads with this prefix. Seeds are among them
    because dbt creates a table before it fills it.
#}
{% macro unfinished(prefix) %}
    {%- set names = [] -%}
    {%- set marks = adapter.get_relation(database="", schema=target.schema, identifier="build_marks") -%}
    {%- if marks is not none -%}
        {%- set query -%}
            select node from {{ marks }} where startsWith(node, '{{ prefix }}')
            group by node having maxIf(build, event = 'started') > maxIf(build, event = 'finished') order by node
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do names.append(row[0]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}
