{# One row per address from its votes, for a strategy in which the strongest vote decides.

   Votes rank by `ranking`, a list of expressions the most telling first; whatever they leave tied is settled by
   source, rule and vote, so that the outcome never depends on the order of rows. #}
{% macro decide_labels(strategy, votes, ranking) -%}
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
        tupleElement(strongest, 5) as label_kind,
        toUInt32(votes_in_all) as vote_count,
        toUInt32(votes_risky) as risky_vote_count,
        toUInt32(votes_in_all - votes_risky) as benign_vote_count,
        votes_risky > 0 and votes_risky < votes_in_all as is_conflict
    from (
        select
            any({{ votes }}.network) as network,
            any({{ votes }}.processing_date) as processing_date,
            any({{ votes }}.window_days) as window_days,
            any({{ votes }}.address) as address,
            address_key,
            argMax(
                tuple(vote, confidence, rule_id, source, kind),
                tuple({{ ranking | join(', ') }}, source, rule_id, vote)
            ) as strongest,
            count() as votes_in_all,
            sum(vote) as votes_risky
        from {{ votes }}
        group by address_key
    )
{%- endmacro %}
