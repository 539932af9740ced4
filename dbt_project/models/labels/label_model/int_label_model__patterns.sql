{#- Addresses with the same votes are one row from here on, so that the cost of the model does not grow with the number of
    addresses. -#}
{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='pattern_key') }}

{%- set no_votes = "cast([], 'Array(Tuple(voice_number UInt16, confidence_step UInt8, vote UInt8))')" %}

with voted as (

    select
        any(tallies.network) as network,
        any(tallies.processing_date) as processing_date,
        any(tallies.window_days) as window_days,
        pattern_key,
        any(tallies.vote_types) as vote_types,
        count() as addresses
    from {{ ref('int_label_tallies') }} as tallies
    group by pattern_key

),

unvoted as (

    -- Abstentions carry information, so the addresses without any vote, which are most, count as well.
    select
        network,
        processing_date,
        window_days,
        cityHash64(network, processing_date, window_days, {{ no_votes }}) as pattern_key,
        {{ no_votes }} as vote_types,
        count() as addresses
    from {{ ref('stg_features') }}
    where address_key not in (select address_key from {{ ref('int_label_tallies') }})
    group by network, processing_date, window_days

),

patterns as (

    select * from voted
    union all
    select * from unvoted

),

snapshots as (

    select
        network,
        processing_date,
        window_days,
        arraySort(groupUniqArrayArray(vote_types)) as all_vote_types
    from patterns
    group by network, processing_date, window_days

),

final as (

    select
        patterns.network as network,
        patterns.processing_date as processing_date,
        patterns.window_days as window_days,
        {{ snapshot_key('patterns') }} as snapshot_key,
        patterns.pattern_key as pattern_key,
        patterns.vote_types as vote_types,
        arrayMap(vote_type -> toUInt16(indexOf(snapshots.all_vote_types, vote_type)), patterns.vote_types) as positions,
        toUInt64(patterns.addresses) as addresses
    from patterns
    inner join snapshots
        on snapshots.network = patterns.network
        and snapshots.processing_date = patterns.processing_date
        and snapshots.window_days = patterns.window_days

)

select * from final
