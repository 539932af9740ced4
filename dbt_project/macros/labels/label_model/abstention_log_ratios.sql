{# log(P(voice abstains | risky) / P(voice abstains | benign)) for the voice of each vote type; both are kept above 0.02. Gold
   abstains without meaning: which addresses curators label is their choice. #}
{% macro abstention_log_ratios() -%}
    arrayMap(
        (voice, of_gold) -> if(of_gold, 0, log(
            greatest(0.02, 1 - arraySum((rate, other) -> if(other = voice, rate, 0), risky_rates, voice_numbers))
            / greatest(0.02, 1 - arraySum((rate, other) -> if(other = voice, rate, 0), benign_rates, voice_numbers))
        )),
        voice_numbers, is_gold
    )
{%- endmacro %}
