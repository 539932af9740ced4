{# A column of the seed label_rules, where the var label_rules gives it no other value; `rules` is the seed. #}
{% macro label_rule_column(column) -%}
    {%- set changed = [] -%}
    {%- for rule, given in own_label_rules().items() if column in given -%}
        {%- do changed.append("rules.rule_id = '" ~ rule ~ "', " ~ label_rule_value(column, given[column])) -%}
    {%- endfor -%}
    {{ "multiIf(" ~ changed | join(", ") ~ ", rules." ~ column ~ ")" if changed else "rules." ~ column }}
{%- endmacro %}
