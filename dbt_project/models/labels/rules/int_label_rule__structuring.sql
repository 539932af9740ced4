-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    -- clarity: 0.5 at the threshold, rising linearly to 1 where all transfers look structured.
    {{ clarity('structuring_score', var('structuring_score'), 1) }} as confidence,
    concat(toString(round(100 * structuring_score)), ' % of ', toString(tx_total_count), ' transfers look split') as evidence
from {{ ref('stg_features') }}
where structuring_score >= {{ var('structuring_score') }} and tx_total_count >= {{ var('structuring_transfers') }}
