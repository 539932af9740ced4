-- The share of gold-labelled addresses with conflicting gold labels is at most the var max_conflict_share. More of them point
-- to lists with another meaning or to wrong addresses. The lower end of the share's 95 % interval is compared, because few
-- labels prove nothing.
with snapshots as (

    select
        network,
        processing_date,
        window_days,
        toInt64(count()) as addresses,
        toInt64(countIf(is_conflict)) as conflicts
    from {{ ref('fct_address_labels') }}
    where strategy = 'address_labels'
    group by network, processing_date, window_days

)

select *, {{ wilson(share_of('conflicts', 'addresses'), 'addresses', 'low') }} as conflict_share_low
from snapshots
where conflict_share_low > {{ var('max_conflict_share') }}
