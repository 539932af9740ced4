{# For each snapshot, the number of the load in which what is scored changed last; labels have no influence on scores. #}
{% macro snapshot_changes() -%}
    select network, processing_date, window_days, max(changed_in) as changed_in
    from {{ latest_rows(source('scores', 'snapshot_loads')) }}
    where table_name != 'address_labels'
    group by all
{%- endmacro %}
