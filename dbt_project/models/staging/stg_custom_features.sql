with source as (

    select * from {{ source('raw', 'raw_custom_features') }} final

),

renamed as (

    select
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(address)') }} as canonical,
        {{ address_key('canonical') }} as address_key,
        features as custom_features
    from source

)

select network, processing_date, window_days, canonical as address, address_key, custom_features from renamed
