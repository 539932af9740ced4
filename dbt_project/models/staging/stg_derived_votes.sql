with source as (

    select * from {{ latest_rows(source('raw', 'raw_derived_votes')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as address,
        {{ address_key('address') }} as address_key,
        'derived' as rule_id,
        strategy as source,
        -- numbers
        vote,
        confidence,
        -- text
        evidence
    from source
    where vote in (0, 1) and confidence between 0 and 1

)

select * from renamed
