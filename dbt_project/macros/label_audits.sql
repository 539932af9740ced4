{# The part of a whole; missing where there is no whole. #}
{% macro share_of(part, whole) -%}
    if({{ whole }} > 0, {{ part }} / {{ whole }}, null)
{%- endmacro %}


{# An end of the 95 % interval of a share, `part` of `whole`: the score interval (Wilson, JASA 22, 1927), which stays within
   [0, 1] and holds at few rows; missing where there is none. `end` is `-` for the lower and `+` for the upper. #}
{% macro wilson(end, part, whole) -%}
    {%- set z = 1.959963984540054 -%}
    if({{ whole }} > 0, greatest(0, least(1, (
        {{ part }} + {{ z * z / 2 }} {{ end }} {{ z }} * sqrt(
            {{ part }} * toFloat64({{ whole }} - {{ part }}) / {{ whole }} + {{ z * z / 4 }}
        )
    ) / ({{ whole }} + {{ z * z }}))), null)
{%- endmacro %}


{# A publisher's word without what is only its spelling: case, and whatever is neither letter nor digit. #}
{% macro normalised_name(expression) -%}
    trim(replaceRegexpAll(lowerUTF8({{ expression }}), '[^\\p{L}\\p{N}]+', ' '))
{%- endmacro %}


{# How strongly a gold vote is believed, the order of the strategy address_labels; its last element is the vote. #}
{% macro gold_strength() -%}
    tuple(confidence, trust, source_trust, source, rule_id, vote)
{%- endmacro %}
