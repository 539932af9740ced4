-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
with gold as (

    select address_key, label from {{ ref('int_label_strategy__address_labels') }}

),

members as (

    -- One row per cluster and address in it; its gold label is that of the strategy address_labels.
    select
        network,
        processing_date,
        window_days,
        cluster_id,
        address,
        {{ address_key('address') }} in (select address_key from gold where label = 1) as is_risky
    from {{ ref('stg_clusters') }}
    array join addresses as address

),

clusters as (

    -- One row per cluster with a risky member; are_risky is in the order of members.
    select
        network,
        processing_date,
        window_days,
        groupArray(address) as members,
        groupArray(is_risky) as are_risky,
        countIf(is_risky) as risky_members
    from members
    group by network, processing_date, window_days, cluster_id
    having risky_members > 0

),

others as (

    -- One row per cluster and address again. Only the labels of the other members count, never its own.
    select
        network,
        processing_date,
        window_days,
        address,
        length(members) - 1 as other_members,
        risky_members - is_risky as risky_others
    from clusters
    array join members as address, are_risky as is_risky

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        toUInt8(1) as vote,
        -- One other risky member can be chance, three are not: confidence 0.5 for one, rising to 1 for three.
        {{ clarity('max(risky_others)', 1, 3) }} as confidence,
        concat(
            toString(max(risky_others)),
            if(max(risky_others) = 1, ' other of its cluster is risky', ' others of its cluster are risky')
        ) as evidence
    from others
    -- Excludes single-member clusters, which have no others.
    where risky_others > 0 and risky_others >= {{ var('cluster_contagion_share') }} * other_members
    group by network, processing_date, window_days, address

)

select * from final
