with features as (

    -- One row per address, labelled or not. No column comes from a label.
    select * from {{ ref('fct_address_features') }}

),

final as (

    select
        features.network as network,
        features.processing_date as processing_date,
        features.window_days as window_days,
        features.address as address,
        -- Every feature: all other columns of fct_address_features, as in training_addresses.
        features.* except (network, processing_date, window_days, address, address_key)
    from features

)

select * from final
