{#- Addresses of which the same is said are one row from here on, so that the model's cost does not grow with addresses. -#}
{{ config(materialized='table', engine='MergeTree()', order_by='pattern_key') }}

with voted as (

    select
        any(tallies.network) as network,
        any(tallies.processing_date) as processing_date,
        any(tallies.window_days) as window_days,
        pattern_key,
        any(tallies.codes) as codes,
        count() as addresses
    from {{ ref('int_label_tallies') }} as tallies
    group by pattern_key

),

silent as (

    -- Nobody says anything of most addresses, and that is telling of rules that could have spoken.
    select
        network,
        processing_date,
        window_days,
        cityHash64(network, processing_date, window_days, cast([], 'Array(UInt32)')) as pattern_key,
        cast([], 'Array(UInt32)') as codes,
        count() as addresses
    from {{ ref('stg_features') }}
    where address_key not in (select address_key from {{ ref('int_label_tallies') }})
    group by network, processing_date, window_days

),

patterns as (

    select network, processing_date, window_days, pattern_key, cast(codes, 'Array(UInt32)') as codes, addresses
    from voted
    union all
    select network, processing_date, window_days, pattern_key, codes, addresses
    from silent

),

snapshots as (

    select
        network,
        processing_date,
        window_days,
        arraySort(groupUniqArrayArray(codes)) as known_codes
    from patterns
    group by network, processing_date, window_days

),

final as (

    select
        patterns.network as network,
        patterns.processing_date as processing_date,
        patterns.window_days as window_days,
        cityHash64(patterns.network, patterns.processing_date, patterns.window_days) as snapshot_key,
        patterns.pattern_key as pattern_key,
        patterns.codes as codes,
        arrayMap(code -> toUInt16(indexOf(snapshots.known_codes, code)), patterns.codes) as positions,
        toUInt64(patterns.addresses) as addresses
    from patterns
    inner join snapshots
        on snapshots.network = patterns.network
        and snapshots.processing_date = patterns.processing_date
        and snapshots.window_days = patterns.window_days

)

select * from final
