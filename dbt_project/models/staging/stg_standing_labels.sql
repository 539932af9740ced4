with source as (

    select * from {{ latest_rows(source('raw', 'raw_standing_labels')) }}

),

renamed as (

    select
        -- keys
        network,
        {{ canonical_address('trim(source.address)') }} as address,
        {{ account_key('address') }} as account_key,
        {{ stage_labels(published=true) }},
        list as source_list,
        valid_from,
        valid_to
    from source
    where source.confidence_score between 0 and 1

)

select * from renamed
