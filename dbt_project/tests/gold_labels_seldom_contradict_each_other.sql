-- More contradictions than the var max_conflict_share are lists that speak of something else, or addresses gone wrong; few
-- labels prove nothing, so the lower end of the share's 95 % interval counts.
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

select *, {{ wilson(share_of('conflicts', 'addresses'), 'addresses', 'low') }} as surely
from snapshots
where surely > {{ var('max_conflict_share') }}
