{# A vote as one whole number, so that the strongest of many is their maximum and nothing depends on the order of rows:
   gold before all else, then confidence in millionths, the voter (numbered by trust), its voice, and what it says. #}
{% macro pack_vote(is_gold, confidence, voter, voice_number, vote) -%}
    bitShiftLeft(toUInt64({{ is_gold }}), 52) + bitShiftLeft(toUInt64(round({{ confidence }} * 1000000)), 32) + bitShiftLeft(toUInt64({{ voter }}), 16)
        + bitShiftLeft(toUInt64({{ voice_number }}), 1) + {{ vote }}
{%- endmacro %}


{% macro vote_of(packed) -%}
    toUInt8(bitAnd({{ packed }}, 1))
{%- endmacro %}


{% macro voice_of(packed) -%}
    toUInt16(bitAnd(bitShiftRight({{ packed }}, 1), 32767))
{%- endmacro %}


{% macro voter_of(packed) -%}
    toUInt16(bitAnd(bitShiftRight({{ packed }}, 16), 65535))
{%- endmacro %}


{% macro confidence_of(packed) -%}
    (bitAnd(bitShiftRight({{ packed }}, 32), 1048575) / 1000000)
{%- endmacro %}


{# Confidences are told apart by steps only, so that votes fall into few patterns. #}
{% macro confidence_step_of(packed) -%}
    (0
    {%- for step in var('label_model_confidence_steps') %}
        + (bitAnd(bitShiftRight({{ packed }}, 32), 1048575) >= {{ (step * 1000000) | round | int }})
    {%- endfor %})
{%- endmacro %}
