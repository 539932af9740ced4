{#- Words that the taxonomy does not know are listed up to this number. -#}
{%- set most_words = 100 %}
with risk_levels as (

    {{ risk_votes() }}

),

labelled as (

    select
        label_rows.network as network,
        label_rows.processing_date as processing_date,
        label_rows.window_days as window_days,
        toString(if(label_rows.label_source = '', label_rows.rule_id, label_rows.label_source)) as source,
        count() as labels,
        uniqExact(label_rows.address_key) as addresses,
        countIf(risk_levels.vote = 1) as risky_labels,
        countIf(risk_levels.vote = 0) as benign_labels,
        countIf(risk_levels.vote is null) as abstaining_labels,
        countIf(label_rows.publisher != '' and label_rows.risk_level = '') as unmapped_labels,
        arraySlice(
            arraySort(groupUniqArrayIf(label_rows.publisher_label, label_rows.publisher != '' and label_rows.risk_level = '')),
            1,
            {{ most_words }}
        ) as unmapped_categories,
        countIf(label_rows.is_standing) as standing_labels,
        uniqExactIf(
            label_rows.address_key, label_rows.address_key in (select address_key from {{ ref('fct_snapshot_addresses') }})
        ) as matched_addresses,
        -- In millionths, because sums of whole numbers do not depend on the order of rows.
        sum(toInt64(round(label_rows.confidence_score * 1000000))) / count() / 1000000 as mean_confidence,
        max(label_rows.created_at) as newest_label_at
    from {{ ref('fct_applied_labels') }} as label_rows
    left join risk_levels on risk_levels.risk_level = label_rows.risk_level
    group by network, processing_date, window_days, source

),

addresses as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        votes.address_key as address_key,
        arraySort(groupArray(tuple(
            {{ gold_strength() }}, toString(votes.voice), toString(if(votes.source = '', votes.rule_id, votes.source))
        ))) as gold_votes
    from {{ ref('int_label_votes') }} as votes
    where votes.kind = 'gold'
    group by address_key

),

compared as (

    -- Each vote next to the strongest vote of another voice on the same address.
    select
        network,
        processing_date,
        window_days,
        address_key,
        arrayJoin(gold_votes) as gold_vote,
        gold_vote.3 as source,
        arrayFilter(other -> other.2 != gold_vote.2, gold_votes) as other_votes,
        notEmpty(other_votes) as is_shared,
        is_shared and tupleElement(tupleElement(other_votes[-1], 1), 6) = tupleElement(tupleElement(gold_vote, 1), 6) as is_agreed
    from addresses

),

agreement as (

    select
        network,
        processing_date,
        window_days,
        source,
        uniqExact(address_key) as voted_addresses,
        uniqExactIf(address_key, is_shared) as shared_addresses,
        countIf(is_shared) as compared_votes,
        countIf(is_agreed) as agreed_votes
    from compared
    group by network, processing_date, window_days, source

),

editions as (

    -- The newest edition of each source on the date of each snapshot; lists that give no date have none.
    select
        labelled.network as network,
        labelled.processing_date as processing_date,
        labelled.window_days as window_days,
        labelled.source as source,
        max(editions.edition_date) as edition_date
    from labelled
    inner join {{ ref('stg_label_editions') }} as editions
        on if(editions.label_source = '', 'custom', editions.label_source) = labelled.source
    where editions.edition_date <= labelled.processing_date and editions.edition_date > toDate('1970-01-01')
    group by network, processing_date, window_days, source

),

closest as (

    select
        network,
        processing_date,
        window_days,
        source,
        argMax(tuple(other_source, jaccard, contained_share), tuple(jaccard, contained_share, other_source)) as closest
    from {{ ref('int_label_source_pairs') }}
    where not is_same_lineage and common_opinions > 0
    group by network, processing_date, window_days, source

),

final as (

    select
        labelled.network as network,
        labelled.processing_date as processing_date,
        labelled.window_days as window_days,
        labelled.source as source,
        ifNull(sources.lineage, labelled.source) as lineage,
        ifNull(sources.trust, 0) as trust,
        labelled.labels as labels,
        labelled.addresses as addresses,
        labelled.risky_labels as risky_labels,
        labelled.benign_labels as benign_labels,
        labelled.abstaining_labels as abstaining_labels,
        labelled.unmapped_labels as unmapped_labels,
        labelled.unmapped_categories as unmapped_categories,
        labelled.standing_labels as standing_labels,
        labelled.matched_addresses as matched_addresses,
        labelled.mean_confidence as mean_confidence,
        {{ share_of('agreement.shared_addresses', 'agreement.voted_addresses') }} as shared_share,
        ifNull(agreement.compared_votes, 0) as compared_votes,
        {{ share_of('agreement.agreed_votes', 'agreement.compared_votes') }} as agreement,
        {{ wilson(
            share_of('agreement.agreed_votes', 'agreement.compared_votes'), 'agreement.compared_votes', 'low'
        ) }} as agreement_low,
        {{ wilson(
            share_of('agreement.agreed_votes', 'agreement.compared_votes'), 'agreement.compared_votes', 'high'
        ) }} as agreement_high,
        tupleElement(closest.closest, 1) as closest_source,
        tupleElement(closest.closest, 2) as closest_jaccard,
        tupleElement(closest.closest, 3) as closest_contained_share,
        labelled.newest_label_at as newest_label_at,
        editions.edition_date as edition_date,
        dateDiff('day', editions.edition_date, labelled.processing_date) as edition_age_days,
        ifNull(edition_age_days > {{ var('label_max_age_days') }}, false) as is_old
    from labelled
    left join {{ ref('label_sources') }} as sources on sources.source = {{ known_source('labelled.source') }}
    left join agreement
        on agreement.network = labelled.network
        and agreement.processing_date = labelled.processing_date
        and agreement.window_days = labelled.window_days
        and agreement.source = labelled.source
    left join editions
        on editions.network = labelled.network
        and editions.processing_date = labelled.processing_date
        and editions.window_days = labelled.window_days
        and editions.source = labelled.source
    left join closest
        on closest.network = labelled.network
        and closest.processing_date = labelled.processing_date
        and closest.window_days = labelled.window_days
        and closest.source = labelled.source

)

select * from final
