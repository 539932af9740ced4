"""The suites of dbt-tests-adapter whose SQL or expectation is PostgreSQL's, rewritten for ClickHouse.

What a test does and checks is inherited; only statements the engine cannot read, types it calls by another
name and rows it would not keep (a NULL in a column that is not Nullable) are replaced.
"""

import re
from typing import Any

import pytest
from dbt.tests.adapter.basic.expected_catalog import base_expected_catalog, expected_references_catalog, no_stats
from dbt.tests.adapter.basic.test_docs_generate import (
    BaseDocsGenerate,
    BaseDocsGenReferences,
    ref_models__docs_md,
    ref_models__ephemeral_copy_sql,
    ref_models__schema_yml,
    ref_sources__schema_yml,
)
from dbt.tests.adapter.caching.test_caching import (
    BaseCachingLowercaseModel,
    BaseCachingSelectedSchemaOnly,
    BaseCachingUppercaseModel,
    BaseNoPopulateCache,
)
from dbt.tests.adapter.incremental.test_incremental_unique_id import BaseIncrementalUniqueKey
from dbt.tests.adapter.persist_docs.test_persist_docs import BasePersistDocsColumnMissing
from dbt.tests.adapter.sample_mode.test_sample_mode import BaseSampleModeTest
from dbt.tests.adapter.simple_snapshot.test_ephemeral_snapshot_hard_deletes import (
    BaseSnapshotEphemeralHardDeletes,
    BaseSnapshotNewColumnSpecificCheckCols,
    BaseSnapshotNewColumnTimestampStrategy,
)
from dbt.tests.adapter.simple_snapshot.test_snapshot import BaseSimpleSnapshot, BaseSnapshotCheck
from dbt.tests.adapter.store_test_failures_tests import fixtures as store_failures
from dbt.tests.adapter.store_test_failures_tests.test_store_test_failures import BaseStoreTestFailures
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingTypes
from dbt.tests.adapter.utils import (
    fixture_array_append,
    fixture_array_concat,
    fixture_dateadd,
    fixture_datediff,
    fixture_last_day,
    fixture_split_part,
)
from dbt.tests.adapter.utils.data_types.test_type_bigint import BaseTypeBigInt
from dbt.tests.adapter.utils.test_array_append import BaseArrayAppend
from dbt.tests.adapter.utils.test_array_concat import BaseArrayConcat
from dbt.tests.adapter.utils.test_dateadd import BaseDateAdd
from dbt.tests.adapter.utils.test_datediff import BaseDateDiff
from dbt.tests.adapter.utils.test_last_day import BaseLastDay
from dbt.tests.adapter.utils.test_replace import BaseReplace
from dbt.tests.adapter.utils.test_split_part import BaseSplitPart
from dbt.tests.adapter.utils.test_timestamps import BaseCurrentTimestamps
from dbt.tests.util import relation_from_name, run_dbt


class TestDocsGenerate(BaseDocsGenerate):
    """The types are ClickHouse's, and tables have no owner."""

    @pytest.fixture(scope="class")
    def expected_catalog(self, project: Any) -> dict[str, Any]:
        return base_expected_catalog(
            project,
            role=None,
            id_type="Int32",
            text_type="String",
            time_type="DateTime",
            view_type="view",
            table_type="table",
            model_stats=no_stats(),
        )


class TestDocsGenReferences(BaseDocsGenReferences):
    """As above; the two models use ClickHouse's syntax for GROUP BY."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "schema.yml": ref_models__schema_yml,
            "sources.yml": ref_sources__schema_yml,
            "docs.md": ref_models__docs_md,
            "ephemeral_copy.sql": ref_models__ephemeral_copy_sql,
            "ephemeral_summary.sql": "{{ config(materialized='table') }}\n"
            "select first_name, count() as ct from {{ ref('ephemeral_copy') }} group by first_name",
            "view_summary.sql": "{{ config(materialized='view') }}\n"
            "select first_name, ct from {{ ref('ephemeral_summary') }} order by ct",
        }

    @pytest.fixture(scope="class")
    def expected_catalog(self, project: Any) -> dict[str, Any]:
        return expected_references_catalog(
            project,
            role=None,
            id_type="Int32",
            text_type="String",
            time_type="DateTime",
            bigint_type="UInt64",
            view_type="view",
            table_type="table",
            model_stats=no_stats(),
        )


class _CacheWithoutDatabase:
    """A cached relation's key has a schema and a name: ClickHouse has no level above a database."""

    def run_and_inspect_cache(self, project: Any, run_args: list[str] | None = None) -> None:
        seen = []
        for _ in range(2):  # the second run reads the relation from the warehouse
            run_dbt(run_args)
            (relation,) = project.adapter.cache.relations
            assert relation.schema == project.test_schema
            seen.append((relation.schema.lower(), relation.identifier.lower()))
        assert seen[0] == seen[1]


class TestCachingLowercaseModel(_CacheWithoutDatabase, BaseCachingLowercaseModel): ...


class TestCachingUppercaseModel(_CacheWithoutDatabase, BaseCachingUppercaseModel): ...


class TestCachingSelectedSchemaOnly(_CacheWithoutDatabase, BaseCachingSelectedSchemaOnly): ...


class TestNoPopulateCache(_CacheWithoutDatabase, BaseNoPopulateCache): ...


class TestIncrementalUniqueKey(BaseIncrementalUniqueKey):
    """The expected tables use toDate in every row (a UNION of Date and String is a Variant, which joins with neither)
    and '' for the city that the seed leaves empty: its column is not Nullable."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, Any]:
        visits = [
            ("CT", "Hartford", "Hartford", "2022-02-14"),
            ("MA", "Suffolk", "Boston", "2020-02-12"),
            ("NJ", "Mercer", "Trenton", "2022-01-01"),
            ("NY", "Kings", "Brooklyn", "2021-04-02"),
            ("NY", "New York", "Manhattan", "2021-04-01"),
            ("PA", "Philadelphia", "Philadelphia", "2021-05-21"),
            ("CO", "Denver", "", "2021-06-18"),
        ]
        expected = "{{ config(materialized='table') }}\n" + "\nunion all\n".join(
            f"select '{state}' as state, '{county}' as county, '{city}' as city, toDate('{day}') as last_visit_date"
            for state, county, city, day in visits
        )
        inherited = BaseIncrementalUniqueKey.models.__wrapped__(self)  # the function under the fixture
        return inherited | {"expected": {"one_str__overwrite.sql": expected, "unique_key_list__inplace_overwrite.sql": expected}}


class TestPersistDocsColumnMissing(BasePersistDocsColumnMissing):
    """dbt-clickhouse silently skips a documented column that does not exist; the others keep their comments."""

    test_missing_column_warning = None


class TestSampleMode(BaseSampleModeTest):
    """A timestamp's offset is not part of its literal."""

    @pytest.fixture(scope="class")
    def input_model_sql(self) -> str:
        times = ("2025-01-01 01:25:00", "2025-01-02 13:47:00", "2025-01-03 01:32:00")
        return "{{ config(materialized='table', event_time='event_time') }}\n" + "\nunion all\n".join(
            f"select {number} as id, toDateTime('{time}') as event_time" for number, time in enumerate(times, 1)
        )


class _SnapshotStatements:
    """The rows of the snapshot's source are changed by synchronous mutations."""

    project: Any

    def _run(self, table: str, statement: str) -> None:
        self.project.run_sql(statement.format(table=relation_from_name(self.project.adapter, table)))

    def create_fact_from_seed(self, where: str | None = None) -> None:
        seed = relation_from_name(self.project.adapter, "seed")
        self._run("fact", "drop table if exists {table}")
        self._run(
            "fact",
            f"create table {{table}} engine = MergeTree order by id as select * from {seed} where {where or 1}",
        )

    def insert_fact_records(self, where: str | None = None) -> None:
        seed = relation_from_name(self.project.adapter, "seed")
        self._run("fact", f"insert into {{table}} select * from {seed} where {where or 1}")

    def update_fact_records(self, updates: dict[str, str], where: str | None = None) -> None:
        # the number of an interval is not quoted
        changes = ", ".join(f"{name} = " + re.sub(r"interval '([^']*)'", r"interval \1", to) for name, to in updates.items())
        self._run("fact", f"alter table {{table}} update {changes} where {where or 1} settings mutations_sync = 2")

    def delete_fact_records(self, where: str | None = None) -> None:
        self._run("fact", f"alter table {{table}} delete where {where or 1} settings mutations_sync = 2")

    def delete_snapshot_records(self) -> None:
        self._run("snapshot", "truncate table {table}")

    def add_fact_column(self, column: str | None = None, definition: str | None = None) -> None:
        self._run("fact", f"alter table {{table}} add column {column} Nullable(String)")


class TestSimpleSnapshot(_SnapshotStatements, BaseSimpleSnapshot):
    test_deletes_are_captured_by_snapshot = None  # see excluded.py
    test_revives_are_captured_by_snapshot = None


class TestSnapshotCheck(_SnapshotStatements, BaseSnapshotCheck): ...


class _CustomersSource:
    """The source table of the schema-change suites, in ClickHouse's types."""

    @pytest.fixture(scope="class")
    def source_create_sql(self) -> str:
        return (
            "create table {schema}.src_customers (id Int32, first_name Nullable(String), last_name Nullable(String), "
            "email Nullable(String), updated_at DateTime) engine = MergeTree order by id"
        )

    @pytest.fixture(scope="class")
    def source_insert_sql(self) -> str:
        return (
            "insert into {schema}.src_customers values (1, 'John', 'Doe', 'john@example.com', '2023-01-01 10:00:00'), "
            "(2, 'Jane', 'Smith', 'jane@example.com', '2023-01-02 11:00:00'), "
            "(3, 'Bob', 'Johnson', 'bob@example.com', '2023-01-03 12:00:00')"
        )

    @pytest.fixture(scope="class")
    def source_alter_sql(self) -> str:
        return "alter table {schema}.src_customers add column dummy_column Nullable(String) default 'dummy_value'"


class TestSnapshotEphemeralHardDeletes(_CustomersSource, BaseSnapshotEphemeralHardDeletes): ...


class TestSnapshotNewColumnTimestampStrategy(_CustomersSource, BaseSnapshotNewColumnTimestampStrategy): ...


class TestSnapshotNewColumnSpecificCheckCols(_CustomersSource, BaseSnapshotNewColumnSpecificCheckCols): ...


class TestStoreTestFailures(BaseStoreTestFailures):
    """`select null as id … where id in (3, 4)` filters the new id in ClickHouse, so the column is qualified with its table;
    and an expected table whose id is NULL has a column that can be.
    """

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        inherited = BaseStoreTestFailures.models.__wrapped__(self)
        of_table = store_failures.models__problematic_model.replace("where id in (3,4)", "as people where people.id in (3,4)")
        return inherited | {"problematic_model.sql": of_table}

    def column_type_overrides(self) -> dict[str, Any]:
        nullable = {"+column_types": {"id": "Nullable(Int32)"}}
        return super().column_type_overrides() | {"expected_not_null_problematic_model_id": nullable}


class TestUnitTestingTypes(BaseUnitTestingTypes):
    """ClickHouse's types, including those of our own tables: arrays and maps are given as SQL text."""

    @pytest.fixture
    def data_types(self) -> list[list[str]]:
        return [
            ["1", "1"],
            ["'1'", "1"],
            ["true", "true"],
            ["toDate('2020-01-02')", "2020-01-02"],
            ["toDateTime('2013-11-03 00:00:00')", "2013-11-03 00:00:00"],
            ["toDateTime('2013-11-03 00:00:00', 'UTC')", "2013-11-03 00:00:00"],
            ["toFloat64(1.5)", "1.5"],
            ["toDecimal64(1, 2)", "1"],
            ["toLowCardinality('torus')", "torus"],
        ]


class _ArrayOfInt32:
    """An empty array is Array(Int32), so an expected array needs one member that is no smaller type."""

    actual: str
    expected: tuple[str, ...]

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        rows = (f"select {number} as id, {array} as array_col" for number, array in enumerate(self.expected, 1))
        return {"actual.sql": self.actual, "expected.sql": "\nunion all\n".join(rows)}


class TestArrayAppend(_ArrayOfInt32, BaseArrayAppend):
    actual = fixture_array_append.models__array_append_actual_sql
    expected = ("cast([1, 2, 3, 4] as Array(Int32))", "cast([4] as Array(Int32))")


class TestArrayConcat(_ArrayOfInt32, BaseArrayConcat):
    actual = fixture_array_concat.models__array_concat_actual_sql
    expected = tuple(f"cast({array} as Array(Int32))" for array in ("[1, 2, 3, 4, 5, 6]", "[2]", "[3]"))


class TestTypeBigInt(BaseTypeBigInt):
    """A number above Int64 is UInt64 in ClickHouse, so the largest number that bigint holds is a negative one."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "expected.sql": "select -9223372036854775800 as bigint_col",
            "actual.sql": self.interpolate_macro_namespace(
                "select cast('-9223372036854775800' as {{ type_bigint() }}) as bigint_col", "type_bigint"
            ),
        }


def _rows_without_null(csv: str) -> str:
    """The seed without rows that have an empty cell: a seed's column is not Nullable, and '' is not NULL there."""
    return "\n".join(line for line in csv.splitlines() if all(line.split(","))) + "\n"


class TestDateAdd(BaseDateAdd):
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        types = {"from_time": "Nullable(DateTime)", "result": "Nullable(DateTime)"}
        return {"name": "test", "seeds": {"test": {"data_dateadd": {"+column_types": types}}}}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        # every branch is cast to a Nullable type; the macro under test is unchanged in each
        sql = fixture_dateadd.models__test_dateadd_sql.replace(
            "{{ api.Column.translate_type('timestamp') }}", "Nullable(DateTime)"
        )
        return {
            "test_dateadd.yml": fixture_dateadd.models__test_dateadd_yml,
            "test_dateadd.sql": self.interpolate_macro_namespace(sql, "dateadd"),
        }


class TestDateDiff(BaseDateDiff):
    """Without literals: ClickHouse requires a date and does not cast strings implicitly."""

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"data_datediff.csv": _rows_without_null(fixture_datediff.seeds__data_datediff_csv)}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        over_columns = fixture_datediff.models__test_datediff_sql.split("-- Also test")[0]
        return {
            "test_datediff.yml": fixture_datediff.models__test_datediff_yml,
            "test_datediff.sql": self.interpolate_macro_namespace(over_columns, "datediff"),
        }


class TestLastDay(BaseLastDay):
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        types = {"date_day": "Nullable(Date)", "result": "Nullable(Date)"}
        return {"name": "test", "seeds": {"test": {"data_last_day": {"+column_types": types}}}}

    @pytest.fixture(scope="class")
    def seeds(self) -> dict[str, str]:
        return {"data_last_day.csv": fixture_last_day.seeds__data_last_day_csv}


class TestReplace(BaseReplace):
    """The pattern and the replacement are constants: replaceAll does not accept columns for them."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        inherited = BaseReplace.models.__wrapped__(self)
        sql = (
            "select {{ replace('string_text', 'a', 'b') }} as actual, result as expected "
            "from {{ ref('data_replace') }} where string_text = 'a' union all "
            "select {{ replace('string_text', 'http://', '') }} as actual, result as expected "
            "from {{ ref('data_replace') }} where string_text like '%google%'"
        )
        return inherited | {"test_replace.sql": self.interpolate_macro_namespace(sql, "replace")}


class TestSplitPart(BaseSplitPart):
    """splitByChar requires a constant separator, and parts are counted from the front."""

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        sql = "\nunion all\n".join(
            f"select {{{{ split_part('parts', \"'|'\", {part}) }}}} as actual, result_{part} as expected "
            "from {{ ref('data_split_part') }}"
            for part in (1, 2, 3)
        )
        return {
            "test_split_part.yml": fixture_split_part.models__test_split_part_yml,
            "test_split_part.sql": self.interpolate_macro_namespace(sql, "split_part"),
        }


class TestCurrentTimestamps(BaseCurrentTimestamps):
    """There is one timestamp type, and it always has a time zone."""

    @pytest.fixture(scope="class")
    def expected_schema(self) -> dict[str, str]:
        names = ("current_timestamp", "current_timestamp_in_utc_backcompat", "current_timestamp_backcompat")
        return dict.fromkeys(names, "DateTime")

    @pytest.fixture(scope="class")
    def expected_sql(self) -> None:
        return None
