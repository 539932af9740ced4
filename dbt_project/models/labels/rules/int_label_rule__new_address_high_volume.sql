with addresses as (

    select
        network,
        processing_date,
        window_days,
        address,
        total_volume_usd,
        is_new_address
    from {{ ref('stg_features') }}

),

snapshots as (

    select
        network,
        processing_date,
        window_days,
        quantileExact({{ var('new_address_high_volume_quantile') }})(total_volume_usd) as high_volume_usd
    from addresses
    where isFinite(total_volume_usd)
    group by network, processing_date, window_days

),

final as (

    select
        addresses.network as network,
        addresses.processing_date as processing_date,
        addresses.window_days as window_days,
        addresses.address as address,
        toUInt8(1) as vote,
        toFloat32(1) as confidence,
        concat('new, ', toString(round(addresses.total_volume_usd)), ' USD') as evidence
    from addresses
    inner join snapshots
        on snapshots.network = addresses.network
        and snapshots.processing_date = addresses.processing_date
        and snapshots.window_days = addresses.window_days
    where addresses.is_new_address = 1 and addresses.total_volume_usd > snapshots.high_volume_usd

)

select * from final
