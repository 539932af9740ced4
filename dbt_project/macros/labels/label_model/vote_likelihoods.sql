{# The evidence of votes and abstentions under given parameters, one row per snapshot; docs/label_model.md has the formulas.

   `parameters` has the columns of int_label_model__estimates. Adds `prior_log_odds`, those of the class balance;
   `vote_log_ratios` and `abstention_log_ratios`, for each vote type the log-likelihood ratios of the vote and of its voice
   abstaining; and `all_abstain_log_ratio`, that of all voices abstaining. #}
{% macro vote_likelihoods(parameters) -%}
    select
        * except (class_balance, accuracies, risky_rates, benign_rates),
        log(class_balance / (1 - class_balance)) as prior_log_odds,
        arrayMap(
            (risky_rate, benign_rate) -> log((risky_rate + 0.000001) / (benign_rate + 0.000001)), risky_rates, benign_rates
        ) as vote_log_ratios,
        -- A voice with several vote types abstains once.
        arraySum(
            (abstention, occurrence) -> if(occurrence = 1, abstention, 0),
            abstention_log_ratios,
            arrayEnumerateUniq(voice_numbers)
        ) as all_abstain_log_ratio
    from (
        select
            *,
            1 / (1 + exp(-class_balance_log_odds)) as class_balance,
            arrayMap(log_odds -> 1 / (1 + exp(-log_odds)), accuracy_log_odds) as accuracies,
            -- P(vote | risky) and P(vote | benign), from the share of addresses with the vote and its accuracy by Bayes' rule.
            arrayMap(
                (count, accuracy, vote) -> count / all_addresses * if(vote = 1, accuracy, 1 - accuracy) / class_balance,
                vote_counts, accuracies, votes
            ) as risky_rates,
            arrayMap(
                (count, accuracy, vote) -> count / all_addresses * if(vote = 1, 1 - accuracy, accuracy) / (1 - class_balance),
                vote_counts, accuracies, votes
            ) as benign_rates,
            -- log(P(voice abstains | risky) / P(voice abstains | benign)); both are kept above 0.02. Gold abstains without
            -- meaning: which addresses curators label is their choice.
            arrayMap(
                (voice, is_gold) -> if(is_gold, 0, log(
                    greatest(0.02, 1 - arraySum((rate, other) -> if(other = voice, rate, 0), risky_rates, voice_numbers))
                    / greatest(0.02, 1 - arraySum((rate, other) -> if(other = voice, rate, 0), benign_rates, voice_numbers))
                )),
                voice_numbers, is_gold
            ) as abstention_log_ratios
        from {{ parameters }}
    )
{%- endmacro %}
