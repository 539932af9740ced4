with source as (

    select * from {{ latest_rows(source('raw', 'raw_address_labels')) }}

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as address,
        {{ address_key('address') }} as address_key,
        {{ stage_labels(published=true) }}
    from source
    -- A label whose confidence is not in [0, 1] is left out; a test of the source reports it.
    where source.confidence_score between 0 and 1

)

select * from renamed
