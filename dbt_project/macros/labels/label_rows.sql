{# The labels that a snapshot may see, source-of-truth and custom ones, by the policy of the var `label_as_of`. #}
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


{# What each risk level says: 1 risky, 0 benign, null abstains. `medium` abstains unless the user says what it means. #}
{% macro risk_votes() -%}
    select
        risk_level,
        if(risk_level = 'medium', {{ 'null' if var('medium_risk_label') is none else var('medium_risk_label') | int }}, label) as vote
    from {{ ref('risk_levels') }}
{%- endmacro %}
