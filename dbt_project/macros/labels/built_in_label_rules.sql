{# The names of the label rules in this project. Written by tools/describe_models.py from models/labels/rules. #}
{% macro built_in_label_rules() -%}
    {{ return([
        "behavioral_anomaly",
        "cluster_contagion",
        "dormant_reactivated",
        "exchange_like",
        "flagged_counterparty",
        "long_lived_diverse",
        "mixer_like",
        "new_address_high_volume",
        "pass_through",
        "regular_user",
        "severe_typology",
        "structuring",
        "trusted_counterparty",
    ]) }}
{%- endmacro %}
