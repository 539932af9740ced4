with snapshots as (

    -- The addresses a rule could have spoken of: those of the snapshot, and those somebody labels although it lacks them.
    select
        network,
        processing_date,
        window_days,
        uniqExact(address_key) as known_addresses
    from (
        select network, processing_date, window_days, address_key from {{ ref('stg_features') }}
        union all
        select network, processing_date, window_days, address_key from {{ ref('int_label_votes') }}
    )
    group by network, processing_date, window_days

),

addresses as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        votes.address_key as address_key,
        groupArray(tuple(toString(votes.rule_id), toString(votes.voice), votes.vote, votes.kind = 'gold')) as heard,
        -- The strongest last: what address_labels decides.
        arraySort(groupArrayIf({{ gold_strength() }}, votes.kind = 'gold')) as gold
    from {{ ref('int_label_votes') }} as votes
    group by address_key

),

said as (

    select
        network,
        processing_date,
        window_days,
        address_key,
        heard,
        gold,
        arrayJoin(heard) as own,
        own.1 as rule_id,
        own.2 as voice,
        own.3 as vote,
        own.4 as is_gold
    from addresses

),

graded as (

    select
        network,
        processing_date,
        window_days,
        address_key,
        rule_id,
        vote,
        arrayExists(other -> other.2 != voice, heard) as is_overlap,
        arrayExists(other -> other.2 != voice and other.3 != vote, heard) as is_contradicted,
        -- A gold rule is graded by the other gold labels, so that nothing is its own judge.
        arrayFilter(judge -> not is_gold or judge.5 != rule_id, gold) as judges,
        notEmpty(judges) as is_graded,
        is_graded and judges[-1].6 = vote as is_right
    from said

),

counted as (

    select
        network,
        processing_date,
        window_days,
        rule_id,
        count() as votes,
        sum(vote) as risky_votes,
        uniqExact(address_key) as addresses,
        uniqExactIf(address_key, is_overlap) as overlap_addresses,
        uniqExactIf(address_key, is_contradicted) as conflict_addresses,
        countIf(is_graded) as graded_votes,
        countIf(is_right) as right_votes
    from graded
    group by network, processing_date, window_days, rule_id

),

inputs as (

    select
        rule_id,
        arrayJoin(splitByWhitespace(columns_read)) as column_read,
        splitByChar('.', column_read)[1] as relation,
        splitByChar('.', column_read)[2] as column_name
    from {{ ref('label_rules') }}

),

shared as (

    -- A column is a feature under its own name and as its standing in the population; flows, clusters and alerts reach the
    -- matrix as whole families, and an alert's share of the address's volume is made of that volume.
    select
        inputs.rule_id as rule_id,
        arraySort(groupUniqArray(catalog.feature)) as features_sharing_columns
    from inputs
    cross join {{ ref('feature_catalog') }} as catalog
    where multiIf(
        inputs.relation = 'stg_features',
        catalog.feature = inputs.column_name
        or (catalog.family = 'population' and startsWith(catalog.feature, concat(inputs.column_name, '_')))
        or (inputs.column_name = 'total_volume_usd' and catalog.feature = 'alert_volume_ratio'),
        inputs.relation = 'stg_money_flows', catalog.family = 'flows',
        inputs.relation = 'stg_clusters', catalog.family = 'clusters',
        inputs.relation = 'stg_alerts', catalog.family = 'alert',
        false
    )
    group by rule_id

),

rules as (

    select
        rules.rule_id as rule_id,
        rules.kind as kind,
        rules.polarity as polarity,
        rules.prior_accuracy as prior_accuracy,
        ifNull(shared.features_sharing_columns, []) as features_sharing_columns
    from {{ ref('label_rules') }} as rules
    left join shared on shared.rule_id = rules.rule_id
    where rules.enabled

),

final as (

    -- Every rule has its row, also one that is silent: that nobody hears it is what there is to see.
    select
        snapshots.network as network,
        snapshots.processing_date as processing_date,
        snapshots.window_days as window_days,
        rules.rule_id as rule_id,
        rules.kind as kind,
        rules.polarity as polarity,
        ifNull(counted.votes, 0) as votes,
        ifNull(counted.risky_votes, 0) as risky_votes,
        ifNull(counted.votes - counted.risky_votes, 0) as benign_votes,
        ifNull(counted.addresses, 0) as addresses,
        snapshots.known_addresses as known_addresses,
        ifNull(counted.addresses, 0) / snapshots.known_addresses as coverage,
        {{ share_of('counted.overlap_addresses', 'counted.addresses') }} as overlap,
        {{ share_of('counted.conflict_addresses', 'counted.addresses') }} as conflict,
        ifNull(counted.graded_votes, 0) as graded_votes,
        {{ share_of('counted.right_votes', 'counted.graded_votes') }} as accuracy,
        {{ wilson(share_of('counted.right_votes', 'counted.graded_votes'), 'counted.graded_votes', 'low') }} as accuracy_low,
        {{ wilson(share_of('counted.right_votes', 'counted.graded_votes'), 'counted.graded_votes', 'high') }} as accuracy_high,
        rules.prior_accuracy as prior_accuracy,
        rules.features_sharing_columns as features_sharing_columns
    from snapshots
    cross join rules
    left join counted
        on counted.network = snapshots.network
        and counted.processing_date = snapshots.processing_date
        and counted.window_days = snapshots.window_days
        and counted.rule_id = rules.rule_id

)

select * from final
