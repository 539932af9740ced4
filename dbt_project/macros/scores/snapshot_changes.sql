{# For each snapshot, the number of the load in which its content changed last. #}
{% macro snapshot_changes() -%}
    select network, processing_date, window_days, max(changed_in) as changed_in
    from {{ latest_rows(source('scores', 'snapshot_loads')) }}
    group by all
{%- endmacro %}
