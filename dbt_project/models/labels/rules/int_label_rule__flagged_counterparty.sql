-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat(toString(round(100 * risky_cents / total_cents)), ' % of volume with risky addresses') as evidence
from {{ ref('int_label_gold_flows') }}
-- Its volume with addresses whose gold label is risky, as a share of all its volume.
where
    risky_cents >= {{ var('flagged_counterparty_share') }} * total_cents
    and flow_count >= {{ var('flagged_counterparty_flows') }}
