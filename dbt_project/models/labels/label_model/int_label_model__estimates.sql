{#- The parameters of the label model by expectation-maximisation over vote patterns: docs/label_model.md states the model and
    its formulas. Parameters are kept as log-odds. Every sum over patterns is of whole millionths, so that it does not depend on
    the order of rows. The rounds are one expression over arrays, because a recursive query is planned anew in every round. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='snapshot_key') }}

{%- set prior_class_balance = var('label_model_prior_risky') %}
{%- set prior_class_balance_addresses = 10 %}
{%- set rounds = var('label_model_rounds') %}
{#- OVERLAPS is a keyword of SQL, so the column is quoted. -#}
{%- set data = [
    'all_addresses', 'votes', 'voice_numbers', 'is_gold', 'vote_counts', '"overlaps"', 'prior_accuracies', 'prior_strengths'
] %}

{#- A round. `parameters` are accuracies and class balance after the round before, and after the one before that.

    Acceleration: extrapolate the last change of the parameters, further from round to round (Nesterov 1983). Forty such rounds
    reach what takes about a hundred plain ones. -#}
{%- set extrapolation = [
    [
        'accuracy_log_odds',
        'arrayMap((current, previous) -> '
        ~ bounded_log_odds('current + round / (round + 3) * (current - previous)') ~ ', parameters.1, parameters.3)'
    ],
    [
        'class_balance_log_odds',
        bounded_log_odds('parameters.2 + round / (round + 3) * (parameters.2 - parameters.4)')
    ]
] %}
{#- Polarity constraint, in the first third of the rounds: a vote for a class is no evidence against it. It keeps the two classes
    from changing places, because the likelihood is the same when all classes are swapped. -#}
{%- set constraint = [[
    'vote_log_ratios',
    'if(round < ' ~ (rounds // 3)
    ~ ', arrayMap((ratio, vote) -> if(vote = 1, greatest(ratio, 0), least(ratio, 0)), vote_log_ratios, votes), vote_log_ratios)'
]] %}
{#- The posterior P(risky) of each pattern. Where there are gold labels, only they count: rules are measured against gold and not
    the other way round. -#}
{%- set posterior = after_steps(
    evidence_steps(), in_millionths('prior_log_odds + gold_log_odds + if(has_gold, 0, rule_log_odds)')
) %}
{%- set e_step = [['risky_millionths', 'arrayMap(positions -> ' ~ posterior ~ ', pattern_positions)']] %}
{#- The mean of each parameter given the expected counts and its Beta prior. The votes of a type weigh in as far as they overlap
    with other voices: the votes alone do not tell how accurate a voice without overlap is. The second sum keeps sumMap from
    leaving out the types whose first is 0. -#}
{%- set m_step = [
    [
        'risky_votes_millionths',
        "tupleElement(arrayReduce('sumMap', pattern_positions, "
        ~ "arrayMap((positions, risky, addresses) -> arrayMap(position -> risky * addresses, positions), "
        ~ "pattern_positions, risky_millionths, pattern_addresses), "
        ~ "arrayMap((positions, addresses) -> arrayMap(position -> addresses, positions), "
        ~ "pattern_positions, pattern_addresses)), 2)"
    ],
    [
        'new_accuracies',
        'arrayMap((risky, count, overlap, vote, prior_accuracy, prior_strength) -> '
        ~ '(prior_strength * prior_accuracy + overlap * if(vote = 1, risky / 1000000, count - risky / 1000000)) '
        ~ '/ (prior_strength + overlap * count), '
        ~ 'risky_votes_millionths, vote_counts, "overlaps", votes, prior_accuracies, prior_strengths)'
    ],
    [
        'new_class_balance',
        '(' ~ prior_class_balance * prior_class_balance_addresses
        ~ ' + arraySum((risky, addresses) -> risky * addresses, risky_millionths, pattern_addresses) / 1000000)'
        ~ ' / (' ~ prior_class_balance_addresses ~ ' + all_addresses)'
    ]
] %}
{%- set result -%}
    (
        arrayMap(accuracy -> {{ bounded_log_odds('log(accuracy / (1 - accuracy))') }}, new_accuracies),
        {{ bounded_log_odds('log(new_class_balance / (1 - new_class_balance))') }},
        parameters.1,
        parameters.2
    )
{%- endset %}

with patterns as (

    select
        snapshot_key,
        groupArray(positions) as pattern_positions,
        groupArray(addresses) as pattern_addresses
    from {{ ref('int_label_model__patterns') }}
    group by snapshot_key

),

snapshots as (

    select
        snapshots.snapshot_key as snapshot_key,
        {%- for column in data %}
        snapshots.{{ column }} as {{ column }},
        {%- endfor %}
        patterns.pattern_positions as pattern_positions,
        patterns.pattern_addresses as pattern_addresses,
        arrayMap(accuracy -> log(accuracy / (1 - accuracy)), snapshots.prior_accuracies) as prior_accuracy_log_odds,
        log({{ prior_class_balance }} / (1 - {{ prior_class_balance }})) as prior_class_balance_log_odds
    from {{ ref('int_label_model__snapshots') }} as snapshots
    inner join patterns on patterns.snapshot_key = snapshots.snapshot_key

),

estimated as (

    select
        *,
        arrayFold(
            (parameters, round) -> {{ after_steps(
                extrapolation + vote_likelihood_steps() + constraint + e_step + m_step, result
            ) }},
            range({{ rounds }}),
            (
                prior_accuracy_log_odds,
                prior_class_balance_log_odds,
                prior_accuracy_log_odds,
                prior_class_balance_log_odds
            )
        ) as parameters
    from snapshots

),

final as (

    select
        toUInt16({{ rounds }}) as round,
        snapshot_key,
        {{ data | join(', ') }},
        parameters.1 as accuracy_log_odds,
        parameters.2 as class_balance_log_odds,
        parameters.3 as previous_accuracy_log_odds,
        parameters.4 as previous_class_balance_log_odds
    from estimated

)

select * from final
