{#
    dbt-clickhouse's: the engine of a stored model. In a database that replicates what is done to its tables, tables of the family
    MergeTree would keep their rows on one node only; they are of ReplicatedMergeTree there.
#}
{% macro engine_clause() %}
    {%- set engine = config.get("engine", default="MergeTree()") -%}
    {%- set to_replicate = is_replicated() and "MergeTree" in engine and not engine.startswith("Replicated") -%}
    engine = {{ "Replicated" if to_replicate }}{{ engine }}
{% endmacro %}
