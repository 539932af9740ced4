-- One row per address that the rule votes risky (1); on all other addresses it abstains. int_label_votes adds address_key.
with quantiles as (

    -- One row per snapshot, over all of its addresses, whatever the conditions below.
    {{ snapshot_quantiles('total_volume_usd', var('new_address_high_volume_quantile')) }}

)

select
    addresses.network as network,
    addresses.processing_date as processing_date,
    addresses.window_days as window_days,
    addresses.address as address,
    toUInt8(1) as vote,
    toFloat32(1) as confidence,
    concat('new, ', toString(round(addresses.total_volume_usd)), ' USD') as evidence
from {{ ref('stg_features') }} as addresses
inner join quantiles
    on quantiles.network = addresses.network
    and quantiles.processing_date = addresses.processing_date
    and quantiles.window_days = addresses.window_days
where
    -- Strictly above; a missing value (NaN) is above none.
    addresses.total_volume_usd > quantiles.threshold
    and addresses.is_new_address = 1
