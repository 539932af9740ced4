{# Stops dbt unless every label rule has a file, an entry (a row in the seed label_rules, or in the var of that name) and a place
   in the macro label_rules: a rule that lacks one would silently never vote. `declared` has the seed's rows (rule_id, kind). #}
{% macro require_declared_rules(declared) -%}
    {%- set prefix = "int_label_rule__" -%}
    {%- set own = own_label_rules() -%}
    {%- set files = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name.startswith(prefix) -%}
        {%- do files.update({node.name[prefix | length:]: node.package_name}) -%}
    {%- endfor -%}
    {%- set rows = [] -%}
    {%- for rule_id, kind in declared if kind in ["heuristic", "propagated"] -%}
        {%- do rows.append(rule_id) -%}
    {%- endfor -%}
    {%- for rule, package in files | dictsort if rule not in rows and rule not in own -%}
        {%- if package == "trainer" -%}
            {{ exceptions.raise_compiler_error(
                "The label rule " ~ rule ~ " has a file but no row in the seed label_rules; add one of kind heuristic or "
                ~ "propagated to dbt_project/seeds/label_rules.csv and run `dbt seed`."
            ) }}
        {%- endif -%}
        {{ exceptions.raise_compiler_error(
            "The label rule " ~ rule ~ " has a file but no entry in the var label_rules; add `" ~ rule
            ~ ": {polarity: risky}` to it in dbt_project.yml."
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
            ~ "which writes dbt_project/macros/labels/built_in_label_rules.sql."
        ) }}
    {%- endfor -%}
{%- endmacro %}
