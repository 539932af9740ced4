{# The columns that the var label_rules can give a rule: its type, and its value where a rule of one's own does not give it; a
   column without a value must be given. #}
{% macro label_rule_columns() -%}
    {{ return({
        "kind": ["String", "heuristic"],
        "polarity": ["String", none],
        "columns_read": ["String", ""],
        "prior_accuracy": ["Float64", 0.6],
        "prior_strength": ["Float64", 10],
        "trust": ["Int32", 0],
        "enabled": ["Bool", true],
        "description": ["String", ""],
    }) }}
{%- endmacro %}
