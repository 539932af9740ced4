{# What estimates say of a pattern, as log-odds: the `prior` of any address, `evidence[position]` for every code that was spoken, and
   `silence`, which is what it says that no rule speaks. `relation` is of the shape of int_label_model__estimates. #}
{% macro label_model_beliefs(relation, momentum=false) -%}
    select
        * except (looked, prevalence, accuracies, risky_rates, benign_rates, silences),
        arrayMap(
            (risky, benign, says, silent) -> {{ 'if(round < ' ~ (var('label_model_rounds') // 3) ~ ', 1, 0)' if momentum else '0' }}
                * greatest(0, if(says = 1, -1, 1) * log((risky + 0.000001) / (benign + 0.000001))) * if(says = 1, 1, -1)
                + log((risky + 0.000001) / (benign + 0.000001)) - silent,
            risky_rates, benign_rates, says, silences
        ) as evidence,
        log(prevalence / (1 - prevalence)) as prior,
        arraySum((silent, number) -> if(number = 1, silent, 0), silences, arrayEnumerateUniq(voice_numbers)) as silence
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
            -- A rule is silent with the rest of its probability, which is kept from vanishing. That a curator has not looked
            -- at an address says nothing of it.
            arrayMap(
                (voice, is_gold) -> if(is_gold, 0, 1) * log(
                    greatest(0.02, 1 - arraySum((rate, of) -> if(of = voice, rate, 0), risky_rates, voice_numbers))
                    / greatest(0.02, 1 - arraySum((rate, of) -> if(of = voice, rate, 0), benign_rates, voice_numbers))
                ),
                voice_numbers, golden
            ) as silences
        from {{ relation }}
    )
{%- endmacro %}


{# Below: of a pattern joined to `beliefs`. #}
{% macro has_gold() -%}
    arrayExists(position -> beliefs.golden[position], patterns.positions)
{%- endmacro %}


{% macro gold_evidence() -%}
    arraySum(position -> if(beliefs.golden[position], beliefs.evidence[position], 0), patterns.positions)
{%- endmacro %}


{% macro other_evidence() -%}
    (beliefs.silence + arraySum(position -> if(beliefs.golden[position], 0, beliefs.evidence[position]), patterns.positions))
{%- endmacro %}


{# Where gold speaks, rules are measured against it, and not the other way round. #}
{% macro anchored_log_odds() -%}
    (beliefs.prior + {{ gold_evidence() }} + if({{ has_gold() }}, 0, {{ other_evidence() }}))
{%- endmacro %}


{% macro millionths(log_odds) -%}
    toUInt64(round(1000000 / (1 + exp(-({{ log_odds }})))))
{%- endmacro %}
