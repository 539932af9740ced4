with source as (

    select * from {{ source('raw', 'raw_money_flows') }} final

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(from_address)') }} as from_address,
        {{ canonical_address('trim(to_address)') }} as to_address,
        {{ address_key('from_address') }} as from_key,
        {{ address_key('to_address') }} as to_key,
        -- numbers
        toFloat64(ifNull(amount_usd_sum, 0)) as volume_usd,
        toFloat64(ifNull(tx_count, 0)) as tx_count,
        toFloat64(active_days) as active_days,
        -- seconds since 1970
        toFloat64(first_seen_timestamp) as first_seen,
        toFloat64(last_seen_timestamp) as last_seen,
        -- flags
        ifNull(is_bidirectional, false) as is_bidirectional
    from source

)

select * from renamed
