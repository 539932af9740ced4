{# The vote of each risk level: 1 risky, 0 benign, NULL abstains. The var `medium_risk_label` sets that of `medium`. #}
{% macro risk_votes() -%}
    {%- set medium = 'null' if var('medium_risk_label') is none else var('medium_risk_label') | int %}
    select
        risk_level,
        if(risk_level = 'medium', {{ medium }}, label) as vote
    from {{ ref('risk_levels') }}
{%- endmacro %}
