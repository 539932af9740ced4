{# Tables and staging models that hold labels or scores. #}
{% macro label_tables() -%}
    {{ return([
        "address_labels", "raw_address_labels", "raw_standing_labels", "raw_derived_votes", "label_editions", "label_history",
        "stg_address_labels", "stg_custom_address_labels", "stg_standing_labels", "stg_derived_votes", "stg_label_editions",
        "alert_scores", "alert_rankings", "address_scores", "cluster_scores",
    ]) }}
{%- endmacro %}
