with snapshots as (

    -- The addresses a rule could vote on: those of the snapshot, and labelled ones that it lacks.
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
        groupArray(tuple(toString(votes.rule_id), toString(votes.voice), votes.vote, votes.kind = 'gold')) as votes_on_address,
        -- Strongest last: the one that decides in address_labels.
        arraySort(groupArrayIf({{ gold_strength() }}, votes.kind = 'gold')) as gold_votes
    from {{ ref('int_label_votes') }} as votes
    group by address_key

),

exploded as (

    select
        network,
        processing_date,
        window_days,
        address_key,
        votes_on_address,
        gold_votes,
        arrayJoin(votes_on_address) as exploded_vote,
        exploded_vote.1 as rule_id,
        exploded_vote.2 as voice,
        exploded_vote.3 as vote,
        exploded_vote.4 as is_gold
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
        arrayExists(other -> other.2 != voice, votes_on_address) as is_overlap,
        arrayExists(other -> other.2 != voice and other.3 != vote, votes_on_address) as is_conflict,
        -- A gold rule is graded by the gold labels of other rules, never by its own.
        arrayFilter(gold_vote -> not is_gold or gold_vote.5 != rule_id, gold_votes) as reference_votes,
        notEmpty(reference_votes) as is_graded,
        is_graded and tupleElement(reference_votes[-1], 6) = vote as is_right
    from exploded

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
        uniqExactIf(address_key, is_conflict) as conflict_addresses,
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
    from {{ ref('fct_label_rules') }}

),

shared as (

    -- A column of stg_features is a feature under its own name and in the features of the family population that begin with it.
    -- Flows, clusters and alerts become whole feature families, and alert_volume_ratio is computed from total_volume_usd.
    select
        inputs.rule_id as rule_id,
        arraySort(groupUniqArray(catalog.feature)) as features_sharing_columns
    from inputs
    cross join {{ ref('feature_catalog') }} as catalog
    where
        multiIf(
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
    from {{ ref('fct_label_rules') }} as rules
    left join shared on shared.rule_id = rules.rule_id
    where rules.enabled

),

final as (

    -- Rules without votes have a row, too: that they do not vote is a finding.
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
