"""`trainer build` follows dbt node by node, `trainer dbt` passes everything on; what dbt says becomes a line per failure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.standing import rows
from tests.support.warehouse import Called
from trainer import connect
from trainer.project import write_project
from trainer.warehouse import DbtRun, create_tables


def event(name: str, message: str = "", level: str = "info", node: str = "", status: str = "", **data: Any) -> str:
    """Return a line as dbt logs it."""
    info = {"node_name": node, "unique_id": f"model.trainer.{node}", "node_status": status}
    return json.dumps(
        {"info": {"name": name, "level": level, "msg": message}, "data": data | ({"node_info": info} if node else {})}
    )


def test_a_run_is_followed_node_by_node() -> None:
    run = DbtRun()
    assert not run.read("a library's own line\n") and not run.read(event("MainReportVersion"))
    assert run.read(event("LogStartLine", node="a", total=3)) and (run.current, run.done, run.total) == ("a", 0, 3)
    assert run.read(event("LogModelResult", node="a", status="success", total=3)) and run.done == 1
    run.read(event("LogStartLine", node="b", total=3))
    run.read(event("LogTestResult", level="error", node="b", status="fail", num_models=3))
    run.read(event("SkippingDetails", node="c", status="skipped", total=4))
    run.read(event("LogNodeNoOpResult", node="an_exposure", status="no-op", total=4))
    assert (run.current, run.done, run.total) == ("b", 4, 4)
    assert dict(run.counts) == {"success": 1, "fail": 1, "skipped": 1, "no-op": 1}


def test_a_failure_is_one_line_with_its_reason() -> None:
    run = DbtRun()
    for name, status in (("broken", "error"), ("unsure", "warn")):
        run.read(event("LogModelResult", node=name, status=status, total=2))
    run.read(
        event("RunResultError", level="error", node="broken", msg="Database Error in model broken\n  Code: 395.\n  on purpose")
    )
    run.read(event("RunResultWarningMessage", level="warn", node="unsure", msg="Got 3 results, configured to warn if != 0"))
    run.read(event("MainEncounteredError", "Compilation Error\n  no such\x1bmodel " + "x" * 1000, level="error"))
    warning, other, failure = run.problems
    assert warning == "warn  unsure: Got 3 results, configured to warn if != 0"
    assert failure == "error  broken: Database Error in model broken Code: 395. on purpose"
    assert other.startswith("error  Compilation Error no such") and len(other) < 400 and "\n" not in other


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `trainer init` writes it, with raw tables and without seeds."""
    folder = tmp_path_factory.mktemp("a project")
    write_project(folder)
    return folder


@pytest.fixture
def own(project: Path, call: Callable[..., Called], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Called]:
    """Run the command line in a folder below the project, which nothing but the working folder names."""
    for name in (
        "DBT_PROFILES_DIR",
        "DBT_PROJECT_DIR",
        "DBT_TARGET_PATH",
        "DBT_LOG_PATH",
        "TRAINER_WAREHOUSE",
        "TRAINER_ARTIFACTS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(project / "models" / "rules")
    with connect() as client:
        create_tables(client)
    return call


def test_build_counts_nodes_and_says_how_far_it_is(own: Callable[..., Called], project: Path) -> None:
    done = own("build", "--json", "--select", "risk_levels", "label_rules", "fct_label_rules")
    assert done.code == 0, done.err
    assert "log_version" not in (project / "logs" / "dbt.log").read_text(encoding="utf-8")
    found = json.loads(done.out)
    assert found["counts"].keys() == {"pass", "success"} and found["counts"]["success"] == 3
    assert found["nodes"] == sum(found["counts"].values()) and found["warnings"] == []
    tenths = [line for line in done.err.splitlines() if line.startswith("dbt build: ")]
    assert 5 <= len(tenths) <= 10 and tenths[-1] == f"dbt build: {found['nodes']} of {found['nodes']}"
    assert (project / "target" / "manifest.json").is_file() and (project / "logs" / "dbt.log").is_file()
    assert rows("SELECT count() FROM fct_label_rules") == [16]


def test_a_failing_node_is_named_and_the_exit_code_is_four(own: Callable[..., Called], project: Path) -> None:
    broken = project / "models" / "features" / "broken.sql"
    broken.write_text(
        "{{ config(materialized='table', order_by='tuple()') }} select throwIf(number = 0, 'on purpose') from numbers(1)"
    )
    (project / "models" / "features" / "child.sql").write_text("select * from {{ ref('broken') }}")
    try:
        done = own("build", "--select", "broken+")
    finally:
        broken.unlink()
        broken.with_name("child.sql").unlink()
    assert done.code == 4 and done.out == ""
    (line,) = [line for line in done.err.splitlines() if line.startswith("error  ")]
    assert line.startswith("error  broken: ") and "on purpose" in line
    assert "1 node of 2 failed, and 1 were skipped" in done.err.splitlines()[-1]


def test_a_unit_test_is_counted_and_named_like_any_other(own: Callable[..., Called], project: Path) -> None:
    sql, yml = project / "models" / "features" / "one.sql", project / "models" / "features" / "one.yml"
    sql.write_text("{{ config(materialized='table', order_by='tuple()') }} select 1 as x")
    yml.write_text(
        "unit_tests:\n"
        "  - {name: it_is_one, model: one, given: [], expect: {rows: [{x: 1}]}}\n"
        "  - {name: it_is_two, model: one, given: [], expect: {rows: [{x: 2}]}}\n"
    )
    try:
        done = own("build", "--select", "one")
    finally:
        sql.unlink()
        yml.unlink()
    assert done.code == 4
    assert any(line.startswith("fail  it_is_two") for line in done.err.splitlines())
    assert not any("it_is_one" in line for line in done.err.splitlines())
    assert "1 node of 3 failed" in done.err.splitlines()[-1]


def test_a_project_that_dbt_cannot_read_is_a_line_and_four(own: Callable[..., Called], project: Path) -> None:
    (project / "models" / "features" / "orphan.sql").write_text("select * from {{ ref('nowhere') }}")
    try:
        done = own("build")
    finally:
        (project / "models" / "features" / "orphan.sql").unlink()
    assert done.code == 4 and "nowhere" in done.err and "stopped before it built anything" in done.err.splitlines()[-1]


def test_dbt_gets_every_option_and_its_exit_code_is_passed_on(
    own: Callable[..., Called], capfd: pytest.CaptureFixture[str]
) -> None:
    assert own("dbt", "--quiet", "ls", "--select", "fct_label_rules", "--resource-type", "model", "--output", "name").code == 0
    assert capfd.readouterr().out.split() == ["fct_label_rules"]
    assert own("dbt", "--help").code == 0 and "docs" in capfd.readouterr().out
    assert own("dbt", "no-such-command").code == 2


def test_outside_a_project_there_is_nothing_to_build(tmp_path: Path) -> None:
    """From a wheel: a checkout is a project wherever its package is imported."""
    from trainer import settings
    from trainer.errors import UsageError

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DBT_PROFILES_DIR")
        patch.setattr(settings, "IS_CHECKOUT", False)
        patch.chdir(tmp_path)
        with pytest.raises(UsageError, match="run `trainer init` to write one"):
            settings.dbt_environment()
    assert list(tmp_path.iterdir()) == []
