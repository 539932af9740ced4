{#- Expectation-maximisation on patterns, one row a snapshot and round; docs/labels.md states the model. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='snapshot_key') }}

{%- set bound = 7 %}

with recursive snapshots as (

    select
        snapshot_key,
        any(addresses) as all_addresses,
        groupArray(toFloat64(votes)) as vote_counts,
        groupArray(overlap) as overlaps,
        groupArray(vote) as says,
        groupArray(voice_number) as voice_numbers,
        groupArray(is_gold) as golden,
        groupArray(prior_strength * prior_accuracy) as prior_right,
        groupArray(prior_strength) as prior_votes,
        arrayPushBack(
            groupArray(log(prior_accuracy / (1 - prior_accuracy))),
            log({{ var('label_model_prior_risky') }} / (1 - {{ var('label_model_prior_risky') }}))
        ) as start
    from (select * from {{ ref('int_label_model__codes') }} order by snapshot_key, position)
    group by snapshot_key

),

rounds as (

    select
        toUInt16(0) as round,
        snapshot_key,
        all_addresses,
        vote_counts,
        overlaps,
        says,
        voice_numbers,
        golden,
        prior_right,
        prior_votes,
        -- Log-odds of each code's accuracy, and last that of an address being risky.
        start as estimate,
        start as previous
    from snapshots

    union all

    select
        toUInt16(round + 1) as round,
        snapshot_key,
        all_addresses,
        vote_counts,
        overlaps,
        says,
        voice_numbers,
        golden,
        prior_right,
        prior_votes,
        arrayMap(
            share -> greatest(-{{ bound }}, least({{ bound }}, log(share / (1 - share)))),
            arrayPushBack(
                -- Votes teach as far as other voices speak of the same addresses; of one that is alone the prior stands.
                arrayMap(
                    (risky, votes, overlap, says, right, strength) ->
                        (right + overlap * if(says = 1, risky / 1000000, votes - risky / 1000000)) / (strength + overlap * votes),
                    code_risky, vote_counts, overlaps, says, prior_right, prior_votes
                ),
                ({{ var('label_model_prior_risky') }} * 10 + all_risky / 1000000) / (10 + all_addresses)
            )
        ) as estimate,
        current as previous
    from (
        select
            any(beliefs.round) as round,
            beliefs.snapshot_key as snapshot_key,
            any(beliefs.all_addresses) as all_addresses,
            any(beliefs.vote_counts) as vote_counts,
            any(beliefs.overlaps) as overlaps,
            any(beliefs.says) as says,
            any(beliefs.voice_numbers) as voice_numbers,
            any(beliefs.golden) as golden,
            any(beliefs.prior_right) as prior_right,
            any(beliefs.prior_votes) as prior_votes,
            any(beliefs.estimate) as current,
            -- Whole numbers: the same sum in whatever order.
            sumMap(patterns.positions, arrayMap(position -> {{ millionths(anchored_log_odds()) }} * addresses, patterns.positions)).2 as code_risky,
            sum({{ millionths(anchored_log_odds()) }} * patterns.addresses) as all_risky
        from {{ ref('int_label_model__patterns') }} as patterns
        inner join (
            {{ label_model_beliefs('rounds', momentum=true) }}
        ) as beliefs on beliefs.snapshot_key = patterns.snapshot_key
        where beliefs.round < {{ var('label_model_rounds') }}
        group by beliefs.snapshot_key
    )

),

final as (

    select * from rounds
    where round = {{ var('label_model_rounds') }}

)

select * from final
