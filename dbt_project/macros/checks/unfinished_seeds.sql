{# Names of the seeds that were not loaded to the end: dbt creates a table before it fills it. #}
{% macro unfinished_seeds() %}
    {%- set names = [] -%}
    {%- set marks = adapter.get_relation(database="", schema=target.schema, identifier="build_marks") -%}
    {%- if marks is not none -%}
        {%- set query -%}
            select node from {{ marks }} where startsWith(node, 'seed.')
            group by node having maxIf(build, event = 'started') > maxIf(build, event = 'finished') order by node
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do names.append(row[0].split(".")[-1]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{% endmacro %}
