{#- The votes of an address, gathered once for every strategy; as whole numbers, in no order but their own. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='address_key') }}

with votes as (

    select
        votes.network as network,
        votes.processing_date as processing_date,
        votes.window_days as window_days,
        votes.address as address,
        votes.address_key as address_key,
        votes.vote as vote,
        votes.rule_id = 'sot' as is_sot,
        votes.rule_id = 'custom' as is_custom,
        votes.kind = 'gold' as is_gold,
        votes.kind = 'derived' as is_derived,
        {{ pack_vote('is_gold', 'votes.confidence', 'votes.voter', of_voter('voice_number'), 'votes.vote') }} as packed
    from {{ ref('int_label_votes') }} as votes

),

gathered as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        any(votes.address) as address,
        address_key,
        arrayReverseSort(groupArray(packed)) as packed_votes,
        toUInt32(count()) as vote_count,
        toUInt32(sum(vote)) as risky_vote_count,
        toUInt32(sum(is_gold)) as gold_vote_count,
        toUInt32(sumIf(vote, is_gold)) as gold_risky_vote_count,
        ifNull(maxIf(packed, is_sot), 0) as strongest_sot,
        ifNull(maxIf(packed, is_custom), 0) as strongest_custom,
        ifNull(maxIf(packed, is_derived), 0) as strongest_derived
    from votes
    group by address_key

),

voiced as (

    select
        * except (packed_votes),
        -- Of each voice its strongest vote: a copied list is not heard twice.
        arrayFilter(
            (packed, number) -> number = 1,
            packed_votes,
            arrayEnumerateUniq(arrayMap(packed -> {{ voice_of('packed') }}, packed_votes))
        ) as voices,
        multiIf(
            gold_vote_count = 0, -1, gold_risky_vote_count = gold_vote_count, 1, gold_risky_vote_count = 0, 0, -1
        ) as unanimous_gold
    from gathered

),

final as (

    select
        *,
        -- What the label model tells apart: who speaks, how surely, and what.
        arraySort(
            arrayMap(
                packed -> {{ voice_of('packed') }} * 16 + {{ confidence_step_of('packed') }} * 2 + {{ vote_of('packed') }}, voices
            )
        ) as codes,
        cityHash64(network, processing_date, window_days, codes) as pattern_key
    from voiced

)

select * from final
