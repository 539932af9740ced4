"""A user's own label rule, added as examples/label_rule describes in a copy of the project; and dbt's errors when half of it is missing."""

from __future__ import annotations

import os
import re
import shlex
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
    """A copy of the checkout in which rules can be added."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    (folder / "dbt_project.yml").symlink_to("dbt_project/dbt_project.yml")
    return folder


@pytest.fixture(scope="module")
def run(project: Path) -> Run:
    """Run a shell script in the copy, on a warehouse of its own, and return its exit code and output."""
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

    code, output = shell("trainer simulate data --alerts 400 && trainer init && trainer ingest data/snapshots")
    assert code == 0, output
    return shell


def on_client(run: Run, expression: str) -> tuple[int, str]:
    """Evaluate a Python expression of `client` in the copy, and return its exit code and output."""
    program = f"from trainer import connect\nwith connect() as client: print({expression})"
    return run(f"python -c {shlex.quote(program)}")


def query(run: Run, sql: str) -> int:
    code, output = on_client(run, f"client.query({sql!r}).first_row[0]")
    assert code == 0, output
    return int(output.split()[-1])


def test_the_example_rule_votes_once_added_and_not_when_disabled(project: Path, run: Run) -> None:
    readme = (project / "examples" / "label_rule" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- run: rule -->\n```bash\n(.*?)```", readme, re.DOTALL)
    assert found
    code, output = run(found[1])
    assert code == 0, output
    assert query(run, COUNT) > 0
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    with_rule = seed.read_text(encoding="utf-8")
    off = re.sub(r"(?m)^(night_worker,.*),true,", r"\1,false,", with_rule)
    assert off != with_rule
    seed.write_text(off, encoding="utf-8")
    code, output = run("dbt seed --select label_rules && dbt run --select int_label_voters int_label_votes")
    assert code == 0, output
    assert query(run, COUNT) == 0


def test_more_voters_than_can_be_numbered_are_refused(run: Run) -> None:
    """Voters and voices are numbered in 16 bits: the last number is used, and one more stops dbt."""
    insert = (
        "INSERT INTO raw_address_labels (network, processing_date, window_days, address, risk_level, confidence_score, source) "
        "SELECT 'n', toDate('2025-08-01'), 90, toString(number), 'high', 1, concat('source ', toString(number)) FROM numbers({})"
    )
    free = 65_535 - query(run, "SELECT count() FROM int_label_voters")
    for strategies, refused in ((free, False), (free + 1, True)):
        code, output = on_client(run, f"client.command({insert.format(strategies)!r})")
        assert code == 0, output
        code, output = run("dbt run --select int_label_votes__gold int_label_voters")
        assert (code != 0) == refused, output
        assert ("More than 65535 pairs of label rule and source vote" in " ".join(output.split())) == refused, output
        assert query(run, "SELECT max(voter) * (max(voice_number) = uniqExact(voice)) FROM int_label_voters") == 65_535


def test_dbt_names_the_missing_half_of_a_rule(project: Path, run: Run) -> None:
    seed = project / "dbt_project" / "seeds" / "label_rules.csv"
    file = project / "dbt_project" / "models" / "labels" / "rules" / RULE.replace("night_worker", "half")
    shutil.copy(project / "examples" / "label_rule" / RULE, file)
    no_row = "The label rule half has a file but no row in the seed label_rules; add one"
    for command in ("dbt run --select stg_clusters", "dbt build --select label_rules every_label_rule_is_declared"):
        code, output = run(command)
        assert code in (1, 2) and no_row in " ".join(output.split()), output
    row = (project / "examples" / "label_rule" / "seed_row.csv").read_text(encoding="utf-8").replace("night_worker", "half")
    seed.write_text(seed.read_text(encoding="utf-8") + row, encoding="utf-8")
    code, output = run("dbt seed --select label_rules && dbt run --select stg_clusters")
    assert code in (
        1,
        2,
    ) and "half is missing from the list of rules that vote; run `python tools/describe_models.py`" in " ".join(output.split()), (
        output
    )
    file.unlink()
    code, output = run("dbt run --select stg_clusters")
    assert code in (1, 2) and "declares the rule half, which has no file; add" in " ".join(output.split()), output
