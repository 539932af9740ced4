{# A vote as a named tuple. Tuples compare element by element, so the strongest of several votes is their maximum, whatever the
   order of the rows: gold first, then confidence, then trust (voters are numbered by it).

   Confidence is in millionths, because a Float32 such as 0.6 has no exact value to compare. #}
{% macro ranked_vote(is_gold, confidence, voter, voice_number, vote) -%}
    cast(
        tuple({{ is_gold }}, round({{ confidence }} * 1000000), {{ voter }}, {{ voice_number }}, {{ vote }}),
        'Tuple(is_gold UInt8, confidence_millionths UInt32, voter UInt16, voice_number UInt16, vote UInt8)'
    )
{%- endmacro %}
