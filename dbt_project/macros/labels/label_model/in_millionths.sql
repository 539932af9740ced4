{# The probability of log-odds, in whole millionths. #}
{% macro in_millionths(log_odds) -%}
    toUInt64(round(1000000 / (1 + exp(-({{ log_odds }})))))
{%- endmacro %}
