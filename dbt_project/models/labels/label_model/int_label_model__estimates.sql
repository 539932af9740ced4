{#- The parameters of the label model by expectation-maximisation over vote patterns: docs/label_model.md states the model and
    its formulas. Parameters are kept as log-odds. Every sum over patterns is of whole millionths, so that it does not depend on
    the order of rows. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='snapshot_key') }}

{%- set prior_class_balance = var('label_model_prior_risky') %}
{%- set prior_class_balance_addresses = 10 %}
{%- set rounds = var('label_model_rounds') %}
{#- The columns of int_label_model__snapshots are carried through the rounds, because joining them in every round takes twice
    as long: the engine then evaluates the likelihoods per pattern. OVERLAPS is a keyword of SQL, so the column is quoted. -#}
{%- set data = [
    'all_addresses', 'votes', 'voice_numbers', 'is_gold', 'vote_counts', '"overlaps"', 'prior_accuracies', 'prior_strengths'
] %}
{%- set state = ['round', 'current_accuracy_log_odds', 'current_class_balance_log_odds'] + data %}

with recursive rounds as (

    -- Round 0: the priors.
    select
        toUInt16(0) as round,
        snapshot_key,
        {{ data | join(', ') }},
        arrayMap(accuracy -> log(accuracy / (1 - accuracy)), prior_accuracies) as accuracy_log_odds,
        log({{ prior_class_balance }} / (1 - {{ prior_class_balance }})) as class_balance_log_odds,
        accuracy_log_odds as previous_accuracy_log_odds,
        class_balance_log_odds as previous_class_balance_log_odds
    from {{ ref('int_label_model__snapshots') }}

    union all

    select * from (

        with extrapolated as (

            -- Acceleration: extrapolate the last change of the parameters, further from round to round (Nesterov 1983). Forty
            -- such rounds reach what takes about a hundred plain ones.
            select
                rounds.round as round,
                rounds.snapshot_key as snapshot_key,
                {{ data | join(', ') }},
                rounds.accuracy_log_odds as current_accuracy_log_odds,
                rounds.class_balance_log_odds as current_class_balance_log_odds,
                arrayMap(
                    (current, previous) -> {{ bounded_log_odds('current + round / (round + 3) * (current - previous)') }},
                    rounds.accuracy_log_odds, rounds.previous_accuracy_log_odds
                ) as accuracy_log_odds,
                {{ bounded_log_odds(
                    'rounds.class_balance_log_odds'
                    ~ ' + round / (round + 3) * (rounds.class_balance_log_odds - rounds.previous_class_balance_log_odds)'
                ) }} as class_balance_log_odds
            from rounds
            where round < {{ rounds }}

        ),

        likelihoods as (

            {{ vote_likelihoods('extrapolated') }}

        ),

        constrained as (

            -- Polarity constraint, in the first third of the rounds: a vote for a class is no evidence against it. It keeps the
            -- two classes from changing places, because the likelihood is the same when all classes are swapped.
            select
                likelihoods.* except (vote_log_ratios),
                if(
                    likelihoods.round < {{ rounds // 3 }},
                    arrayMap(
                        (ratio, vote) -> if(vote = 1, greatest(ratio, 0), least(ratio, 0)), likelihoods.vote_log_ratios, votes
                    ),
                    likelihoods.vote_log_ratios
                ) as vote_log_ratios
            from likelihoods

        ),

        e_step as (

            -- The posterior P(risky) of each pattern. Where there are gold labels, only they count: rules are measured against
            -- gold and not the other way round.
            select
                *,
                {{ in_millionths('prior_log_odds + gold_log_odds + if(has_gold, 0, rule_log_odds)') }} as risky_millionths
            from (
                {{ pattern_evidence('constrained', kept=state) }}
            )

        ),

        expected_counts as (

            select
                snapshot_key,
                {%- for column in state %}
                any({{ column }}) as {{ column }},
                {%- endfor %}
                -- Votes of each type on risky addresses. The second sum keeps sumMap from leaving out the types whose first is 0.
                tupleElement(sumMap(
                    positions,
                    arrayMap(position -> risky_millionths * addresses, positions),
                    arrayMap(position -> addresses, positions)
                ), 2) as risky_votes_millionths,
                sum(risky_millionths * addresses) as risky_addresses_millionths
            from e_step
            group by snapshot_key

        ),

        m_step as (

            -- The mean of each parameter given the expected counts and its Beta prior. The votes of a type weigh in as far as
            -- they overlap with other voices: the votes alone do not tell how accurate a voice without overlap is.
            select
                *,
                arrayMap(
                    (risky, count, overlap, vote, prior_accuracy, prior_strength) -> (
                        prior_strength * prior_accuracy + overlap * if(vote = 1, risky / 1000000, count - risky / 1000000)
                    ) / (prior_strength + overlap * count),
                    risky_votes_millionths, vote_counts, "overlaps", votes, prior_accuracies, prior_strengths
                ) as accuracies,
                ({{ prior_class_balance }} * {{ prior_class_balance_addresses }} + risky_addresses_millionths / 1000000)
                / ({{ prior_class_balance_addresses }} + all_addresses) as class_balance
            from expected_counts

        )

        select
            toUInt16(round + 1) as round,
            snapshot_key,
            {{ data | join(', ') }},
            arrayMap(accuracy -> {{ bounded_log_odds('log(accuracy / (1 - accuracy))') }}, accuracies) as accuracy_log_odds,
            {{ bounded_log_odds('log(class_balance / (1 - class_balance))') }} as class_balance_log_odds,
            current_accuracy_log_odds as previous_accuracy_log_odds,
            current_class_balance_log_odds as previous_class_balance_log_odds
        from m_step

    )

),

final as (

    select * from rounds
    where round = {{ rounds }}

)

select * from final
