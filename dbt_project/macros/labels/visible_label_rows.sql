{# The source-of-truth and custom labels that a snapshot may see under the policy of the var `label_as_of`. #}
{% macro visible_label_rows() -%}
    select * from (
        select 'sot' as rule_id, * from {{ ref('stg_address_labels') }}
        union all
        select 'custom' as rule_id, * from {{ ref('stg_custom_address_labels') }}
    )
    {% if var('label_as_of') == 'timestamp' -%}
    where created_at is null or created_at < toDateTime(processing_date, 'UTC') + interval 1 day
    {%- endif %}
{%- endmacro %}
