{# One row per address with votes: the labels of a strategy that weighs all of them.

   `relation` has int_label_tallies's columns and either `decider`, the packed vote that decides, or, where the strategy computes
   it, `probability` of being risky: the strongest vote that agrees then stands for the label. Where all gold labels of an
   address agree, no heuristic overrules them: the label is theirs, and what speaks against it only lowers the confidence, to a
   half at the least. #}
{% macro decide_tallied_labels(strategy, relation, kind="voters.kind", probability=false) -%}
    select
        toLowCardinality(tallies.network) as network,
        tallies.processing_date as processing_date,
        tallies.window_days as window_days,
        tallies.address as address,
        tallies.address_key as address_key,
        toLowCardinality('{{ strategy }}') as strategy,
        {% if probability -%}
        tallies.says as label,
        toFloat32(if(label = 1, tallies.probability, 1 - tallies.probability)) as label_confidence,
        {% else -%}
        {{ vote_of('tallies.decider') }} as label,
        toFloat32({{ confidence_of('tallies.decider') }}) as label_confidence,
        {% endif -%}
        if(label = 1, label_confidence, 1 - label_confidence) as p_risky,
        toLowCardinality(voters.source) as label_source,
        toLowCardinality(voters.rule_id) as rule_id,
        toLowCardinality({{ kind }}) as label_kind,
        tallies.vote_count as vote_count,
        tallies.risky_vote_count as risky_vote_count,
        toUInt32(tallies.vote_count - tallies.risky_vote_count) as benign_vote_count,
        tallies.risky_vote_count > 0 and tallies.risky_vote_count < tallies.vote_count as is_conflict
    {% if probability -%}
    from (
        select
            *,
            multiIf(
                probability > 0.5, 1, probability < 0.5, 0, unanimous_gold >= 0, toUInt8(unanimous_gold), {{ vote_of('voices[1]') }}
            ) as says,
            arrayFirst(packed -> {{ vote_of('packed') }} = says, voices) as agreeing,
            if(agreeing > 0, agreeing, voices[1]) as decider
        from {{ relation }}
    ) as tallies
    {% else -%}
    from {{ relation }} as tallies
    {% endif -%}
    inner join {{ ref('int_label_voters') }} as voters on voters.voter = {{ voter_of('tallies.decider') }}
{%- endmacro %}


{# The probability that no heuristic turns against unanimous gold labels. #}
{% macro within_gold(probability) -%}
    multiIf(
        unanimous_gold = 1, greatest({{ probability }}, 0.5), unanimous_gold = 0, least({{ probability }}, 0.5), {{ probability }}
    )
{%- endmacro %}
