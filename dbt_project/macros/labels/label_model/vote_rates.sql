{# P(vote | class) of each vote type, from the share of addresses with the vote and its accuracy by Bayes' rule. #}
{% macro vote_rates(class_probability, if_risky, if_benign) -%}
    arrayMap(
        (count, accuracy, vote) -> (
            count / all_addresses * if(vote = 1, {{ if_risky }}, {{ if_benign }}) / {{ class_probability }}
        ),
        vote_counts, accuracies, votes
    )
{%- endmacro %}
