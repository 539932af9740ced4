{# The columns of a rule that only the var label_rules names, in the order of label_rule_columns: its values or their defaults. #}
{% macro own_label_rule_values(rule) -%}
    {%- set given = own_label_rules()[rule] -%}
    {%- for column, (type, value) in label_rule_columns().items() %}
        {{ label_rule_value(column, given.get(column, value)) }} as {{ column }},
    {%- endfor %}
{%- endmacro %}
