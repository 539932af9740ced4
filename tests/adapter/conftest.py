"""Fixtures of the adapter suites: dbt's project fixtures on one engine folder per test process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clickhouse_connect
import freezegun
import pytest

# Imported, because pytest refuses plugins that are declared in a conftest other than the root's.
from dbt.tests.fixtures.project import *  # noqa: F403

# freezegun reads every attribute of every module when it freezes the time, which loads pandas and more for these modules;
# this must be set before a suite that uses it is imported
freezegun.configure(extend_ignore_list=["chdb", "clickhouse_connect", "trainer"])

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")


@pytest.fixture(scope="class", autouse=True)
def plain_environment() -> Iterator[None]:
    """Clear dbt and trainer settings of other tests in this process: a suite expects its files in dbt's default places."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DBT_", "TRAINER_"))]:
            if name != "DBT_SEND_ANONYMOUS_USAGE_STATS":
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def warehouse_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder shared by all tests of this process."""
    return tmp_path_factory.mktemp("warehouse")


@pytest.fixture(scope="class")
def engine(warehouse_folder: Path) -> Iterator[Path]:
    """The folder, held open so that the engine starts once per class and not once per dbt command.

    Not once per session: a process has one engine at a time, and other tests use other folders.
    """
    with clickhouse_connect.get_client(interface="chdb", path=str(warehouse_folder)):
        yield warehouse_folder


@pytest.fixture(scope="class")
def dbt_profile_target(engine: Path) -> dict[str, Any]:
    """The target under test; dbt's fixtures add a separate schema for every class."""
    return {
        "type": "chdb",
        "path": str(engine),
        "threads": 2,
        "use_lw_deletes": True,
        "custom_settings": {"input_format_skip_unknown_fields": 1},
    }
