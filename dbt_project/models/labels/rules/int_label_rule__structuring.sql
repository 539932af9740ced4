select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    {{ clarity('structuring_score', var('structuring_score'), 1) }} as confidence,
    concat(toString(round(100 * structuring_score)), ' % of ', toString(tx_total_count), ' transfers look split') as evidence
from {{ ref('stg_features') }}
where structuring_score >= {{ var('structuring_score') }} and tx_total_count >= {{ var('structuring_transfers') }}
