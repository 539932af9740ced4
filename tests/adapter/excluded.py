"""The suites of dbt-tests-adapter that are not run against `type: chdb`, each with a reason."""

# These suites have PostgreSQL statements in the body of the test, where no fixture can replace them.
_POSTGRES_SQL = "its set-up is written in PostgreSQL's SQL"
_CONSTRAINTS = "its constraints and expected DDL are PostgreSQL's; test_chdb.py tests contracts in ClickHouse's"
_HOOKS = "its hooks write to a table that PostgreSQL's SQL makes and updates; test_chdb.py tests hooks in ClickHouse's"
_SEEDS = "it compares with a table that PostgreSQL's SQL makes; test_chdb.py tests seeds of ClickHouse's types"
_GRANTS = "an embedded engine has no users to grant anything to"
_HARD_DELETES = "dbt-clickhouse 1.10 snapshots know invalidate_hard_deletes, not yet hard_deletes"
_PYTHON = "dbt-clickhouse has no Python models"
_PERSIST_WARNING = "dbt-clickhouse has no warning for a documented column that does not exist"
_UDF = "dbt-clickhouse has no materialization for functions"

EXCLUDED: dict[str, str] = {
    "basic.test_get_catalog_for_single_relation.BaseGetCatalogForSingleRelation": "dbt-clickhouse does not implement it",
    "basic.test_incremental.BaseIncrementalBadStrategy": "dbt-clickhouse reads the strategy only of a model with a unique_key",
    "constraints.test_constraints.BaseConstraintQuotedColumn": _CONSTRAINTS,
    "constraints.test_constraints.BaseConstraintsColumnsEqual": _CONSTRAINTS,
    "constraints.test_constraints.BaseConstraintsRollback": _CONSTRAINTS,
    "constraints.test_constraints.BaseConstraintsRuntimeDdlEnforcement": _CONSTRAINTS,
    "constraints.test_constraints.BaseContractSqlHeader": _CONSTRAINTS,
    "constraints.test_constraints.BaseIncrementalConstraintsColumnsEqual": _CONSTRAINTS,
    "constraints.test_constraints.BaseIncrementalConstraintsRollback": _CONSTRAINTS,
    "constraints.test_constraints.BaseIncrementalConstraintsRuntimeDdlEnforcement": _CONSTRAINTS,
    "constraints.test_constraints.BaseIncrementalContractSqlHeader": _CONSTRAINTS,
    "constraints.test_constraints.BaseIncrementalForeignKeyConstraint": _CONSTRAINTS,
    "constraints.test_constraints.BaseModelConstraintsRuntimeEnforcement": _CONSTRAINTS,
    "constraints.test_constraints.BaseTableConstraintsColumnsEqual": _CONSTRAINTS,
    "constraints.test_constraints.BaseTableContractSqlHeader": _CONSTRAINTS,
    "constraints.test_constraints.BaseViewConstraintsColumnsEqual": _CONSTRAINTS,
    "dbt_clone.test_dbt_clone.BaseCloneSameSourceAndTarget": _POSTGRES_SQL,
    "dbt_show.test_dbt_show.BaseShowDoesNotHandleDoubleLimit": "it expects the text of PostgreSQL's syntax error",
    "empty.test_empty.BaseTestEmptySeedFlag": "`dbt seed --empty` comes with a later dbt-core",
    "ephemeral.test_ephemeral.BaseEphemeralMulti": "it compares compiled SQL with PostgreSQL's `create view`",
    "ephemeral.test_ephemeral.BaseEphemeralNested": "it compares compiled SQL with PostgreSQL's `create view`",
    "functions.test_udafs.UDAFBase": _UDF,
    "grants.test_incremental_grants.BaseIncrementalGrants": _GRANTS,
    "grants.test_invalid_grants.BaseInvalidGrants": _GRANTS,
    "grants.test_model_grants.BaseModelGrants": _GRANTS,
    "grants.test_seed_grants.BaseSeedGrants": _GRANTS,
    "grants.test_snapshot_grants.BaseSnapshotGrants": _GRANTS,
    "hooks.test_model_hooks.BaseHookRefs": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooks": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksInConfig": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksInConfigKwargs": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksInConfigWithCount": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksOnSeeds": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksOnSeedsPlusPrefixed": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksOnSeedsPlusPrefixedWhitespace": _HOOKS,
    "hooks.test_model_hooks.BasePrePostModelHooksOnSnapshots": _HOOKS,
    "hooks.test_model_hooks.BasePrePostSnapshotHooksInConfigKwargs": _HOOKS,
    "hooks.test_run_hooks.BasePrePostRunHooks": _HOOKS,
    "incremental.test_incremental_merge_exclude_columns.BaseMergeExcludeColumns": "ClickHouse has no MERGE",
    "incremental.test_incremental_on_schema_change.BaseIncrementalOnSchemaChange": (
        "its expected tables have NULL in columns that are not Nullable; test_chdb.py tests the same changes"
    ),
    "persist_docs.test_persist_docs.BasePersistDocsAllColumnsMissing": _PERSIST_WARNING,
    "persist_docs.test_persist_docs.BasePersistDocsColumnMissing.test_missing_column_warning": _PERSIST_WARNING,
    "persist_docs.test_persist_docs.BasePersistDocsQuotedColumnCaseSensitive": _PERSIST_WARNING,
    "persist_docs.test_persist_docs.BasePersistDocsQuotedDescriptionNotAppliedOnMismatch": _PERSIST_WARNING,
    "python_model.test_python_model.BasePythonEmptyTests": _PYTHON,
    "python_model.test_python_model.BasePythonIncrementalTests": _PYTHON,
    "python_model.test_python_model.BasePythonMetaGetTests": _PYTHON,
    "python_model.test_python_model.BasePythonModelTests": _PYTHON,
    "python_model.test_python_model.BasePythonSampleTests": _PYTHON,
    "python_model.test_spark.BasePySparkTests": _PYTHON,
    "relations.test_dropping_schema_named.BaseDropSchemaNamed": (
        "dbt-clickhouse makes the target's database again whenever it opens a connection"
    ),
    "simple_copy.test_copy_uppercase.BaseSimpleCopyUppercase": "it is written for the PostgreSQL adapter's profile",
    "simple_seed.test_seed.BaseBasicSeedTests": _SEEDS,
    "simple_seed.test_seed.BaseSeedConfigFullRefreshOff": _SEEDS,
    "simple_seed.test_seed.BaseSeedConfigFullRefreshOn": _SEEDS,
    "simple_seed.test_seed.BaseSeedCustomSchema": _SEEDS,
    "simple_seed.test_seed.BaseSeedParsing": _SEEDS,
    "simple_seed.test_seed.BaseSeedWithEmptyDelimiter": _SEEDS,
    "simple_seed.test_seed.BaseSeedWithUniqueDelimiter": _SEEDS,
    "simple_seed.test_seed.BaseSeedWithWrongDelimiter": _SEEDS,
    "simple_seed.test_seed.BaseSimpleSeedEnabledViaConfig": "it drops a schema with PostgreSQL's `cascade`",
    "simple_seed.test_seed.BaseSimpleSeedWithBOM": _SEEDS,
    "simple_seed.test_seed_type_override.BaseSimpleSeedColumnOverride": _SEEDS,
    "simple_snapshot.new_record_check_mode.BaseSnapshotNewRecordCheckMode": _HARD_DELETES,
    "simple_snapshot.new_record_dbt_valid_to_current.BaseSnapshotNewRecordDbtValidToCurrent": _HARD_DELETES,
    "simple_snapshot.new_record_timestamp_mode.BaseSnapshotNewRecordTimestampMode": _HARD_DELETES,
    "simple_snapshot.test_ephemeral_snapshot_hard_deletes.BaseSnapshotNewColumnWithDeletes": _HARD_DELETES,
    "simple_snapshot.test_snapshot.BaseSimpleSnapshot.test_deletes_are_captured_by_snapshot": _HARD_DELETES,
    "simple_snapshot.test_snapshot.BaseSimpleSnapshot.test_revives_are_captured_by_snapshot": _HARD_DELETES,
    "simple_snapshot.test_various_configs.BaseSnapshotColumnNames": _POSTGRES_SQL,
    "simple_snapshot.test_various_configs.BaseSnapshotColumnNamesFromDbtProject": _POSTGRES_SQL,
    "simple_snapshot.test_various_configs.BaseSnapshotDbtValidToCurrent": _POSTGRES_SQL,
    "simple_snapshot.test_various_configs.BaseSnapshotInvalidColumnNames": _POSTGRES_SQL,
    "simple_snapshot.test_various_configs.BaseSnapshotMultiUniqueKey": _POSTGRES_SQL,
    "utils.test_current_timestamp.BaseCurrentTimestampAware": "now() is read as a naive datetime; the Naive twin runs",
    "utils.test_date.BaseDate": "its model uses PostgreSQL's to_date",
    "utils.test_date_spine.BaseDateSpine": "it asks for the days between two strings, not dates",
    "utils.test_get_intervals_between.BaseGetIntervalsBetween": "it asks for the days between two strings, not dates",
}
