-- One row per address that the rule votes benign (0); on all other addresses it abstains. int_label_votes adds address_key.
select
    network,
    processing_date,
    window_days,
    address,
    toUInt8(0) as vote,
    toFloat32(1) as confidence,
    'regular user, no fast money, no split amounts' as evidence
from {{ ref('stg_features') }}
-- A missing flag or score is NaN, which makes its comparison false.
where
    is_regular_user = 1
    and velocity_score < {{ var('regular_user_velocity') }}
    and structuring_score < {{ var('regular_user_structuring') }}
