{#
    dbt-clickhouse's, which with each view also searches the database for a materialized view that writes to it: there is none
    where the model was a view before. A view that would become what it is already is left as it is, because to create one the
    engine plans its query.
#}
{%- materialization view, adapter="chdb" -%}

    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type="view") -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing_relation is not none and not existing_relation.is_view -%}
        {{ clickhouse__drop_associated_mv_if_it_was_automatically_created(target_relation) }}
    {%- endif -%}
    {%- if existing_relation is not none and not adapter.supports_atomic_exchange() -%}
        {{ drop_relation_if_exists(existing_relation) }}
    {%- endif -%}
    {%- if existing_relation is not none and existing_relation.is_view and is_unchanged_view(target_relation, sql) -%}
        {%- call noop_statement("main", "UNCHANGED") -%}{%- endcall -%}
    {%- else -%}
        {%- call statement("main") -%}
            {{ get_create_view_as_sql(target_relation, sql) }}
        {%- endcall -%}
    {%- endif -%}

    {%- do apply_grants(target_relation, config.get("grants"), should_revoke(existing_relation, full_refresh_mode=True)) -%}
    {%- do persist_docs(target_relation, model) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({"relations": [target_relation]}) }}

{%- endmaterialization -%}
