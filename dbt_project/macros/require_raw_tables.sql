{# Run at the start: without the raw tables every staging model would fail with an error that does not say what to do. #}
{% macro require_raw_tables() %}
    {%- if execute and flags.WHICH in ["run", "build", "test"] -%}
        {%- set relation = adapter.get_relation(database="", schema=target.schema, identifier="raw_features") -%}
        {%- if relation is none -%}
            {{ exceptions.raise_compiler_error(
                "There are no raw tables in " ~ target.schema ~ "; run `trainer init` (or `trainer ingest PATH`) first."
            ) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
