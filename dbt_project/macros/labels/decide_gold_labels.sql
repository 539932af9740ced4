{# The labels of a strategy that takes the strongest gold vote: one row per address with gold votes, with the columns that all
   strategies have (models/labels/strategies/_strategies.yml). An address without gold votes has no row.

   Votes rank by confidence, then by the trust in their rule, then by the trust in their source. Source, rule and vote break
   what is still tied, so that the outcome never depends on the order of rows. With `rule`, only the votes of that rule count.
   #}
{% macro decide_gold_labels(strategy, rule=none) -%}
with ranked as (

    select
        votes.network as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        votes.vote as vote,
        votes.confidence as confidence,
        votes.source as source,
        votes.rule_id as rule_id,
        tuple(votes.confidence, rules.trust, ifNull(sources.trust, 0), votes.source, votes.rule_id, votes.vote) as strength
    from {{ ref('int_label_votes__gold') }} as votes
    inner join {{ ref('fct_label_rules') }} as rules on rules.rule_id = votes.rule_id
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('votes.source') }}
    where rules.enabled{% if rule %} and votes.rule_id = '{{ rule }}'{% endif %}

),

decided as (

    select
        any(ranked.network) as network,
        any(ranked.processing_date) as processing_date,
        any(ranked.window_days) as window_days,
        any(ranked.address) as address,
        address_key,
        argMax(ranked.vote, strength) as label,
        argMax(ranked.confidence, strength) as label_confidence,
        argMax(ranked.source, strength) as label_source,
        argMax(ranked.rule_id, strength) as rule_id,
        count() as votes,
        sum(ranked.vote) as risky_votes
    from ranked
    group by address_key

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        address_key,
        '{{ strategy }}' as strategy,
        label,
        label_confidence,
        if(label = 1, label_confidence, 1 - label_confidence) as p_risky,
        label_source,
        rule_id,
        'gold' as label_kind,
        toUInt32(votes) as vote_count,
        toUInt32(risky_votes) as risky_vote_count,
        toUInt32(votes - risky_votes) as benign_vote_count,
        risky_votes > 0 and risky_votes < votes as is_conflict
    from decided

)

select * from final
{%- endmacro %}
