{{ config(materialized='by_snapshot', engine='MergeTree()', order_by='(network, window_days, processing_date, column_name)') }}

-- Whether a column that the user brought gives the gold label away. The columns of our models are not judged: no label is among
-- their ancestors.
with labelled as (

    -- Enough addresses of each class to judge by; chosen by hash, so that the result does not depend on the order of rows.
    select
        gold.network as network,
        gold.processing_date as processing_date,
        gold.window_days as window_days,
        gold.label as label,
        features.extra_features as extra_features,
        features.custom_features as custom_features
    from {{ ref('fct_address_features') }} as features
    inner join {{ ref('fct_address_labels') }} as gold
        on
        gold.network = features.network
        and gold.processing_date = features.processing_date
        and gold.window_days = features.window_days
        and gold.address = features.address
    where gold.strategy = 'address_labels'
    order by cityHash64(features.address)
    limit 2000 by network, processing_date, window_days, label

),

totals as (

    select
        network,
        processing_date,
        window_days,
        countIf(label = 1) as risky,
        countIf(label = 0) as benign
    from labelled
    group by network, processing_date, window_days
    having risky >= {{ var('answer_min_labels') }} and benign >= {{ var('answer_min_labels') }}

),

counted as (

    -- One row per column and value.
    select
        network,
        processing_date,
        window_days,
        brought.1 as feature_map,
        brought.2 as column_name,
        brought.3 as value,
        toFloat64(countIf(label = 1)) as value_risky,
        toFloat64(countIf(label = 0)) as value_benign
    from labelled
    array join
        arrayConcat(
            arrayMap((name, number) -> ('extra_features', toString(name), number), extra_features.keys, extra_features.values),
            arrayMap((name, number) -> ('custom_features', toString(name), number), custom_features.keys, custom_features.values)
        ) as brought
    group by network, processing_date, window_days, feature_map, column_name, value

),

arranged as (

    -- One row per column, with its values in ascending order and the addresses that lack it.
    select
        counted.network as network,
        counted.processing_date as processing_date,
        counted.window_days as window_days,
        counted.feature_map as feature_map,
        counted.column_name as column_name,
        any(totals.risky) as risky,
        any(totals.benign) as benign,
        arraySort(groupArray((counted.value, counted.value_risky, counted.value_benign))) as present,
        [(
            toFloat32(0), any(totals.risky) - sum(counted.value_risky), any(totals.benign) - sum(counted.value_benign)
        )] as missing
    from counted
    inner join totals
        on
        totals.network = counted.network
        and totals.processing_date = counted.processing_date
        and totals.window_days = counted.window_days
    group by network, processing_date, window_days, feature_map, column_name

),

judged as (

    -- A column with few values may be a code of any order: its values are then ordered by their share of risky addresses.
    select
        *,
        arrayConcat(missing, present) as missing_first,
        arrayConcat(present, missing) as missing_last,
        if(
            length(present) <= {{ var('answer_max_codes') }},
            arraySort(
                counted -> counted.2 / (counted.2 + counted.3),
                arrayFilter(counted -> counted.2 + counted.3 > 0, missing_first)
            ),
            missing_first
        ) as by_share,
        greatest(
            {{ separation('missing_first', 'risky', 'benign') }},
            {{ separation('missing_last', 'risky', 'benign') }},
            {{ separation('by_share', 'risky', 'benign') }}
        ) as agreement
    from arranged

),

final as (

    select
        network,
        processing_date,
        window_days,
        feature_map,
        column_name,
        risky as risky_addresses,
        benign as benign_addresses,
        agreement,
        agreement > {{ var('max_answer_agreement') }} as is_answer
    from judged

)

select * from final
