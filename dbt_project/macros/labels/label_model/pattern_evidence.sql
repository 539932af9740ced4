{# The evidence of each vote pattern as log-odds: `prior_log_odds`, `gold_log_odds` from its gold votes and `rule_log_odds` from
   the votes and abstentions of all other voices. `likelihoods` has the columns of vote_likelihoods. A vote counts with its log-
   likelihood ratio less that of the abstention that it replaces. `kept` names further columns of it to keep. #}
{% macro pattern_evidence(likelihoods, kept=[]) -%}
    select
        likelihoods.snapshot_key as snapshot_key,
        {%- for column in kept %}
        likelihoods.{{ column }} as {{ column }},
        {%- endfor %}
        likelihoods.prior_log_odds as prior_log_odds,
        patterns.network as network,
        patterns.processing_date as processing_date,
        patterns.window_days as window_days,
        patterns.pattern_key as pattern_key,
        patterns.positions as positions,
        patterns.addresses as addresses,
        arrayExists(position -> likelihoods.is_gold[position], patterns.positions) as has_gold,
        arraySum(
            position -> if(likelihoods.is_gold[position], likelihoods.vote_log_ratios[position], 0), patterns.positions
        ) as gold_log_odds,
        likelihoods.all_abstain_log_ratio + arraySum(
            position -> if(
                likelihoods.is_gold[position],
                0,
                likelihoods.vote_log_ratios[position] - likelihoods.abstention_log_ratios[position]
            ),
            patterns.positions
        ) as rule_log_odds
    from {{ ref('int_label_model__patterns') }} as patterns
    inner join {{ likelihoods }} as likelihoods on likelihoods.snapshot_key = patterns.snapshot_key
{%- endmacro %}
