{# Written by tools/describe_models.py from the files in models/labels/rules; change those, not this. #}
{% macro label_rules() -%}
    {{ return(["behavioural_anomaly", "cluster_contagion", "dormant_reactivated", "exchange_like", "flagged_counterparty", "long_lived_diverse", "mixer_like", "new_address_high_volume", "pass_through", "regular_user", "severe_typology", "structuring", "trusted_counterparty"]) }}
{%- endmacro %}
