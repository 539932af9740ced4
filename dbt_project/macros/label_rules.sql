{# Written by scripts/describe_models.py from the files in models/labels/rules; change those, not this. #}
{% macro label_rules() -%}
    {{ return(["new_address_high_volume"]) }}
{%- endmacro %}
