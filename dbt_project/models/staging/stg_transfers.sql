with source as (

    select * from {{ latest_rows(source('raw', 'raw_transfers')) }}

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
        transfer_number,
        -- numbers
        amount_usd,
        -- seconds since 1970
        block_timestamp as happened
    from source

)

select * from renamed
