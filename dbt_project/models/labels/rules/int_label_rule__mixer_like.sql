-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    'behaves like a mixer' as evidence
from {{ ref('stg_features') }}
-- A missing flag is NaN, which is not 1.
where is_mixer_like = 1
