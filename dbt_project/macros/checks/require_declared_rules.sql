{# A rule is a file and a row of the seed label_rules: with one of them missing it would never vote, and nobody would know.

   Raises one sentence that names the rule and says what to add. `declared` are the rows of the seed: (rule_id, kind). #}
{% macro require_declared_rules(declared) -%}
    {%- set prefix = "int_label_rule__" -%}
    {%- set files = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name.startswith(prefix) -%}
        {%- do files.append(node.name[prefix | length:]) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for rule_id, kind in declared if kind in ["heuristic", "propagated"] -%}
        {%- do rows.append(rule_id) -%}
    {%- endfor -%}
    {%- for rule in files | sort if rule not in rows -%}
        {{ exceptions.raise_compiler_error(
            "The label rule " ~ rule ~ " has a file and no row in the seed label_rules; add one of kind heuristic or propagated to "
            ~ "dbt_project/seeds/label_rules.csv and run `dbt seed`."
        ) }}
    {%- endfor -%}
    {%- for rule in rows | sort if rule not in files -%}
        {{ exceptions.raise_compiler_error(
            "The seed label_rules declares the rule " ~ rule ~ ", which has no file; add dbt_project/models/labels/rules/" ~ prefix ~ rule
            ~ ".sql, or remove the row and run `dbt seed`."
        ) }}
    {%- endfor -%}
    {%- for rule in files | sort if rule not in label_rules() -%}
        {{ exceptions.raise_compiler_error(
            "The label rule " ~ rule ~ " is not among those that vote; run `python tools/describe_models.py`, which lists them in "
            ~ "dbt_project/macros/label_rules.sql."
        ) }}
    {%- endfor -%}
{%- endmacro %}


{# The rows of the seed as it is loaded. #}
{% macro declared_rules() -%}
    {%- set loaded = adapter.get_relation(database="", schema=target.schema, identifier="label_rules") -%}
    {{ return(run_query("select rule_id, kind from " ~ loaded).rows if loaded is not none else []) }}
{%- endmacro %}
