{# Features whose ranks int_features__neighbours averages over counterparties, in the order of its columns. #}
{% macro declared_neighbour_features() -%}
    {{ return([
        "structuring_score", "velocity_score", "flow_pass_through_ratio", "flow_out_concentration", "flow_holding_days",
        "flow_active_days_mean", "flow_counterparty_pass_through_mean", "counterparty_stability", "regularity_score",
        "flow_burstiness", "daily_entropy", "night_transaction_ratio", "kcore", "behavioral_anomaly_score",
        "neighborhood_anomaly_score", "suspicious_pattern_score"
    ]) }}
{%- endmacro %}
