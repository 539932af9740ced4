"""What was killed half-way is named by those who would read it: dbt runs, seeds and loads leave marks until they have ended well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt import dbt, run_dbt
from tests.support.snapshots import ADDRESSES
from tests.support.standing import own_list, rows
from tests.support.warehouse import Called
from trainer import connect
from trainer.errors import NotBuiltError
from trainer.labels.add import add_labels
from trainer.warehouse import builds, create_tables, discard_damaged, one_build, problem_of_seeds

MODEL = "model.trainer.stg_alerts"
Call = Callable[..., Called]


class Killed(BaseException):
    """Ends a command as a signal would, past every handler of errors."""


@pytest.fixture
def unmarked(own_house: Path) -> None:
    with connect() as client:
        create_tables(client)
        client.command("TRUNCATE TABLE build_marks")


def refused() -> str:
    """Return why what is in the warehouse is refused, '' if it is not."""
    with connect() as client:
        try:
            with one_build(client):
                return ""
        except NotBuiltError as error:
            return str(error)


def marked(node: str, event: str) -> None:
    with connect() as client:
        builds.mark(client, node, event)


@pytest.mark.usefixtures("unmarked")
def test_a_run_that_did_not_finish_is_refused_until_its_models_are_built() -> None:
    assert refused() == ""
    run_dbt(["run", "--select", "stg_alerts", "stg_features"])
    assert refused() == "" and rows("SELECT count() FROM build_marks FINAL WHERE event = 'finished'") == [2]
    marked(MODEL, builds.STARTED)  # by a run that was killed
    assert "The last `dbt run` failed, was killed or is still under way, so that 1 of its tables" in refused()
    run_dbt(["run", "--select", "stg_features"])
    assert "(stg_alerts); run `dbt run` to the end." in refused()
    run_dbt(["run", "--select", "stg_alerts"])
    assert refused() == ""
    marked("model.trainer.one_that_is_gone", builds.STARTED)
    assert "one_that_is_gone" in refused()
    run_dbt(["run", "--select", "stg_alerts"])
    assert refused() == ""


@pytest.mark.usefixtures("unmarked")
def test_of_two_runs_at_once_neither_counts_as_finished() -> None:
    started = []

    def another_run_builds_it(event: Any) -> None:
        if event.info.name == "NodeStart" and not started:
            started.append(event.data.node_info.unique_id)
            for end in (builds.STARTED, builds.FINISHED):
                marked(MODEL, end)

    dbt("run", "--select", "stg_alerts", callbacks=[another_run_builds_it])
    assert started == [MODEL] and "(stg_alerts); run `dbt run` to the end." in refused()
    run_dbt(["run", "--select", "stg_alerts"])
    assert refused() == ""


@pytest.mark.usefixtures("unmarked")
def test_seeds_that_were_created_and_not_filled_are_loaded_anew() -> None:
    with connect() as client:
        assert problem_of_seeds(client) == ""
        client.command("TRUNCATE TABLE risk_levels")
        assert problem_of_seeds(client).startswith("the seed risk_levels has 0 rows, and its file has ")
    marked("seed.trainer.risk_levels", builds.STARTED)
    with pytest.raises(AssertionError, match=r"Not loaded to the end: seed\.trainer\.risk_levels; run `dbt seed --full-refresh`"):
        run_dbt(["run", "--select", "stg_alerts"])
    assert "run `dbt seed --full-refresh` and `dbt run` to the end" in refused()
    run_dbt(["seed", "--full-refresh"])
    with connect() as client:
        assert refused() == problem_of_seeds(client) == ""


@pytest.mark.usefixtures("unmarked")
def test_a_load_that_was_killed_between_two_snapshots_is_named_until_it_has_run(tmp_path: Path, call: Call) -> None:
    days = [{"address": a, "processing_date": day} for a in ADDRESSES for day in ("2025-01-01", "2025-02-01", "2025-03-01")]
    key = {"window_days": 90, "network": "half", "source": "half"}
    first = own_list(tmp_path / "1.csv", [row | {"risk_level": "high"} for row in days], **key)
    second = own_list(tmp_path / "2.csv", [row | {"risk_level": "low"} for row in days], **key)
    assert call("labels", "add", first).code == 0
    replaced = 0
    with connect() as client:
        command = client.command

        def killed(statement: str, *arguments: Any, **options: Any) -> Any:
            nonlocal replaced
            replaced += "REPLACE PARTITION" in statement
            if replaced == 2:
                raise Killed
            return command(statement, *arguments, **options)

        client.command = killed
        with pytest.raises(Killed):
            add_labels(client, second)
    halves = (
        "SELECT risk_level, uniqExact(processing_date) FROM raw_address_labels FINAL WHERE source = 'half' GROUP BY 1 ORDER BY 1"
    )
    assert rows(halves) == [("high", 2), ("low", 1)]
    assert (
        refused()
        == f"`trainer labels add {second}` was interrupted, or is still under way; run it again to its end, then `dbt run`."
    )
    with pytest.raises(AssertionError, match="was interrupted, or is still under way"):
        run_dbt(["run", "--select", "stg_alerts"])
    assert call("labels", "add", second).code == 0
    assert refused() == "" and rows(halves) == [("low", 3)]
    marked(f"{builds.LOAD}`trainer labels add lost.csv`", builds.STARTED)  # its file is gone
    with connect() as client:
        assert discard_damaged(client) == ["`trainer labels add lost.csv` was interrupted; what it has loaded stays."]
    assert refused() == ""


@pytest.mark.usefixtures("unmarked")
def test_what_changes_while_it_is_read_is_refused() -> None:
    with connect() as client:
        reading = one_build(client)
        reading.__enter__()
        builds.mark(client, MODEL, builds.STARTED)
        builds.mark(client, MODEL, builds.FINISHED)
        with pytest.raises(NotBuiltError, match="has changed while it was read"):
            reading.__exit__(None, None, None)


@pytest.mark.usefixtures("unmarked")
def test_an_empty_build_is_not_finished() -> None:
    run_dbt(["run", "--select", "feature_catalog", "--empty"])
    assert "run `dbt run` to the end" in refused()
