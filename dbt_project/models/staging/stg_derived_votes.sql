with source as (

    select * from {{ source('raw', 'raw_derived_votes') }} final

),

renamed as (

    select
        -- keys
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as canonical,
        {{ address_key('canonical') }} as address_key,
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

select
    network,
    processing_date,
    window_days,
    canonical as address,
    address_key,
    rule_id,
    source,
    vote,
    confidence,
    evidence
from renamed
