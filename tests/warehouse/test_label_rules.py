"""A custom label rule, added in a copy of the project as examples/label_rule describes, and dbt's errors when half of it is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.dbt import refusal, run_dbt
from tests.support.warehouse import DATES, WINDOW
from trainer import connect
from trainer.simulate import simulate
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import create_tables

ROOT = Path(__file__).parents[2]
COPIED = ("dbt_project", "tools", "docs", "examples", "profiles.yml")
RULE = "int_label_rule__night_worker.sql"
COUNT = "SELECT count() FROM int_label_votes WHERE rule_id = 'night_worker' AND vote = 1 AND voice = 'night_worker'"
RUN = ("run", "--select", "stg_clusters")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a user has checked out, in which rules can be added."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "dbt_project.yml").symlink_to("dbt_project/dbt_project.yml")
    return folder


@pytest.fixture(scope="module", autouse=True)
def environment(project: Path) -> Iterator[None]:
    """Point the environment at the copy and a warehouse of its own, filled and seeded."""
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str(project / "warehouse"),
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(project / "target"),
        "DBT_LOG_PATH": str(project / "logs"),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        patch.delenv("DBT_PROJECT_DIR", raising=False)
        world = simulate(project / "data", alerts=400, dates=DATES, window_days=WINDOW, network="simnet", seed=0)
        with connect() as client:
            create_tables(client)
            ingest(client, world.root / "snapshots")
        run_dbt(["seed"])
        yield


def query(sql: str) -> Any:
    with connect() as client:
        return client.query(sql).first_row[0]


def test_the_example_rule_votes_once_added_and_not_when_disabled(project: Path) -> None:
    readme = (project / "examples" / "label_rule" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- run: rule -->\n```bash\n(.*?)```", readme, re.DOTALL)
    assert found
    command = ["bash", "-euo", "pipefail", "-c", found[1]]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert query(COUNT) > 0
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    with_rule = seed.read_text(encoding="utf-8")
    off = re.sub(r"(?m)^(night_worker,.*),true,", r"\1,false,", with_rule)
    assert off != with_rule
    seed.write_text(off, encoding="utf-8")
    run_dbt(["seed", "--select", "label_rules"])
    run_dbt(["run", "--select", "int_label_voters", "int_label_votes"])
    assert query(COUNT) == 0


def test_more_voters_than_can_be_numbered_are_refused() -> None:
    """Voters and voices are numbered in 16 bits: the last number is used, and one more stops dbt."""
    insert = (
        "INSERT INTO raw_address_labels (network, processing_date, window_days, address, risk_level, confidence_score, source) "
        "SELECT 'n', toDate('2025-08-01'), 90, toString(number), 'high', 1, concat('source ', toString(number)) FROM numbers({})"
    )
    build = ("run", "--select", "fct_applied_labels", "int_label_votes__gold", "int_label_voters")
    numbered = "SELECT max(voter) * (max(voice_number) = uniqExact(voice)) FROM int_label_voters"
    free = 65_535 - int(query("SELECT count() FROM int_label_voters"))
    with connect() as client:
        client.command(insert.format(free))
    run_dbt(build)
    assert query(numbered) == 65_535
    with connect() as client:
        client.command(insert.format(free + 1))
    assert "More than 65535 pairs of label rule and source vote" in refusal(*build)
    assert query(numbered) == 65_535


def test_dbt_names_the_missing_half_of_a_rule(project: Path) -> None:
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    file = project / "dbt_project" / "models" / "labels" / "rules" / RULE.replace("night_worker", "half")
    shutil.copy(project / "examples" / "label_rule" / RULE, file)
    no_row = "The label rule half has a file but no row in the seed label_rules; add one"
    for command in (RUN, ("build", "--select", "label_rules", "every_label_rule_is_declared")):
        assert no_row in refusal(*command)
    row = (project / "examples" / "label_rule" / "seed_row.csv").read_text(encoding="utf-8").replace("night_worker", "half")
    seed.write_text(seed.read_text(encoding="utf-8") + row, encoding="utf-8")
    run_dbt(["seed", "--select", "label_rules"])
    assert "half is missing from the list of rules that vote; run `python tools/describe_models.py`" in refusal(*RUN)
    file.unlink()
    assert "declares the rule half, which has no file; add" in refusal(*RUN)
