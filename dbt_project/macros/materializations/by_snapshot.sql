{#
    A table whose partitions are snapshots, of which a run builds only those whose inputs have changed since: the rows they are
    made from, the tables that are of no snapshot, or the SQL. The first run, one after a change of SQL, and --full-refresh build
    them all. The SQL knows nothing of this: it is run for the snapshots to be built, large ones by themselves and small ones
    together, while a setting of ClickHouse hides the rows of the others in everything it reads (additional_table_filters).

    A partition is named after its snapshot and after what it was built from, in two columns that `select *` leaves out, and is
    put in place as a whole. So what a table was built from cannot disagree with its rows, even if a run is killed.
#}
{% materialization by_snapshot, default %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set this_table = this.incorporate(type="table") -%}
    {%- set new = make_intermediate_relation(this_table) -%}
    {%- set inputs = snapshot_inputs(model) -%}
    {%- if model.config.meta.optional and model.config.meta.family not in var("feature_families") -%}
        {#- A family that is off has a table without rows, of which the engine need not plan the query. -#}
        {%- set sql = without_rows() -%}
    {%- endif -%}
    {%- if not inputs.stored + inputs.parts + inputs.rows -%}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ " is to be stored by snapshot, but reads no table that is; use materialized='table'."
        ) }}
    {%- endif -%}
    {%- if on_cluster_clause(this_table) | trim -%}
        {{ exceptions.raise_compiler_error(
            this.identifier ~ " is stored by snapshot; a cluster needs a database of the engine Replicated (docs/server.md)."
        ) }}
    {%- endif -%}
    {{ run_hooks(pre_hooks) }}
    {%- do drop_relation_if_exists(load_cached_relation(new)) -%}
    {%- call statement("main", fetch_result=True) -%}
        {{ snapshot_plan(this_table, inputs, sql) }}
    {%- endcall -%}
    {%- set plan = load_result("main").table.rows -%}
    {%- set kept = [] if should_full_refresh() or flags.EMPTY else plan | selectattr("action", "equalto", "keep") | list -%}
    {%- if not kept -%}
        {%- set wanted = [] if flags.EMPTY else plan | rejectattr("action", "equalto", "drop") | list -%}
        {%- set batches = snapshot_batches(wanted) -%}
        {%- do create_by_snapshot(new, batches[0], inputs, sql) -%}
        {%- do fill_snapshots(new, batches[1:], inputs, sql) -%}
        {%- do note_empty_snapshots(new, wanted | map(attribute="name") | list) -%}
        {%- do put_in_place(existing, new, this_table) -%}
    {%- else -%}
        {%- do replace_snapshots(this_table, new, plan, inputs, sql) -%}
    {%- endif -%}
    {%- do apply_grants(this_table, config.get("grants"), should_revoke=should_revoke(existing, full_refresh_mode=True)) -%}
    {%- do persist_docs(this_table, model) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [this_table]}) }}
{% endmaterialization %}
