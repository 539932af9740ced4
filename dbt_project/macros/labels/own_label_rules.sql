{# The var label_rules, checked: rules of one's own and changes to built-in ones, rule → columns of the seed label_rules. #}
{% macro own_label_rules() -%}
    {%- set rules = var("label_rules", {}) or {} -%}
    {%- set known = label_rule_columns() -%}
    {%- set here = "The var label_rules in dbt_project.yml " -%}
    {%- if rules is not mapping -%}
        {{ exceptions.raise_compiler_error(here ~ "is not a mapping; write `my_rule: {polarity: risky}` below it.") }}
    {%- endif -%}
    {%- for rule, given in rules.items() -%}
        {%- if not modules.re.fullmatch("[a-z][a-z0-9_]*", rule | string) -%}
            {{ exceptions.raise_compiler_error(
                here ~ "names the rule '" ~ rule ~ "'; use lower-case letters, digits and _ only."
            ) }}
        {%- elif given is not mapping -%}
            {{ exceptions.raise_compiler_error(here ~ "gives " ~ rule ~ " no columns; write {polarity: risky}.") }}
        {%- endif -%}
        {%- for column, value in given.items() -%}
            {%- if column not in known -%}
                {{ exceptions.raise_compiler_error(
                    here ~ "gives " ~ rule ~ " a column '" ~ column ~ "'; there are: " ~ (known | join(", ")) ~ "."
                ) }}
            {%- elif known[column][0] in ["Float64", "Int32"] and value is not number -%}
                {{ exceptions.raise_compiler_error(here ~ "gives " ~ rule ~ " a " ~ column ~ " that is no number.") }}
            {%- elif known[column][0] == "Bool" and value is not boolean -%}
                {{ exceptions.raise_compiler_error(here ~ "gives " ~ rule ~ " a " ~ column ~ " that is not true or false.") }}
            {%- endif -%}
        {%- endfor -%}
        {%- if rule not in built_in_label_rules() + ["sot", "custom", "derived"] and given.polarity is not defined -%}
            {{ exceptions.raise_compiler_error(
                here ~ "does not say how " ~ rule ~ " votes; add `polarity: risky`, benign or both."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}
