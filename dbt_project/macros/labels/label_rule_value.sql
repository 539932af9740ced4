{# A value of the var label_rules as a literal of its column's type. #}
{% macro label_rule_value(column, value) -%}
    {%- set type = label_rule_columns()[column][0] -%}
    {%- if type == "String" -%}
        '{{ escape_single_quotes(value | string) }}'
    {%- elif type == "Bool" -%}
        {{ "true" if value else "false" }}
    {%- else -%}
        cast({{ value | float if type == "Float64" else value | int }}, '{{ type }}')
    {%- endif -%}
{%- endmacro %}
