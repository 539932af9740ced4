select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    {{ clarity('benign_cents / total_cents', var('trusted_counterparty_share'), 1) }} as confidence,
    concat(toString(round(100 * benign_cents / total_cents)), ' % of volume with benign addresses') as evidence
from {{ ref('int_label_gold_flows') }}
where benign_cents >= {{ var('trusted_counterparty_share') }} * total_cents
