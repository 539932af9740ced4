{# What vote_likelihoods computes from the columns of int_label_model__estimates: a list of [name, SQL], each of which may use
   those before it; docs/label_model.md has the formulas. #}
{% macro vote_likelihood_steps() -%}
    {{ return([
        ["class_balance", "1 / (1 + exp(-class_balance_log_odds))"],
        ["prior_log_odds", "log(class_balance / (1 - class_balance))"],
        ["accuracies", "arrayMap(log_odds -> 1 / (1 + exp(-log_odds)), accuracy_log_odds)"],
        ["risky_rates", vote_rates("class_balance", "accuracy", "1 - accuracy")],
        ["benign_rates", vote_rates("(1 - class_balance)", "1 - accuracy", "accuracy")],
        [
            "vote_log_ratios",
            "arrayMap((risky, benign) -> log((risky + 0.000001) / (benign + 0.000001)), risky_rates, benign_rates)"
        ],
        ["abstention_log_ratios", abstention_log_ratios()],
        [
            "all_abstain_log_ratio",
            "arraySum((abstention, occurrence) -> if(occurrence = 1, abstention, 0), abstention_log_ratios, "
            ~ "arrayEnumerateUniq(voice_numbers))"
        ]
    ]) }}
{%- endmacro %}
