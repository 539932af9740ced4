{# The columns of raw_features that are features, by the cast they need. Adding one here and in the seed feature_catalog
   brings it through every model to the matrix. #}
{% macro raw_feature_columns() -%}
    {{ return([
        "degree_in", "degree_out", "degree_total", "unique_counterparties", "tx_in_count", "tx_out_count",
        "tx_total_count", "activity_days", "activity_span_days", "peak_hour", "peak_day", "unique_assets_in",
        "unique_assets_out", "peak_activity_hour", "peak_activity_day", "kcore", "community_id", "khop1_count",
        "khop2_count", "khop3_count", "outlier_transactions", "unique_recipients_count", "unique_senders_count",
        "total_in_usd", "total_out_usd", "net_flow_usd", "total_volume_usd", "avg_tx_in_usd", "avg_tx_out_usd",
        "median_tx_in_usd", "median_tx_out_usd", "max_tx_usd", "min_tx_usd", "avg_daily_volume_usd",
        "khop1_volume_usd", "khop2_volume_usd", "khop3_volume_usd", "amount_variance", "amount_skewness",
        "amount_kurtosis", "volume_std", "volume_cv", "flow_concentration", "regularity_score", "burst_factor",
        "reciprocity_ratio", "flow_diversity", "counterparty_concentration", "concentration_ratio", "velocity_score",
        "structuring_score", "asset_diversity_score", "hourly_entropy", "daily_entropy", "weekend_transaction_ratio",
        "night_transaction_ratio", "small_transaction_ratio", "consistency_score", "pagerank", "betweenness",
        "closeness", "clustering_coefficient", "centrality_score", "flow_reciprocity_entropy",
        "counterparty_stability", "flow_burstiness", "transaction_regularity", "amount_predictability",
        "behavioral_anomaly_score", "graph_anomaly_score", "neighborhood_anomaly_score", "global_anomaly_score",
        "suspicious_pattern_score", "completeness_score", "quality_score", "outlier_score", "is_exchange_like",
        "is_whale", "is_mixer_like", "is_contract_like", "is_new_address", "is_dormant_reactivated",
        "is_high_volume_trader", "is_hub_address", "is_retail_active", "is_whale_inactive", "is_retail_inactive",
        "is_regular_user"
    ]) }}
{%- endmacro %}


{% macro address_feature_columns() -%}
    {{ return(raw_feature_columns() + ["feature_confidence_score", "first_activity_age_days", "last_activity_age_days"]) }}
{%- endmacro %}


{% macro flow_feature_columns() -%}
    {{ return([
        "flow_in_pairs", "flow_out_pairs", "flow_in_usd", "flow_out_usd", "flow_pass_through_ratio",
        "flow_largest_in_ratio", "flow_largest_out_ratio", "flow_in_concentration", "flow_out_concentration",
        "flow_bidirectional_ratio", "flow_tx_per_pair", "flow_active_days_mean", "flow_lifetime_days",
        "flow_holding_days", "flow_counterparty_pairs_mean", "flow_counterparty_pairs_max",
        "flow_counterparty_usd_mean", "flow_counterparty_pass_through_mean"
    ]) }}
{%- endmacro %}


{% macro cluster_feature_columns() -%}
    {{ return([
        "cluster_count", "cluster_addresses_max", "cluster_alerts_max", "cluster_volume_usd_max",
        "cluster_severity_max", "cluster_confidence_max", "is_cluster_primary"
    ]) }}
{%- endmacro %}


{# Columns whose standing within the snapshot is a feature: as the standard score of log(1 + x), as the share with less. #}
{% macro zscore_columns() -%}
    {{ return(["total_volume_usd", "tx_total_count", "degree_in", "degree_out", "max_tx_usd", "activity_days"]) }}
{%- endmacro %}


{% macro percentile_columns() -%}
    {{ return(["total_volume_usd", "tx_total_count", "degree_total"]) }}
{%- endmacro %}


{% macro population_feature_columns() -%}
    {%- set columns = [] -%}
    {%- for column in zscore_columns() %}{% do columns.append(column ~ "_zscore") %}{% endfor -%}
    {%- for column in percentile_columns() %}{% do columns.append(column ~ "_percentile") %}{% endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro alert_feature_columns() -%}
    {{ return([
        "alert_confidence_score", "alert_volume_usd", "alert_volume_ratio", "alert_severity", "alert_indicator_count",
        "alert_has_pattern", "alert_typology_count", "alert_typology_ratio", "alert_address_alert_count",
        "alert_address_typology_count", "alert_address_severity_max", "alert_address_confidence_max"
    ]) }}
{%- endmacro %}


{# What is known of an address, whatever family it comes from. #}
{% macro all_address_feature_columns() -%}
    {{ return(
        address_feature_columns() + flow_feature_columns() + cluster_feature_columns() + population_feature_columns()
    ) }}
{%- endmacro %}


{# What is known of a cluster itself. #}
{% macro own_cluster_columns() -%}
    {{ return([
        "cluster_size", "cluster_total_alerts", "cluster_total_volume_usd", "cluster_severity",
        "cluster_mean_confidence", "cluster_alerts_per_address", "cluster_volume_per_address_usd", "cluster_age_days",
        "cluster_span_days", "cluster_known_ratio"
    ]) }}
{%- endmacro %}


{# Features of addresses of which a cluster has the mean and the largest over its members. #}
{% macro member_columns() -%}
    {{ return([
        "degree_in", "degree_out", "tx_total_count", "activity_days", "activity_span_days", "total_volume_usd",
        "net_flow_usd", "max_tx_usd", "volume_cv", "regularity_score", "burst_factor", "reciprocity_ratio",
        "counterparty_concentration", "velocity_score", "structuring_score", "night_transaction_ratio",
        "small_transaction_ratio", "pagerank", "clustering_coefficient", "behavioral_anomaly_score",
        "suspicious_pattern_score", "is_exchange_like", "is_mixer_like", "is_new_address", "is_dormant_reactivated",
        "first_activity_age_days", "last_activity_age_days", "flow_pass_through_ratio", "flow_in_concentration",
        "flow_out_concentration", "flow_holding_days", "flow_counterparty_pass_through_mean",
        "total_volume_usd_percentile", "tx_total_count_zscore"
    ]) }}
{%- endmacro %}


{% macro all_cluster_feature_columns() -%}
    {%- set columns = own_cluster_columns() -%}
    {%- for column in member_columns() -%}
        {%- do columns.extend(["member_" ~ column ~ "_mean", "member_" ~ column ~ "_max"]) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
