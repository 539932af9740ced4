{# The rows of `relation`, which has the columns of int_label_tallies (one row per address with votes) and `probability`, its
   P(risky), with `label`, `label_confidence` and `deciding_vote`, as tallied_labels needs them.

   At exactly one half, gold labels that all agree decide, else the strongest vote. The label is credited to the strongest vote
   that agrees with it. #}
{% macro decide_by_probability(relation) -%}
    select
        *,
        multiIf(
            probability > 0.5, 1,
            probability < 0.5, 0,
            unanimous_gold >= 0, toUInt8(unanimous_gold),
            tupleElement(voice_votes[1], 'vote')
        ) as label,
        toFloat32(if(label = 1, probability, 1 - probability)) as label_confidence,
        arrayFirst(
            candidate -> candidate.voter > 0, [arrayFirst(ranked -> ranked.vote = label, voice_votes), voice_votes[1]]
        ) as deciding_vote
    from {{ relation }}
{%- endmacro %}
