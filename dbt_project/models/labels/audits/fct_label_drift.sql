with strategy_labels as (

    select
        network,
        window_days,
        processing_date,
        'strategy' as drift_of,
        toString(strategy) as name,
        cityHash64(address) as address_hash,
        label
    from {{ ref('fct_address_labels') }}

),

rule_labels as (

    -- A rule with votes for both classes on an address counts with its strongest vote.
    select
        network,
        window_days,
        processing_date,
        'rule' as drift_of,
        toString(votes.rule_id) as name,
        cityHash64(votes.address) as address_hash,
        argMax(votes.vote, tuple(votes.confidence, votes.source_trust, votes.source, votes.vote)) as label
    from {{ ref('int_label_votes') }} as votes
    group by network, window_days, processing_date, name, address_hash

),

labels as (

    select * from strategy_labels
    union all
    select * from rule_labels

),

dates as (

    select
        network,
        window_days,
        processing_date,
        leadInFrame(toNullable(processing_date)) over (
            partition by network, window_days order by processing_date rows between unbounded preceding and unbounded following
        ) as next_date
    from (select distinct network, window_days, processing_date from labels) as labelled

),

ends as (

    -- Each label is both the end of one step and the start of the next.
    select
        labels.network as network,
        labels.window_days as window_days,
        labels.drift_of as drift_of,
        labels.name as name,
        labels.address_hash as address_hash,
        labels.label as label,
        arrayJoin([tuple(toNullable(labels.processing_date), true), tuple(dates.next_date, false)]) as step,
        step.1 as step_date,
        step.2 as is_after
    from labels
    inner join dates
        on dates.network = labels.network
        and dates.window_days = labels.window_days
        and dates.processing_date = labels.processing_date

),

addresses as (

    select
        network,
        window_days,
        step_date,
        drift_of,
        name,
        maxIf(toNullable(label), not is_after) as before,
        maxIf(toNullable(label), is_after) as after
    from ends
    where step_date is not null
    group by network, window_days, step_date, drift_of, name, address_hash

),

counted as (

    select
        network,
        window_days,
        step_date,
        drift_of,
        name,
        countIf(before is null) as gained,
        countIf(after is null) as lost,
        countIf(before != after) as flipped,
        countIf(before = after) as kept,
        countIf(before is not null) as labels_before,
        countIf(after is not null) as labels_after,
        countIf(before = 1) as risky_before,
        countIf(after = 1) as risky_after
    from addresses
    group by network, window_days, step_date, drift_of, name

),

final as (

    -- The first date has no previous date and no row.
    select
        counted.network as network,
        counted.window_days as window_days,
        dates.processing_date as previous_date,
        assumeNotNull(counted.step_date) as processing_date,
        counted.drift_of as drift_of,
        counted.name as name,
        counted.gained as gained,
        counted.lost as lost,
        counted.flipped as flipped,
        counted.kept as kept,
        {{ share_of('counted.risky_before', 'counted.labels_before') }} as risky_share_before,
        {{ share_of('counted.risky_after', 'counted.labels_after') }} as risky_share_after
    from counted
    inner join dates
        on dates.network = counted.network
        and dates.window_days = counted.window_days
        and dates.next_date = counted.step_date

)

select * from final
