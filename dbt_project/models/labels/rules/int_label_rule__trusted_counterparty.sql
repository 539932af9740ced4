-- One row per address that the rule votes benign (0); on all other addresses it abstains. int_label_votes adds address_key.
select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    -- clarity: 0.5 at the threshold, rising linearly to 1 where all volume is with benign addresses.
    {{ clarity('benign_cents / total_cents', var('trusted_counterparty_share'), 1) }} as confidence,
    concat(toString(round(100 * benign_cents / total_cents)), ' % of volume with benign addresses') as evidence
from {{ ref('int_label_gold_flows') }}
-- Its volume with addresses whose gold label is benign, as a share of all its volume.
where benign_cents >= {{ var('trusted_counterparty_share') }} * total_cents
