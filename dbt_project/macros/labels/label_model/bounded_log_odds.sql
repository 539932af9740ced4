{# Log-odds within [-7, 7], a probability of about 0.001 to 0.999: estimates of 0 or 1 would have infinite log-odds. #}
{% macro bounded_log_odds(log_odds) -%}
    greatest(-7, least(7, {{ log_odds }}))
{%- endmacro %}
