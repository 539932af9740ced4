-- One row per address to score, labelled or not: the features of training_addresses and no column from a label.
with features as (

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
