{# The part of a whole; missing where there is no whole. #}
{% macro share_of(part, whole) -%}
    if({{ whole }} > 0, {{ part }} / {{ whole }}, null)
{%- endmacro %}


{# A publisher's word without what is only its spelling: case, and whatever is neither letter nor digit. #}
{% macro normalised_name(expression) -%}
    trim(replaceRegexpAll(lowerUTF8({{ expression }}), '[^\\p{L}\\p{N}]+', ' '))
{%- endmacro %}


{# How strongly a gold vote is believed, the order of the strategy address_labels; its last element is the vote. #}
{% macro gold_strength() -%}
    tuple(confidence, trust, source_trust, source, rule_id, vote)
{%- endmacro %}
