{# The names of the label rules that vote: those of this project, and those that only the var label_rules names. #}
{% macro label_rules() -%}
    {%- set names = built_in_label_rules() | list -%}
    {%- for rule in own_label_rules() if rule not in names and rule not in ["sot", "custom", "derived"] -%}
        {%- do names.append(rule) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
