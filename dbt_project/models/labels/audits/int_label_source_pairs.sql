with opinions as (

    select
        any(votes.network) as network,
        any(votes.processing_date) as processing_date,
        any(votes.window_days) as window_days,
        votes.address_key as address_key,
        groupUniqArray(tuple(toString(if(votes.source = '', votes.rule_id, votes.source)), toString(votes.voice), votes.vote)) as said
    from {{ ref('int_label_votes') }} as votes
    where votes.kind = 'gold'
    group by address_key

),

ones as (

    select network, processing_date, window_days, address_key, said, arrayJoin(said) as one from opinions

),

totals as (

    select
        network,
        processing_date,
        window_days,
        one.1 as source,
        uniqExact(address_key) as source_addresses,
        count() as source_opinions
    from ones
    group by network, processing_date, window_days, source

),

pairs as (

    select network, processing_date, window_days, address_key, one, arrayJoin(said) as other from ones
    where length(said) > 1

),

met as (

    select
        network,
        processing_date,
        window_days,
        one.1 as source,
        other.1 as other_source,
        any(one.2 = other.2) as is_same_lineage,
        uniqExact(address_key) as common_addresses,
        countIf(one.3 = other.3) as common_opinions
    from pairs
    where one.1 != other.1
    group by network, processing_date, window_days, source, other_source

),

final as (

    select
        met.network as network,
        met.processing_date as processing_date,
        met.window_days as window_days,
        met.source as source,
        met.other_source as other_source,
        met.is_same_lineage as is_same_lineage,
        met.common_addresses as common_addresses,
        met.common_addresses / ones.source_addresses as address_share,
        met.common_opinions as common_opinions,
        met.common_opinions / (ones.source_opinions + others.source_opinions - met.common_opinions) as jaccard,
        met.common_opinions / ones.source_opinions as contained_share
    from met
    inner join totals as ones
        on ones.network = met.network
        and ones.processing_date = met.processing_date
        and ones.window_days = met.window_days
        and ones.source = met.source
    inner join totals as others
        on others.network = met.network
        and others.processing_date = met.processing_date
        and others.window_days = met.window_days
        and others.source = met.other_source

)

select * from final
