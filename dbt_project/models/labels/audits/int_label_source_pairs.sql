with addresses as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        votes.address_key as address_key,
        groupUniqArray(tuple(
            toString(if(votes.source = '', votes.rule_id, votes.source)), toString(votes.voice), votes.vote
        )) as opinions
    from {{ ref('int_label_votes') }} as votes
    where votes.kind = 'gold'
    group by address_key

),

exploded as (

    select network, processing_date, window_days, address_key, opinions, arrayJoin(opinions) as opinion from addresses

),

totals as (

    select
        network,
        processing_date,
        window_days,
        opinion.1 as source,
        uniqExact(address_key) as source_addresses,
        count() as source_opinions
    from exploded
    group by network, processing_date, window_days, source

),

pairs as (

    select network, processing_date, window_days, address_key, opinion, arrayJoin(opinions) as other from exploded
    where length(opinions) > 1

),

common as (

    select
        network,
        processing_date,
        window_days,
        opinion.1 as source,
        other.1 as other_source,
        any(opinion.2 = other.2) as is_same_lineage,
        uniqExact(address_key) as common_addresses,
        countIf(opinion.3 = other.3) as common_opinions
    from pairs
    where opinion.1 != other.1
    group by network, processing_date, window_days, source, other_source

),

final as (

    select
        common.network as network,
        common.processing_date as processing_date,
        common.window_days as window_days,
        common.source as source,
        common.other_source as other_source,
        common.is_same_lineage as is_same_lineage,
        common.common_addresses as common_addresses,
        common.common_addresses / own.source_addresses as address_share,
        common.common_opinions as common_opinions,
        common.common_opinions / (own.source_opinions + other.source_opinions - common.common_opinions) as jaccard,
        common.common_opinions / own.source_opinions as contained_share
    from common
    inner join totals as own
        on own.network = common.network
        and own.processing_date = common.processing_date
        and own.window_days = common.window_days
        and own.source = common.source
    inner join totals as other
        on other.network = common.network
        and other.processing_date = common.processing_date
        and other.window_days = common.window_days
        and other.source = common.other_source

)

select * from final
