{# The addresses of a snapshot whose `column` lies above the `quantile` of all its addresses: the columns `address_columns` of
   stg_features, with the keys. A missing value (NaN) is left out of the quantile and lies above none. #}
{% macro above_quantile(column, quantile, address_columns) -%}
    select
        addresses.network as network,
        addresses.processing_date as processing_date,
        addresses.window_days as window_days,
        addresses.address as address
        {%- for name in [column] + address_columns %},
        addresses.{{ name }} as {{ name }}
        {%- endfor %}
    from {{ ref('stg_features') }} as addresses
    inner join (
        select
            network,
            processing_date,
            window_days,
            quantileExact({{ quantile }})({{ column }}) as threshold
        from {{ ref('stg_features') }}
        where isFinite({{ column }})
        group by network, processing_date, window_days
    ) as snapshots
        on snapshots.network = addresses.network
        and snapshots.processing_date = addresses.processing_date
        and snapshots.window_days = addresses.window_days
    where addresses.{{ column }} > snapshots.threshold
{%- endmacro %}
