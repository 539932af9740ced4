"""A rule of one's own, added as examples/label_rule says, in a copy of the project; and what dbt says when half of it is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
    """What names the copy and a warehouse of its own, filled and seeded."""
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


def votes() -> int:
    with connect() as client:
        return int(client.query(COUNT).first_row[0])


def test_the_example_rule_votes_once_it_is_added_and_not_when_it_is_switched_off(project: Path) -> None:
    readme = (project / "examples" / "label_rule" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- run: rule -->\n```bash\n(.*?)```", readme, re.DOTALL)
    assert found
    command = ["bash", "-euo", "pipefail", "-c", found[1]]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert votes() > 0
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    with_rule = seed.read_text(encoding="utf-8")
    off = re.sub(r"(?m)^(night_worker,.*),true,", r"\1,false,", with_rule)
    assert off != with_rule
    seed.write_text(off, encoding="utf-8")
    run_dbt(["seed", "--select", "label_rules"])
    run_dbt(["run", "--select", "int_label_voters", "int_label_votes"])
    assert votes() == 0


def test_dbt_says_in_a_sentence_which_half_of_a_rule_is_missing(project: Path) -> None:
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    file = project / "dbt_project" / "models" / "labels" / "rules" / RULE.replace("night_worker", "half")
    shutil.copy(project / "examples" / "label_rule" / RULE, file)
    no_row = "The label rule half has a file and no row in the seed label_rules; add one"
    for command in (RUN, ("build", "--select", "label_rules", "every_label_rule_is_declared")):
        assert no_row in refusal(*command)
    row = (project / "examples" / "label_rule" / "seed_row.csv").read_text(encoding="utf-8").replace("night_worker", "half")
    seed.write_text(seed.read_text(encoding="utf-8") + row, encoding="utf-8")
    run_dbt(["seed", "--select", "label_rules"])
    assert "half is not among those that vote; run `python tools/describe_models.py`" in refusal(*RUN)
    file.unlink()
    assert "declares the rule half, which has no file; add" in refusal(*RUN)
