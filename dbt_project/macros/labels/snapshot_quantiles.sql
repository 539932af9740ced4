{# One row per snapshot: the `quantile` of a column of stg_features over all addresses of the snapshot, as `threshold`. A missing
   value (NaN) does not count. #}
{% macro snapshot_quantiles(column, quantile) -%}
    select
        network,
        processing_date,
        window_days,
        quantileExact({{ quantile }})({{ column }}) as threshold
    from {{ ref('stg_features') }}
    where isFinite({{ column }})
    group by network, processing_date, window_days
{%- endmacro %}
