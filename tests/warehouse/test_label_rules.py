"""A rule of one's own, added as examples/label_rule says, in a copy of the project; and what dbt says when half of it is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("dbt_project", "tools", "docs", "examples", "profiles.yml")
RULE = "int_label_rule__night_worker.sql"
COUNT = "SELECT count() FROM int_label_votes WHERE rule_id = 'night_worker' AND vote = 1 AND voice = 'night_worker'"
Run = Callable[[str], tuple[int, str]]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a user has checked out, in which rules can be added."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "dbt_project.yml").symlink_to("dbt_project/dbt_project.yml")
    return folder


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    """Run a script of the shell in the copy, on a warehouse of its own; its exit code and what it printed."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TRAINER_TARGET": "embedded",
        "TRAINER_WAREHOUSE": str(project / "warehouse"),
        "DBT_PROFILES_DIR": str(project),
        "DBT_TARGET_PATH": str(project / "target"),
        "DBT_LOG_PATH": str(project / "logs"),
    }
    environment.pop("DBT_PROJECT_DIR", None)

    def shell(script: str) -> tuple[int, str]:
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=600, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = shell("trainer simulate data --alerts 400 && trainer init && trainer ingest data/snapshots")
    assert code == 0, said
    return shell


def votes(run: Run) -> int:
    code, said = run(
        f'python -c "from trainer import connect\nwith connect() as c: print(c.query(\\"\\"\\"{COUNT}\\"\\"\\").first_row[0])"'
    )
    assert code == 0, said
    return int(said.split()[-1])


def test_the_example_rule_votes_once_it_is_added_and_not_when_it_is_switched_off(project: Path, run: Run) -> None:
    readme = (project / "examples" / "label_rule" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- run: rule -->\n```bash\n(.*?)```", readme, re.DOTALL)
    assert found
    code, said = run(found[1])
    assert code == 0, said
    assert votes(run) > 0
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    with_rule = seed.read_text(encoding="utf-8")
    off = re.sub(r"(?m)^(night_worker,.*),true,", r"\1,false,", with_rule)
    assert off != with_rule
    seed.write_text(off, encoding="utf-8")
    code, said = run("dbt seed --select label_rules && dbt run --select int_label_voters int_label_votes")
    assert code == 0, said
    assert votes(run) == 0


def test_dbt_says_in_a_sentence_which_half_of_a_rule_is_missing(project: Path, run: Run) -> None:
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    file = project / "dbt_project" / "models" / "labels" / "rules" / RULE.replace("night_worker", "half")
    shutil.copy(project / "examples" / "label_rule" / RULE, file)
    no_row = "The label rule half has a file and no row in the seed label_rules; add one"
    for command in ("dbt run --select stg_clusters", "dbt build --select label_rules every_label_rule_is_declared"):
        code, said = run(command)
        assert code in (1, 2) and no_row in " ".join(said.split()), said
    row = (project / "examples" / "label_rule" / "seed_row.csv").read_text(encoding="utf-8").replace("night_worker", "half")
    seed.write_text(seed.read_text(encoding="utf-8") + row, encoding="utf-8")
    code, said = run("dbt seed --select label_rules && dbt run --select stg_clusters")
    assert code in (1, 2) and "half is not among those that vote; run `python tools/describe_models.py`" in " ".join(
        said.split()
    ), said
    file.unlink()
    code, said = run("dbt run --select stg_clusters")
    assert code in (1, 2) and "declares the rule half, which has no file; add" in " ".join(said.split()), said
