{# A column of int_label_voters for the voter of a vote, looked up by number instead of joined: there are several times as many
   votes as addresses. assumeNotNull, because the rows of a unit test may be of Nullable types. #}
{% macro of_voter(column, voter='votes.voter') -%}
    assumeNotNull(
        (
            select groupArray({{ column }})
            from (select {{ column }} from {{ ref('int_label_voters') }} order by voter)
        )[{{ voter }}]
    )
{%- endmacro %}
