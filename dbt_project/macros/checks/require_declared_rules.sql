{# Stops dbt unless every label rule has a file, a row in the seed label_rules and a place in the macro label_rules: a rule that
   lacks one of them would silently never vote. `declared` has the rows (rule_id, kind) of the seed. #}
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
            "The label rule " ~ rule ~ " has a file but no row in the seed label_rules; add one of kind heuristic or propagated "
            ~ "to dbt_project/seeds/label_rules.csv and run `dbt seed`."
        ) }}
    {%- endfor -%}
    {%- for rule in rows | sort if rule not in files -%}
        {{ exceptions.raise_compiler_error(
            "The seed label_rules declares the rule " ~ rule ~ ", which has no file; add dbt_project/models/labels/rules/"
            ~ prefix ~ rule ~ ".sql, or remove the row and run `dbt seed`."
        ) }}
    {%- endfor -%}
    {%- for rule in files | sort if rule not in label_rules() -%}
        {{ exceptions.raise_compiler_error(
            "The label rule " ~ rule ~ " is missing from the list of rules that vote; run `python tools/describe_models.py`, "
            ~ "which writes dbt_project/macros/labels/label_rules.sql."
        ) }}
    {%- endfor -%}
{%- endmacro %}
