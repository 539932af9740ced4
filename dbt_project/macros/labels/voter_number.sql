{# The number in int_label_voters of a rule and source; 0 when it has none, because the rule is disabled. #}
{% macro voter_number(rule, source) -%}
    transform(
        toString({{ source }}),
        (
            select arrayPushBack(groupArray(source), '\\0')
            from (select source from {{ ref('int_label_voters') }} where rule_id = {{ rule }} order by voter)
        ),
        (
            select arrayPushBack(groupArray(voter), toUInt16(0))
            from (select voter from {{ ref('int_label_voters') }} where rule_id = {{ rule }} order by voter)
        ),
        toUInt16(0)
    )
{%- endmacro %}
