with source as (

    select * from {{ latest_rows(source('raw', 'raw_custom_features')) }}

),

renamed as (

    select
        network,
        processing_date,
        window_days,
        {{ canonical_address('trim(source.address)') }} as address,
        {{ address_key('address') }} as address_key,
        -- An infinite value counts as missing; `trainer features add` refuses it, an insert_df may bring one.
        mapFilter((name, value) -> isFinite(value), features) as finite_features,
        ingested_at
    from source

),

final as (

    -- Two spellings of one address become one row, the later one, or every join would double.
    select
        toLowCardinality(any(renamed.network)) as network,
        any(renamed.processing_date) as processing_date,
        any(renamed.window_days) as window_days,
        any(renamed.address) as address,
        address_key,
        -- The aggregate function drops LowCardinality from the type of the keys.
        cast(
            argMax(renamed.finite_features, tuple(renamed.ingested_at, toString(renamed.finite_features))),
            'Map(LowCardinality(String), Float32)'
        ) as custom_features
    from renamed
    group by address_key

)

select * from final
