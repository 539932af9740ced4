{# The number of the voter that speaks for a rule through a source, 0 for none (a rule that is switched off). #}
{% macro voter_number(rule, source) -%}
    transform(
        toString({{ source }}),
        (select arrayPushBack(groupArray(source), '\\0') from (select source from {{ ref('int_label_voters') }} where rule_id = {{ rule }} order by voter)),
        (select arrayPushBack(groupArray(voter), toUInt16(0)) from (select voter from {{ ref('int_label_voters') }} where rule_id = {{ rule }} order by voter)),
        toUInt16(0)
    )
{%- endmacro %}


{# What int_label_voters says of the voter of a vote; never NULL, whatever the types of a unit test's rows. #}
{% macro of_voter(column, voter='votes.voter') -%}
    assumeNotNull(
        (select groupArray({{ column }}) from (select {{ column }} from {{ ref('int_label_voters') }} order by voter))[{{ voter }}]
    )
{%- endmacro %}
