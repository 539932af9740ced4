"""dbt's commands work on an embedded warehouse, empty and filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.dbt import dbt
from tests.support.snapshots import tables, write
from tests.support.standing import rows
from trainer import connect
from trainer.snapshots.ingest import ingest

COMMANDS = (
    ("compile",),
    ("docs", "generate"),
    ("source", "freshness"),
    ("run", "--empty"),
    ("build", "--empty", "--select", "group:staging"),
    # The tests that also read a model which is not built are left out.
    ("build", "--select", "stg_features", "scoring_addresses", "--exclude-resource-type", "unit_test"),
    ("run", "--full-refresh"),
    ("show", "--select", "stg_features"),
)


@pytest.fixture(scope="module")
def filled(own_house: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Put a snapshot into the warehouse of this module, which is empty before."""
    with connect() as client:
        ingest(client, write(tmp_path_factory.mktemp("snapshot"), tables(), "commands"))


def succeeds(*command: str) -> None:
    ended = dbt(*command)
    assert ended.success, ended.exception or [
        one.message for one in ended.result if one.status not in {"success", "pass", "warn"}
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_works_after_init(own_house: Path, command: tuple[str, ...]) -> None:
    succeeds(*command)


@pytest.mark.parametrize("command", [("run", "--full-refresh"), ("source", "freshness"), ("docs", "generate")], ids=" ".join)
def test_a_command_works_after_ingest(filled: None, command: tuple[str, ...]) -> None:
    succeeds(*command)


def test_empty_builds_tables_without_rows_and_a_run_fills_them(filled: None) -> None:
    for options, count in ((("--empty",), 0), ((), 6)):
        succeeds("run", "--select", "stg_features", "stg_alerts", *options)
        assert rows("SELECT count() FROM stg_alerts") == [count]
