{#
    The query that tells what a view would be made from, its SQL and the columns of what that reads, which a view takes over when
    it is made; beside it the comment of the view that is there, which says the same of that one.
#}
{% macro view_made_from(relation, model, sql) -%}
    {%- set schemas, names = [], [] -%}
    {%- for parent in model.depends_on.nodes -%}
        {%- set node = graph.sources[parent] if parent in graph.sources else graph.nodes[parent] -%}
        {%- do schemas.append(node.schema) -%}
        {%- do names.append(node.identifier or node.alias) -%}
    {%- endfor -%}
    select
        concat('Made from ', lower(hex(sipHash128(
            '{{ local_md5(get_create_view_as_sql(relation, sql)) }}',
            (
                select arraySort(groupArray((database, table, name, type)))
                from system.columns
                where
                    database in ('{{ schemas | unique | join("', '") }}')
                    and table in ('{{ names | unique | join("', '") }}')
            )
        )))) as made_from,
        (
            select any(comment) from system.tables where database = '{{ relation.schema }}' and name = '{{ relation.identifier }}'
        ) as comment
{%- endmacro %}
