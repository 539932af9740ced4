{{ config(
    materialized='by_snapshot',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, strategy, cluster_id)'
) }}

-- One row per cluster and strategy that labels it, from the labels of its addresses.
with members as (

    select
        network,
        processing_date,
        window_days,
        cluster_id,
        cluster_key,
        length(addresses) as member_count,
        {{ address_key('member') }} as address_key
    from {{ ref('stg_clusters') }}
    array join addresses as member

),

counted as (

    select
        any(members.network) as network,
        any(members.processing_date) as processing_date,
        any(members.window_days) as window_days,
        any(members.cluster_id) as cluster_id,
        members.cluster_key as cluster_key,
        labels.strategy as strategy,
        any(members.member_count) as member_count,
        count() as labelled_count,
        countIf(labels.label = 1) as risky_count,
        maxIf(tuple(labels.label_confidence, labels.label_source), labels.label = 1) as surest_risky,
        minIf(tuple(labels.label_confidence, labels.label_source), labels.label = 0) as weakest_benign
    from {{ ref('fct_address_labels') }} as labels
    inner join members on members.address_key = labels.address_key
    group by members.cluster_key, labels.strategy

),

final as (

    select
        network,
        processing_date,
        window_days,
        cluster_id,
        cluster_key,
        strategy,
        toUInt8(risky_count > 0) as label,
        -- One risky member settles it; the confidence that none is risky falls with the share of unlabelled members.
        toFloat32(if(
            risky_count > 0,
            tupleElement(surest_risky, 1),
            tupleElement(weakest_benign, 1) * labelled_count / member_count
        )) as label_confidence,
        toFloat32(label) as label_target,
        label_confidence as label_weight,
        if(risky_count > 0, tupleElement(surest_risky, 2), tupleElement(weakest_benign, 2)) as label_source,
        toUInt32(member_count) as member_count,
        toUInt32(labelled_count) as labelled_count,
        toUInt32(risky_count) as risky_count
    from counted
    -- A cluster with some risky members, but fewer than the var cluster_risky_share, abstains.
    where risky_count = 0 or risky_count >= {{ var('cluster_risky_share') }} * labelled_count

)

select * from final
