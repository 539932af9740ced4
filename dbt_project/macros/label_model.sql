{# What a round's estimates say of a pattern: `evidence[position]` adds to the log-odds for every code that was spoken, and
   `silence` is the log-odds of an address of which nobody speaks. `relation` is of the shape of int_label_model__estimates. #}
{% macro label_model_beliefs(relation, momentum=false) -%}
    select
        * except (looked, prevalence, accuracies, risky_rates, benign_rates, silences),
        arrayMap(
            (risky, benign, says, silent) -> {{ 'if(round < ' ~ (var('label_model_rounds') // 3) ~ ', 1, 0)' if momentum else '0' }}
                * greatest(0, if(says = 1, -1, 1) * log((risky + 0.000001) / (benign + 0.000001))) * if(says = 1, 1, -1)
                + log((risky + 0.000001) / (benign + 0.000001)) - silent,
            risky_rates, benign_rates, says, silences
        ) as evidence,
        log(prevalence / (1 - prevalence))
            + arraySum((silent, number) -> if(number = 1, silent, 0), silences, arrayEnumerateUniq(voice_numbers)) as silence
    from (
        select
            *,
            {% if momentum -%}
            arrayMap((now, before) -> greatest(-7, least(7, now + round / (round + 3) * (now - before))), estimate, previous)
            {%- else -%}
            estimate
            {%- endif %} as looked,
            1 / (1 + exp(-looked[-1])) as prevalence,
            arrayMap(log_odds -> 1 / (1 + exp(-log_odds)), arrayPopBack(looked)) as accuracies,
            -- How often each code is spoken of risky and of benign addresses.
            arrayMap(
                (votes, accuracy, says) -> votes / all_addresses * if(says = 1, accuracy, 1 - accuracy) / prevalence,
                vote_counts, accuracies, says
            ) as risky_rates,
            arrayMap(
                (votes, accuracy, says) -> votes / all_addresses * if(says = 1, 1 - accuracy, accuracy) / (1 - prevalence),
                vote_counts, accuracies, says
            ) as benign_rates,
            -- A voice is silent with the rest of its probability, which is kept from vanishing.
            arrayMap(
                voice -> log(
                    greatest(0.02, 1 - arraySum((rate, of) -> if(of = voice, rate, 0), risky_rates, voice_numbers))
                    / greatest(0.02, 1 - arraySum((rate, of) -> if(of = voice, rate, 0), benign_rates, voice_numbers))
                ),
                voice_numbers
            ) as silences
        from {{ relation }}
    )
{%- endmacro %}


{# P(risky) of a pattern in millionths, from the beliefs joined to it. #}
{% macro pattern_risky() -%}
    toUInt64(round(1000000 / (1 + exp(-(
        beliefs.silence + arraySum(position -> beliefs.evidence[position], patterns.positions)
    )))))
{%- endmacro %}
