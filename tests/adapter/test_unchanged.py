"""The suites of dbt-tests-adapter that run unchanged against `type: chdb`."""

from dbt.tests.adapter.aliases.test_aliases import (
    BaseAliasErrors,
    BaseAliases,
    BaseSameAliasDifferentDatabases,
    BaseSameAliasDifferentSchemas,
)
from dbt.tests.adapter.basic.test_adapter_methods import BaseAdapterMethod
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_empty import BaseEmpty
from dbt.tests.adapter.basic.test_ephemeral import BaseEphemeral
from dbt.tests.adapter.basic.test_generic_tests import BaseGenericTests
from dbt.tests.adapter.basic.test_incremental import BaseIncremental, BaseIncrementalNotSchemaChange
from dbt.tests.adapter.basic.test_singular_tests import BaseSingularTests
from dbt.tests.adapter.basic.test_singular_tests_ephemeral import BaseSingularTestsEphemeral
from dbt.tests.adapter.basic.test_snapshot_check_cols import BaseSnapshotCheckCols
from dbt.tests.adapter.basic.test_snapshot_timestamp import BaseSnapshotTimestamp
from dbt.tests.adapter.basic.test_table_materialization import BaseTableMaterialization
from dbt.tests.adapter.basic.test_validate_connection import BaseValidateConnection
from dbt.tests.adapter.column_types.test_column_types import BasePostgresColumnTypes
from dbt.tests.adapter.concurrency.test_concurrency import BaseConcurrency
from dbt.tests.adapter.dbt_clone.test_dbt_clone import BaseCloneNotPossible, BaseClonePossible, BaseCloneSameTargetAndState
from dbt.tests.adapter.dbt_debug.test_dbt_debug import BaseDebugInvalidProjectPostgres, BaseDebugPostgres
from dbt.tests.adapter.dbt_show.test_dbt_show import BaseShowLimit, BaseShowSqlHeader
from dbt.tests.adapter.empty.test_empty import BaseTestEmptyInlineSourceRef
from dbt.tests.adapter.ephemeral.test_ephemeral import BaseEphemeralErrorHandling
from dbt.tests.adapter.hooks.test_model_hooks import BaseDuplicateHooksInConfigs, BaseHooksRefsOnSeeds
from dbt.tests.adapter.hooks.test_run_hooks import BaseAfterRunHooks
from dbt.tests.adapter.incremental.test_incremental_microbatch import BaseMicrobatch
from dbt.tests.adapter.incremental.test_incremental_predicates import BaseIncrementalPredicates
from dbt.tests.adapter.persist_docs.test_persist_docs import BasePersistDocs, BasePersistDocsCommentOnQuotedColumn
from dbt.tests.adapter.query_comment.test_query_comment import (
    BaseEmptyQueryComments,
    BaseMacroArgsQueryComments,
    BaseMacroInvalidQueryComments,
    BaseMacroQueryComments,
    BaseNullQueryComments,
    BaseQueryComments,
)
from dbt.tests.adapter.relations.test_changing_relation_type import BaseChangeRelationTypeValidator
from dbt.tests.adapter.simple_copy.test_simple_copy import EmptyModelsArentRunBase, SimpleCopyBase
from dbt.tests.adapter.simple_seed.test_seed import BaseSeedSpecificFormats, BaseTestEmptySeed
from dbt.tests.adapter.store_test_failures_tests.test_store_test_failures import BaseStoreTestFailuresLimit
from dbt.tests.adapter.unit_testing.test_case_insensitivity import BaseUnitTestCaseInsensivity
from dbt.tests.adapter.unit_testing.test_invalid_input import BaseUnitTestInvalidInput
from dbt.tests.adapter.unit_testing.test_quoted_reserved_word_column_names import (
    BaseUnitTestQuotedReservedWordColumnNames,
)
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingVarcharFixtureNoTruncation
from dbt.tests.adapter.utils.data_types.test_type_boolean import BaseTypeBoolean
from dbt.tests.adapter.utils.data_types.test_type_float import BaseTypeFloat
from dbt.tests.adapter.utils.data_types.test_type_int import BaseTypeInt
from dbt.tests.adapter.utils.data_types.test_type_numeric import BaseTypeNumeric
from dbt.tests.adapter.utils.data_types.test_type_string import BaseTypeString
from dbt.tests.adapter.utils.data_types.test_type_timestamp import BaseTypeTimestamp
from dbt.tests.adapter.utils.test_any_value import BaseAnyValue
from dbt.tests.adapter.utils.test_array_construct import BaseArrayConstruct
from dbt.tests.adapter.utils.test_bool_or import BaseBoolOr
from dbt.tests.adapter.utils.test_cast import BaseCast
from dbt.tests.adapter.utils.test_cast_bool_to_text import BaseCastBoolToText
from dbt.tests.adapter.utils.test_concat import BaseConcat
from dbt.tests.adapter.utils.test_current_timestamp import BaseCurrentTimestampNaive
from dbt.tests.adapter.utils.test_date_trunc import BaseDateTrunc
from dbt.tests.adapter.utils.test_equals import BaseEquals
from dbt.tests.adapter.utils.test_escape_single_quotes import (
    BaseEscapeSingleQuotesBackslash,
    BaseEscapeSingleQuotesQuote,
)
from dbt.tests.adapter.utils.test_except import BaseExcept
from dbt.tests.adapter.utils.test_generate_series import BaseGenerateSeries
from dbt.tests.adapter.utils.test_get_powers_of_two import BaseGetPowersOfTwo
from dbt.tests.adapter.utils.test_hash import BaseHash
from dbt.tests.adapter.utils.test_intersect import BaseIntersect
from dbt.tests.adapter.utils.test_length import BaseLength
from dbt.tests.adapter.utils.test_listagg import BaseListagg
from dbt.tests.adapter.utils.test_null_compare import BaseMixedNullCompare, BaseNullCompare
from dbt.tests.adapter.utils.test_position import BasePosition
from dbt.tests.adapter.utils.test_right import BaseRight
from dbt.tests.adapter.utils.test_safe_cast import BaseSafeCast
from dbt.tests.adapter.utils.test_source_freshness_custom_info import BaseCalculateFreshnessMethod
from dbt.tests.adapter.utils.test_string_literal import BaseStringLiteral
from dbt.tests.adapter.utils.test_validate_sql import BaseValidateSqlMethod


class TestAliasErrors(BaseAliasErrors): ...


class TestAliases(BaseAliases): ...


class TestSameAliasDifferentDatabases(BaseSameAliasDifferentDatabases): ...


class TestSameAliasDifferentSchemas(BaseSameAliasDifferentSchemas): ...


class TestAdapterMethod(BaseAdapterMethod): ...


class TestSimpleMaterializations(BaseSimpleMaterializations): ...


class TestEmpty(BaseEmpty): ...


class TestEphemeral(BaseEphemeral): ...


class TestGenerics(BaseGenericTests): ...


class TestIncremental(BaseIncremental): ...


class TestIncrementalNotSchemaChange(BaseIncrementalNotSchemaChange): ...


class TestSingulars(BaseSingularTests): ...


class TestSingularsEphemeral(BaseSingularTestsEphemeral): ...


class TestSnapshotCheckCols(BaseSnapshotCheckCols): ...


class TestSnapshotTimestamp(BaseSnapshotTimestamp): ...


class TestTableMaterialization(BaseTableMaterialization): ...


class TestValidateConnection(BaseValidateConnection): ...


class TestColumnTypes(BasePostgresColumnTypes): ...


class TestConcurrency(BaseConcurrency): ...


class TestCloneNotPossible(BaseCloneNotPossible): ...


class TestClonePossible(BaseClonePossible): ...


class TestCloneSameTargetAndState(BaseCloneSameTargetAndState): ...


class TestDebugInvalidProject(BaseDebugInvalidProjectPostgres): ...


class TestDebug(BaseDebugPostgres): ...


class TestShowLimit(BaseShowLimit): ...


class TestShowSqlHeader(BaseShowSqlHeader): ...


class TestEmptyInlineSourceRef(BaseTestEmptyInlineSourceRef): ...


class TestEphemeralErrorHandling(BaseEphemeralErrorHandling): ...


class TestDuplicateHooksInConfigs(BaseDuplicateHooksInConfigs): ...


class TestHooksRefsOnSeeds(BaseHooksRefsOnSeeds): ...


class TestAfterRunHooks(BaseAfterRunHooks): ...


class TestMicrobatch(BaseMicrobatch): ...


class TestIncrementalPredicates(BaseIncrementalPredicates): ...


class TestPersistDocs(BasePersistDocs): ...


class TestPersistDocsCommentOnQuotedColumn(BasePersistDocsCommentOnQuotedColumn): ...


class TestEmptyQueryComments(BaseEmptyQueryComments): ...


class TestMacroArgsQueryComments(BaseMacroArgsQueryComments): ...


class TestMacroInvalidQueryComments(BaseMacroInvalidQueryComments): ...


class TestMacroQueryComments(BaseMacroQueryComments): ...


class TestNullQueryComments(BaseNullQueryComments): ...


class TestQueryComments(BaseQueryComments): ...


class TestChangeRelationTypeValidator(BaseChangeRelationTypeValidator): ...


class TestEmptyModelsArentRun(EmptyModelsArentRunBase): ...


class TestSimpleCopy(SimpleCopyBase): ...


class TestSeedSpecificFormats(BaseSeedSpecificFormats): ...


class TestEmptySeed(BaseTestEmptySeed): ...


class TestStoreFailuresLimit(BaseStoreTestFailuresLimit): ...


class TestUnitCaseInsensivity(BaseUnitTestCaseInsensivity): ...


class TestUnitInvalidInput(BaseUnitTestInvalidInput): ...


class TestUnitQuotedReservedWordColumnNames(BaseUnitTestQuotedReservedWordColumnNames): ...


class TestUnitingVarcharFixtureNoTruncation(BaseUnitTestingVarcharFixtureNoTruncation): ...


class TestTypeBoolean(BaseTypeBoolean): ...


class TestTypeFloat(BaseTypeFloat): ...


class TestTypeInt(BaseTypeInt): ...


class TestTypeNumeric(BaseTypeNumeric): ...


class TestTypeString(BaseTypeString): ...


class TestTypeTimestamp(BaseTypeTimestamp): ...


class TestAnyValue(BaseAnyValue): ...


class TestArrayConstruct(BaseArrayConstruct): ...


class TestBoolOr(BaseBoolOr): ...


class TestCast(BaseCast): ...


class TestCastBoolToText(BaseCastBoolToText): ...


class TestConcat(BaseConcat): ...


class TestCurrentTimestampNaive(BaseCurrentTimestampNaive): ...


class TestDateTrunc(BaseDateTrunc): ...


class TestEquals(BaseEquals): ...


class TestEscapeSingleQuotesBackslash(BaseEscapeSingleQuotesBackslash): ...


class TestEscapeSingleQuotesQuote(BaseEscapeSingleQuotesQuote): ...


class TestExcept(BaseExcept): ...


class TestGenerateSeries(BaseGenerateSeries): ...


class TestGetPowersOfTwo(BaseGetPowersOfTwo): ...


class TestHash(BaseHash): ...


class TestIntersect(BaseIntersect): ...


class TestLength(BaseLength): ...


class TestListagg(BaseListagg): ...


class TestMixedNullCompare(BaseMixedNullCompare): ...


class TestNullCompare(BaseNullCompare): ...


class TestPosition(BasePosition): ...


class TestRight(BaseRight): ...


class TestSafeCast(BaseSafeCast): ...


class TestCalculateFreshnessMethod(BaseCalculateFreshnessMethod): ...


class TestStringLiteral(BaseStringLiteral): ...


class TestValidateSqlMethod(BaseValidateSqlMethod): ...
