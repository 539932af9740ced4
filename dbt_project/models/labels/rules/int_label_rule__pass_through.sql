-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
{%- set ratio = var('pass_through_ratio') %}

select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    -- clarity: 0.5 at the threshold, rising linearly to 1 where as much goes out as comes in.
    {{ clarity('least(total_in_usd, total_out_usd) / greatest(total_in_usd, total_out_usd)', ratio, 1) }} as confidence,
    concat(toString(round(total_in_usd)), ' USD in, ', toString(round(total_out_usd)), ' USD out soon after') as evidence
from {{ ref('stg_features') }}
where
    -- Both comparisons, because a missing amount (NaN) makes each of them false.
    total_in_usd >= {{ ratio }} * total_out_usd
    and total_out_usd >= {{ ratio }} * total_in_usd
    and total_in_usd > 0
    -- Funds move on fast, or the address was active too briefly to hold any.
    and (velocity_score >= {{ var('pass_through_velocity') }} or activity_span_days <= {{ var('pass_through_span_days') }})
