{{ config(
    materialized='table',
    engine='MergeTree()',
    order_by='(network, window_days, processing_date, alert_id)'
) }}

with final as (

    select
        alerts.network as network,
        alerts.processing_date as processing_date,
        alerts.window_days as window_days,
        alerts.alert_id as alert_id,
        alerts.address as address,
        alerts.address_key as address_key,
        {%- for column in alert_feature_columns() %}
        {%- if column == 'alert_volume_ratio' %}
        {{ as_feature(ratio('alerts.alert_volume_usd', 'addresses.total_volume_usd')) }} as alert_volume_ratio,
        {%- else %}
        alerts.{{ column }} as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for column in all_address_feature_columns() %}
        {{ as_feature('addresses.' ~ column) }} as {{ column }},
        {%- endfor %}
        alerts.alert_tags as alert_tags,
        addresses.extra_features as extra_features,
        -- With what a user added to the SQL of the address's features.
        {{ with_own_columns('addresses', own_columns(ref('fct_address_features'), all_address_feature_columns())) }} as custom_features
    -- A right join, so that the wide table streams past the alerts; an alert without a feature row stays, all NaN.
    from {{ ref('fct_address_features') }} as addresses
    right join {{ ref('int_features__alerts') }} as alerts on alerts.address_key = addresses.address_key

)

select * from final
