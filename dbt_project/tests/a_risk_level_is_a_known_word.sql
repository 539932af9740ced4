-- A misspelt risk level abstains silently. Every risk level of a label is in the seed risk_levels or empty.
with labels as (

    select network, processing_date, window_days, address, label_source, risk_level from {{ ref('stg_address_labels') }}
    union all
    select network, processing_date, window_days, address, label_source, risk_level from {{ ref('stg_custom_address_labels') }}
    union all
    select network, valid_from as processing_date, 0 as window_days, address, label_source, risk_level
    from {{ ref('stg_standing_labels') }}

)

select * from labels
where risk_level != '' and risk_level not in (select risk_level from {{ ref('risk_levels') }})
