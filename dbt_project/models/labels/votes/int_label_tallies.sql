{#- The votes of each address, ranked once for all strategies. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='address_key') }}

with votes as (

    select
        votes.network as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        votes.vote as vote,
        votes.kind = 'gold' as is_gold,
        {{ ranked_vote('is_gold', 'votes.confidence', 'votes.voter', of_voter('voice_number'), 'votes.vote') }} as ranked_vote
    from {{ ref('int_label_votes') }} as votes

),

addresses as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        any(votes.address) as address,
        address_key,
        arrayReverseSort(groupArray(ranked_vote)) as ranked_votes,
        toUInt32(count()) as vote_count,
        toUInt32(sum(vote)) as risky_vote_count,
        toUInt32(sum(is_gold)) as gold_vote_count,
        toUInt32(sumIf(vote, is_gold)) as gold_risky_vote_count
    from votes
    group by address_key

),

ranked as (

    select
        * except (ranked_votes),
        -- The first in the sorted array, because maxIf of tuples takes three times as long. Without one, a vote with voter 0.
        {% for rule in ['sot', 'custom', 'derived'] -%}
        arrayFirst(
            vote -> vote.voter in (select voter from {{ ref('int_label_voters') }} where rule_id = '{{ rule }}'), ranked_votes
        ) as strongest_{{ rule }},
        {% endfor -%}
        -- The strongest vote of each voice, so that a copied list counts once.
        arrayFilter(
            (vote, occurrence) -> occurrence = 1,
            ranked_votes,
            arrayEnumerateUniq(arrayMap(vote -> vote.voice_number, ranked_votes))
        ) as voice_votes,
        multiIf(
            gold_vote_count = 0, -1, gold_risky_vote_count = gold_vote_count, 1, gold_risky_vote_count = 0, 0, -1
        ) as unanimous_gold
    from addresses

),

final as (

    select
        *,
        arraySort(arrayMap(vote -> {{ vote_type('vote') }}, voice_votes)) as vote_types,
        cityHash64(network, processing_date, window_days, vote_types) as pattern_key
    from ranked

)

select * from final
