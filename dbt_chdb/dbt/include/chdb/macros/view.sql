{#
    dbt-clickhouse's, which with each view also searches the database for a materialized view that writes to it: there is none
    where the model was a view before. And a view that is there as it would be made is left alone: to make it takes reading its
    whole query, to look at its comment does not.
#}
{%- materialization view, adapter="chdb" -%}

    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement("main", fetch_result=True) -%}
        {{ view_made_from(target_relation, model, sql) }}
    {%- endcall %}
    {%- set made_from, comment = load_result("main").table.rows[0] -%}
    {%- set is_kept = existing_relation is not none and existing_relation.is_view and comment == made_from -%}
    {%- if not is_kept or should_full_refresh() -%}
        {%- if existing_relation is not none and not existing_relation.is_view -%}
            {{ clickhouse__drop_associated_mv_if_it_was_automatically_created(target_relation) }}
        {%- endif -%}
        {%- if existing_relation is not none and not adapter.supports_atomic_exchange() -%}
            {{ drop_relation_if_exists(existing_relation) }}
        {%- endif -%}
        {% call statement("create") -%}
            {{ get_create_view_as_sql(target_relation, sql) }}
            comment '{{ made_from }}'
        {%- endcall %}
    {%- endif -%}

    {%- do apply_grants(target_relation, config.get("grants"), should_revoke(existing_relation, full_refresh_mode=True)) -%}
    {%- do persist_docs(target_relation, model) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [target_relation]}) }}

{%- endmaterialization -%}
