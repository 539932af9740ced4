{# A gold vote as a tuple that sorts by strength, in the order of the strategy address_labels; its last element is the vote. #}
{% macro gold_strength() -%}
    tuple(confidence, trust, source_trust, source, rule_id, vote)
{%- endmacro %}
