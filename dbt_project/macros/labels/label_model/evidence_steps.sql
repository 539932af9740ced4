{# The evidence of a vote pattern with some `positions`, as log-odds: a list of [name, SQL]. `gold_log_odds` is from its gold
   votes and `rule_log_odds` from the votes and abstentions of all other voices. A vote counts with its log-likelihood ratio less
   that of the abstention that it replaces. #}
{% macro evidence_steps() -%}
    {{ return([
        ["has_gold", "arrayExists(position -> is_gold[position], positions)"],
        ["gold_log_odds", "arraySum(position -> if(is_gold[position], vote_log_ratios[position], 0), positions)"],
        [
            "rule_log_odds",
            "all_abstain_log_ratio + arraySum(position -> if("
            ~ "is_gold[position], 0, vote_log_ratios[position] - abstention_log_ratios[position]), positions)"
        ]
    ]) }}
{%- endmacro %}
