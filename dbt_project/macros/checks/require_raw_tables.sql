{# Runs when dbt starts. Without the raw tables every staging model would fail with an error that does not say what to do. #}
{% macro require_raw_tables() %}
    {%- if execute and flags.WHICH in ["run", "build", "test"] -%}
        {{ require_features_without_labels() }}
        {%- if adapter.get_relation(database="", schema=target.schema, identifier="raw_features") is none -%}
            {{ exceptions.raise_compiler_error(
                "There are no raw tables in " ~ target.schema ~ "; run `trainer init` (or `trainer ingest PATH`) first."
            ) }}
        {%- endif -%}
        {#- The newest tables. -#}
        {%- for newer in ["snapshot_loads", "raw_transfers"] -%}
            {%- if adapter.get_relation(database="", schema=target.schema, identifier=newer) is none -%}
                {{ exceptions.raise_compiler_error(
                    "The tables in " ~ target.schema ~ " are of an earlier version; run `trainer init` first."
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {%- set seed = adapter.get_relation(database="", schema=target.schema, identifier="risk_levels") -%}
        {%- if flags.WHICH == "run" and seed is none -%}
            {{ exceptions.raise_compiler_error("The seeds are not loaded in " ~ target.schema ~ "; run `dbt seed` first.") }}
        {%- endif -%}
        {%- set loads = unfinished("load.") -%}
        {%- if loads -%}
            {{ exceptions.raise_compiler_error(
                loads[0][5:] ~ " was interrupted, or is still under way; run it again to its end first."
            ) }}
        {%- endif -%}
        {%- set seeds = unfinished("seed.") -%}
        {%- if flags.WHICH == "run" and seeds -%}
            {{ exceptions.raise_compiler_error(
                "Not loaded to the end: " ~ (seeds | join(", ")) ~ "; run `dbt seed --full-refresh` first."
            ) }}
        {%- endif -%}
        {#- `dbt build` has yet to load the seed, so there the test every_label_rule_is_declared checks this. -#}
        {%- if flags.WHICH == "run" -%}
            {{ require_declared_rules(declared_rules()) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
