{#
    Whether a view has a query already, and nothing that this reads was created or changed since the view was: then its columns
    are the same, too. A time is in whole seconds, so that what has the view's own time counts as newer. What a view has beside
    columns and a query (a comment, another's rights) makes it another one.
#}
{% macro is_unchanged_view(relation, sql) %}
    {%- set inputs, schemas, names = [], [relation.schema], [relation.identifier] -%}
    {%- for name in model.depends_on.nodes -%}
        {%- set node = graph.sources[name] if name in graph.sources else graph.nodes[name] -%}
        {%- if node.config.materialized == "ephemeral" -%}
            {{ return(false) }}
        {%- endif -%}
        {%- do schemas.append(node.schema) -%}
        {%- do names.append(node.identifier or node.alias) -%}
        {%- do inputs.append("('" ~ schemas[-1] ~ "', '" ~ names[-1] ~ "')") -%}
    {%- endfor -%}
    {%- set is_this = "database = '" ~ relation.schema ~ "' and name = '" ~ relation.identifier ~ "'" -%}
    {%- set is_input = "(database, name) in (" ~ (inputs or ["('', '')"]) | join(", ") ~ ")" -%}
    {%- set query -%}
        select
            countIf({{ is_input }}) = {{ inputs | length }}
            and maxIf(metadata_modification_time, {{ is_input }}) < maxIf(metadata_modification_time, {{ is_this }})
            and endsWith(
                anyIf(create_table_query, {{ is_this }}),
                concat(') AS ', formatQuerySingleLineOrNull('{{ sql | replace("\\", "\\\\") | replace("'", "\\'") }}'))
            )
        from system.tables
        -- Both conditions apart, because the database looks up only tables that each of them leaves.
        where database in ('{{ schemas | unique | join("', '") }}') and name in ('{{ names | join("', '") }}')
    {%- endset -%}
    {{ return(run_query(query).rows[0][0] == 1) }}
{% endmacro %}
