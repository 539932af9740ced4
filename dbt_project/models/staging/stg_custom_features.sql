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
        -- An infinity, which only an insert of one's own can bring, says no more than a gap.
        mapFilter((name, value) -> isFinite(value), features) as finite_features,
        ingested_at
    from source

),

final as (

    -- Two spellings of one address are one row, or every join would double: the later one counts.
    select
        toLowCardinality(any(renamed.network)) as network,
        any(renamed.processing_date) as processing_date,
        any(renamed.window_days) as window_days,
        any(renamed.canonical) as address,
        address_key,
        -- An aggregate gives up the dictionary of the keys' type.
        cast(
            argMax(renamed.finite_features, tuple(renamed.ingested_at, toString(renamed.finite_features))),
            'Map(LowCardinality(String), Float32)'
        ) as custom_features
    from renamed
    group by address_key

)

select * from final
