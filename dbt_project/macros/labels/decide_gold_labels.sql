{# One row per address with gold votes, for a strategy in which the strongest of them decides.

   Votes rank by confidence, then by the trust in their rule, then in their source; whatever that leaves tied is settled by
   source, rule and vote, so that the outcome never depends on the order of rows. With `rule` only its votes count. #}
{% macro decide_gold_labels(strategy, rule=none) -%}
    select
        network,
        processing_date,
        window_days,
        address,
        address_key,
        '{{ strategy }}' as strategy,
        tupleElement(strongest, 1) as label,
        tupleElement(strongest, 2) as label_confidence,
        if(label = 1, label_confidence, 1 - label_confidence) as p_risky,
        tupleElement(strongest, 4) as label_source,
        tupleElement(strongest, 3) as rule_id,
        'gold' as label_kind,
        toUInt32(votes_in_all) as vote_count,
        toUInt32(votes_risky) as risky_vote_count,
        toUInt32(votes_in_all - votes_risky) as benign_vote_count,
        votes_risky > 0 and votes_risky < votes_in_all as is_conflict
    from (
        select
            any(votes.network) as network,
            any(votes.processing_date) as processing_date,
            any(votes.window_days) as window_days,
            any(votes.address) as address,
            votes.address_key as address_key,
            argMax(
                tuple(votes.vote, votes.confidence, votes.rule_id, votes.source),
                tuple(votes.confidence, rules.trust, ifNull(sources.trust, 0), votes.source, votes.rule_id, votes.vote)
            ) as strongest,
            count() as votes_in_all,
            sum(votes.vote) as votes_risky
        from {{ ref('int_label_votes__gold') }} as votes
        inner join {{ ref('label_rules') }} as rules on rules.rule_id = votes.rule_id
        left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('votes.source') }}
        where rules.enabled{% if rule %} and votes.rule_id = '{{ rule }}'{% endif %}
        group by votes.address_key
    )
{%- endmacro %}
