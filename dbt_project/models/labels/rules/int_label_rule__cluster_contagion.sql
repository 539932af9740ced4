with gold as (

    select address_key, label from {{ ref('int_label_strategy__address_labels') }}

),

members as (

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

    select
        network,
        processing_date,
        window_days,
        groupArray(tuple(address, is_risky)) as members,
        countIf(is_risky) as risky_members
    from members
    group by network, processing_date, window_days, cluster_id
    having risky_members > 0

),

others as (

    -- Only the labels of the other members count, never its own.
    select
        network,
        processing_date,
        window_days,
        tupleElement(member, 1) as address,
        length(members) - 1 as other_members,
        risky_members - tupleElement(member, 2) as risky_others
    from clusters
    array join members as member

),

final as (

    select
        network,
        processing_date,
        window_days,
        address,
        toUInt8(1) as vote,
        -- One other risky member can be chance, three are not.
        {{ clarity('max(risky_others)', 1, 3) }} as confidence,
        concat(toString(max(risky_others)), ' others of its cluster are risky') as evidence
    from others
    -- Excludes single-member clusters, which have no others.
    where risky_others > 0 and risky_others >= {{ var('cluster_contagion_share') }} * other_members
    group by network, processing_date, window_days, address

)

select * from final
