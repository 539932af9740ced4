"""Commands that are killed at a chosen statement or moment, and what the warehouse holds afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tests.support.warehouse import DATES, WINDOW
from trainer.simulate import simulate
from trainer.warehouse.side_tables import SIDE_SUFFIX

ROOT = Path(__file__).parents[2]
INTERPOSED = Path(__file__).parent / "interposed"
TRAINER = (sys.executable, "-m", "trainer")
DBT = (sys.executable, "-c", "from dbt.cli.main import cli; cli()")
# Columns that differ between two runs of the same command.
VOLATILE = [
    "ingested_at",
    "created_at",
    "changed_at",
    "loaded_at",
    "latency_ms",
    "model_id",
    "model_path",
    "model_version",
    "version",
    "number",
    "newest_label_at",
    "newest_edition_at",
    "build",
    "changed_in",
]
UNCOMPARED = ("build_marks",)
AUDITS = ("label_history", "label_editions")  # written before the labels themselves; nothing is trained or scored on them
READER = ("predict", "--json")
_STATE = """
import json
from trainer import connect
with connect() as client:
    tables = client.query("SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND NOT is_temporary "
        "AND engine LIKE '%MergeTree' ORDER BY name").result_rows
    columns = {}
    for table, column in client.query("SELECT table, name FROM system.columns WHERE database = currentDatabase()").result_rows:
        columns.setdefault(table, []).append(column)
    state = {}
    for table, engine in tables:
        kept = ", ".join(column for column in columns[table] if column not in VOLATILE)
        final = " FINAL" if "Replacing" in engine else ""
        query = f"SELECT count(), sum(sipHash64(toString(tuple(*)))) FROM (SELECT DISTINCT {kept} FROM {table}{final})"
        state[table] = client.query(query).result_rows[0]
print(json.dumps(state))
"""


@dataclass
class Ended:
    """How a command ended: its exit code (-9 if it was killed), what it printed, and how many changing statements it ran."""

    code: int
    out: str
    err: str
    statements: int = 0


@dataclass
class Place:
    """A folder with a warehouse, artifacts and dbt's target, in which commands run as processes of their own."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def copy(self, root: Path) -> Place:
        """Return a copy of this place at `root`; what was there is deleted."""
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.root, root, symlinks=True)
        return Place(root, self.environment)

    def run(self, *command: object, kill_at: int = 0, kill_after: float = 0.0) -> Ended:
        """Run a command of trainer, or of dbt if the first word is `dbt`.

        Args:
            kill_at: kill it right before its changing statement of this number.
            kill_after: kill it after so many seconds.
        """
        words = [str(word) for word in command]
        full = [*DBT, *words[1:], "--quiet", "--no-use-colors"] if words[0] == "dbt" else [*TRAINER, *words]
        counter = self.root / f"statements {uuid.uuid4().hex}"
        environment = os.environ | {
            "DBT_PROFILES_DIR": str(ROOT),
            "TRAINER_TARGET": "embedded",
            "TRAINER_WAREHOUSE": str(self.root / "wh"),
            "TRAINER_ARTIFACTS": str(self.root / "artifacts"),
            "DBT_TARGET_PATH": str(self.root / "target"),
            "DBT_LOG_PATH": str(self.root / "logs"),
            "PYTHONPATH": str(INTERPOSED),
            "KILL_COUNTER": str(counter),
            "KILL_AT": str(kill_at),
            "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        process = subprocess.Popen(
            full, cwd=ROOT, env=environment | self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        if kill_after:
            time.sleep(kill_after)
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate(timeout=600)
        statements = counter.stat().st_size if counter.exists() else 0
        counter.unlink(missing_ok=True)
        return Ended(process.returncode, out, err, statements)

    def state(self) -> dict[str, list[int]]:
        """Return table → number and hash of its distinct rows, without times and ids of runs, and without what is empty."""
        environment = os.environ | {"DBT_PROFILES_DIR": str(ROOT), "TRAINER_WAREHOUSE": str(self.root / "wh")}
        command = [sys.executable, "-c", _STATE.replace("VOLATILE", repr(VOLATILE))]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        found: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
        return {table: rows for table, rows in found.items() if table not in UNCOMPARED and rows[0]}


def killed(before: Place, verb: Sequence[object], after: dict[str, list[int]], root: Path, **kill: Any) -> str:
    """Kill a command and run it again, and return what went wrong, "" if nothing did.

    A reader in between must refuse a state that is neither that before the command nor that after it; the second run must end
    well and leave what an undisturbed run leaves.

    Args:
        before: where the command runs on a copy, in `root`.
        after: the state that the command leaves where nothing disturbs it.
        kill: when, see `Place.run`.
    """
    place = before.copy(root)
    first = place.run(*verb, **kill)
    if first.code == 0:
        return ""
    if first.code != -signal.SIGKILL:
        return f"the killed command exited with {first.code}: {first.err[-300:]}"
    seen = _visible(place.state())
    if all(differences(seen, _visible(whole)) for whole in (before.state(), after)):
        reader = place.copy(root.with_name(f"{root.name}-read")).run(*READER)
        if reader.code not in (4, 6):  # 6: there is no model yet
            return f"a reader exited with {reader.code} on a half-done state: {reader.err[-300:]}"
    again = place.run(*verb)
    if again.code:
        return f"the next run exited with {again.code}: {again.err[-300:]}"
    wrong = differences(place.state(), after)
    return f"after the next run other rows in {', '.join(wrong)}" if wrong else ""


def _visible(state: dict[str, list[int]]) -> dict[str, list[int]]:
    """Return the tables that commands read: not audits, and not side tables, which the next writer drops."""
    return {table: rows for table, rows in state.items() if table not in AUDITS and SIDE_SUFFIX not in table}


def way(data: Path) -> dict[str, tuple[object, ...]]:
    """Write a simulated network to `data`, and return the commands that take it from its files to scores, in order."""
    world = simulate(data, alerts=300, dates=DATES, window_days=WINDOW, network="killnet", seed=4)
    features = pd.concat(
        pd.read_parquet(file, columns=["address", "degree_in"]).assign(processing_date=str(day))
        for day, file in zip(DATES, sorted((data / "snapshots").rglob("features.parquet")), strict=True)
    )
    features.assign(own=features["degree_in"] * 1.5, network="killnet", window_days=WINDOW).drop(columns="degree_in").to_csv(
        data / "own.csv", index=False
    )
    return {
        "init": ("init",),
        "ingest": ("ingest", data / "snapshots"),
        "labels add": ("labels", "add", world.custom_labels),
        "features add": ("features", "add", data / "own.csv"),
        "dbt run": ("dbt", "run"),
        "fit": ("fit", "--min-labelled", 20, "--min-positive", 3, "--folds", 2),
        "predict": ("predict",),
    }


def differences(one: dict[str, list[int]], other: dict[str, list[int]]) -> list[str]:
    """Return the names of the tables that differ."""
    return sorted(table for table in one.keys() | other.keys() if one.get(table) != other.get(table))
