{# Whether each node of a cluster keeps all tables: the database replicates what is done to them (profiles.yml). #}
{% macro is_replicated() %}
    {{ return("replicated" in (target.get("database_engine") or "") | lower) }}
{% endmacro %}
