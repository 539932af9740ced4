"""Compares the registered trainers on unseen addresses, of simulated networks (as in docs/models.md) or of your own table.

python benchmarks/compare_models.py /tmp/networks [--check]
python benchmarks/compare_models.py --table frauds.parquet --target is_fraud --group address --folds 10

A network is simulated, ingested, labelled and run through dbt once per folder, each seed in a warehouse of its own. In grouped
5-fold cross-validation trainers fit the labelled alerts of four fifths of the addresses and score every alert of the others. They
are evaluated twice: on the alerts with gold labels (SOT and custom), as `trainer fit` does, and on all alerts against the
simulator's hidden truth, which has many times the rows and so less noise: --check uses it. `--model lightgbm:guide` is a preset.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from trainer import models
from trainer.errors import TrainerError
from trainer.evaluation.intervals import Measure, with_intervals
from trainer.evaluation.metrics import metrics, weighted_metrics
from trainer.evaluation.splits import make_split
from trainer.models import ModelTrainer, checked_predict, fit_trainer

NETWORK, DATE, WINDOW_DAYS = "simnet", "2025-08-01", 90
BASELINES = ("constant", "logistic", "single_feature")
TO_BEAT = ("logistic", "single_feature")
ENSEMBLE, SLACK = "ensemble", 0.001  # AUC by which the ensemble may be below the best single trainer
MARK = "__"  # prefix of the columns of rows.parquet that are not features
# Run in a process of its own: a process can open only one embedded warehouse.
READ = f"""
import sys
from datetime import date
import numpy as np
from trainer.data.dataset import read_scoring, read_training
from trainer.data.selection import Selection
from trainer.warehouse.client import connect
day = date.fromisoformat("{DATE}")
selection = Selection("{NETWORK}", day, day, {WINDOW_DAYS})
with connect() as client:
    labelled = read_training(client, "alert_scorer", selection, "address_labels")
    every = read_scoring(client, "alert_scorer", selection, labelled.features)
row_of = {{key: row for row, key in enumerate(every.keys["alert_id"].to_pylist())}}
rows = [row_of[key] for key in labelled.keys["alert_id"].to_pylist()]
addresses = every.keys["address"].to_pandas().to_numpy()
frame = every.frame().assign(__y=np.float32("nan"), __weight=np.float32(0), __address=addresses)
frame.loc[rows, "__y"], frame.loc[rows, "__weight"] = labelled.y, labelled.weight
frame.to_parquet(sys.argv[1])
"""


@dataclass(frozen=True)
class Rows:
    """A table to compare models on.

    X (n, d) are the features; y and weight (n,) are for training, y NaN if a row has no label; gold and truth (n,) are for
    evaluation, 0, 1 or NaN; groups (n,) are equal for rows of one address.
    """

    name: str
    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray
    gold: np.ndarray
    truth: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class Scored:
    """Out-of-fold predictions of one model on one table: P(risky) (n,), NaN in folds not scored, and the time per fold.

    `seconds` are wall-clock time, `processor` is CPU time, which other processes on the machine do not change.
    """

    model: str
    rows: Rows
    proba: np.ndarray
    seconds: float
    processor: float

    def metrics_by(self, by: str) -> dict[str, float]:
        """Return the metrics against `gold` or `truth`, over the rows of all folds."""
        target = getattr(self.rows, by)
        known = ~np.isnan(target) & ~np.isnan(self.proba)
        return metrics(target[known], self.proba[known])


def main(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the simulated networks; created if absent.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only these, with the baselines to beat; name or name:preset.")] = None,
    seeds: Annotated[int, typer.Option(min=1)] = 5,
    alerts: Annotated[int, typer.Option(min=500)] = 5_000,
    folds: Annotated[int, typer.Option(min=2)] = 5,
    first: Annotated[int | None, typer.Option(min=1, help="Number of folds to run, for a quicker result.")] = None,
    table: Annotated[Path | None, typer.Option(help="Parquet of numeric columns, instead of simulated networks.")] = None,
    target: str = "label",
    group: Annotated[str | None, typer.Option(help="Column of groups: rows with the same value are in one fold.")] = None,
    against: Annotated[str | None, typer.Option(help="Print each model's difference in AUC from this one.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 if a trainer falls short.")] = False,
) -> None:
    """Train, evaluate, and print the results as Markdown."""
    if (folder is None) == (table is None):
        raise typer.BadParameter("give a folder for simulated networks, or --table")
    tables = [read_table(table, target, group)] if table else [read_network(folder, seed, alerts) for seed in range(1, seeds + 1)]  # type: ignore[arg-type]
    chosen = list(dict.fromkeys([*TO_BEAT, *model])) if model else models.names()
    scored = []
    for rows in tables:
        for name in chosen:
            scored.append(score(name, rows, folds, first))
            print(f"{rows.name} {name}: {scored[-1].seconds:.1f} s per fold", file=sys.stderr, flush=True)
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; {first or folds} of {folds} folds\n"
    )
    if table is None:
        print(f"By gold labels:\n\n{markdown(scored, 'gold')}\n\nBy the hidden truth, on all alerts:\n")
    print(markdown(scored, "truth"))
    if against:
        print("\n" + "\n".join(differences(scored, against)))
    below = shortfalls(scored)
    print("\n" + ("\n".join(f"falls short: {line}" for line in below) or "nothing falls short"))
    raise typer.Exit(int(check and bool(below)))


def trainer_of(name: str) -> ModelTrainer:
    """Return the registered trainer `name`, or that of a preset for `name:preset`."""
    kind, _, preset = name.partition(":")
    return models.build(models.trainer_class(kind), {"preset": preset} if preset else {})


def read_table(path: Path, target: str, group: str | None) -> Rows:
    """Return a user's table: every numeric column but the target and the group is a feature."""
    frame = pd.read_parquet(path)
    if missing := [column for column in (target, group) if column and column not in frame]:
        raise typer.BadParameter(f"{path} has no column {', '.join(missing)}; it has: {', '.join(map(str, frame.columns))}")
    y = pd.to_numeric(frame[target], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isin(y, (0, 1)).all():
        raise typer.BadParameter(f"column {target} of {path} must be 0 or 1 in every row")
    groups = pd.factorize(frame[group])[0] if group else np.arange(len(frame))
    X = frame.drop(columns=[column for column in (target, group) if column]).select_dtypes(["number", "bool"])
    return Rows(path.stem, _float32(X), y, np.ones(len(y)), y, y, groups)


def read_network(folder: Path, seed: int, alerts: int, *options: str) -> Rows:
    """Return all alerts of a simulated network, simulated and run through dbt, with its options, unless the folder has it."""
    place = folder / f"seed-{seed}-{alerts}"
    file = place / "rows.parquet"
    if not file.exists():
        _build(place, file, seed, alerts, *options)
    frame = pd.read_parquet(file)
    truth = pd.read_parquet(place / "data" / "truth" / f"{NETWORK}_truth.parquet").set_index("address")["is_illicit"]
    own = {name: frame.pop(MARK + name) for name in ("y", "weight", "address")}
    y = own["y"].to_numpy(dtype=np.float64)
    gold = np.where(np.isnan(y), np.nan, y >= 0.5)
    illicit = own["address"].map(truth).to_numpy(dtype=np.float64, na_value=np.nan)
    groups = pd.factorize(own["address"])[0]
    return Rows(f"seed {seed}", _float32(frame), y, own["weight"].to_numpy(dtype=np.float64), gold, illicit, groups)


def _build(place: Path, file: Path, seed: int, alerts: int, *options: str) -> None:
    """Simulate a network into `place`, build its warehouse there, and write its alerts to `file`."""
    place.mkdir(parents=True, exist_ok=True)
    os.environ |= {"TRAINER_TARGET": "embedded", "TRAINER_WAREHOUSE": str((place / "warehouse").resolve())}
    data = place / "data"
    size = ["--alerts", str(alerts), "--dates", DATE, "--window-days", str(WINDOW_DAYS), "--seed", str(seed)]
    _run("trainer", "simulate", str(data), "--network", NETWORK, *size)
    _run("trainer", "init")
    _run("trainer", "ingest", str(data / "snapshots"))
    _run("trainer", "labels", "add", str(data / "custom-labels" / f"{NETWORK}_custom_labels.csv"))
    _run("dbt", "run", "--target-path", str((place / "target").resolve()), *options)
    _run("python", "-c", READ, str(file.resolve()))


def _run(program: str, *arguments: str) -> None:
    command = [str(Path(sys.executable).parent / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).resolve().parents[1])
    if done.returncode:
        raise SystemExit(f"{program} {' '.join(arguments)} failed: {done.stdout}{done.stderr}")


def _float32(X: pd.DataFrame) -> pd.DataFrame:
    values = np.array(X.to_numpy(dtype=np.float32, na_value=np.nan), order="F")  # a copy: the array of pandas is read-only
    values[~np.isfinite(values)] = np.nan
    return pd.DataFrame(values, columns=X.columns, copy=False)


def fold_of(rows: Rows, folds: int) -> np.ndarray:
    """Return the fold (n,) of each row: `fit`'s folds for labelled addresses, random ones for all others."""
    labelled = np.flatnonzero(~np.isnan(rows.y))
    same_day = np.zeros(len(labelled), dtype="datetime64[D]")
    split = make_split(rows.y[labelled], rows.groups[labelled], same_day, folds)
    of_group = np.random.default_rng(0).integers(0, len(split.folds), rows.groups.max() + 1)
    for number, (_, test) in enumerate(split):
        of_group[rows.groups[labelled[test]]] = number
    fold: np.ndarray = of_group[rows.groups]
    return fold


def score(name: str, rows: Rows, folds: int, first: int | None = None) -> Scored:
    """Return out-of-fold predictions for every row (or for the first folds), fitted to labelled rows of other addresses."""
    fold, proba = fold_of(rows, folds), np.full(len(rows.y), np.nan)
    numbers = np.unique(fold)[:first]
    clock, processor = time.perf_counter(), time.process_time()
    for number in numbers:
        train, test = np.flatnonzero((fold != number) & ~np.isnan(rows.y)), np.flatnonzero(fold == number)
        given = (rows.X.iloc[train], rows.y[train], rows.weight[train], rows.groups[train])
        fitted, medians = fit_trainer(trainer_of(name), *given)
        proba[test] = checked_predict(fitted, rows.X.iloc[test], medians)
    seconds, busy = time.perf_counter() - clock, time.process_time() - processor
    return Scored(name, rows, proba, seconds / len(numbers), busy / len(numbers))


def summary(scored: list[Scored], by: str) -> pd.DataFrame:
    """Return one row per model and table: name, metrics against `gold` or `truth`, time per fold."""
    return pd.DataFrame(
        [{"model": one.model, **one.metrics_by(by), "seconds": one.seconds, "processor": one.processor} for one in scored]
    )


def markdown(scored: list[Scored], by: str) -> str:
    """Return the means over the tables as Markdown, best AUC first."""
    lines = ["| model | AUC | of each table | AP | Brier | log loss | s per fold | CPU s |", "|" + "---|" * 8]
    groups = summary(scored, by).groupby("model")
    for name in groups["auc"].mean().sort_values(ascending=False).index:
        rows = groups.get_group(name)
        mean = rows.drop(columns="model").mean()
        figures = [f"{mean[column]:.4f}" for column in ("average_precision", "brier", "log_loss")]
        each = " ".join(f"{value:.4f}" for value in rows["auc"])
        lines.append(
            f"| `{name}` | {mean['auc']:.4f} | {each} | {' | '.join(figures)} | {mean['seconds']:.1f} | {mean['processor']:.1f} |"
        )
    return "\n".join(lines)


def shortfalls(scored: list[Scored]) -> list[str]:
    """Return a sentence for each trainer whose mean AUC against the truth is below what it should beat."""
    auc = summary(scored, "truth").groupby("model")["auc"].mean()
    learners = [name for name in auc.index if name not in BASELINES]
    below = [
        f"{name} has an AUC of {auc[name]:.4f}, {other} {auc[other]:.4f}"
        for name in learners
        for other in TO_BEAT
        if other in auc and not auc[name] > auc[other]
    ]
    singles = [name for name in learners if name.partition(":")[0] != ENSEMBLE]
    if ENSEMBLE in auc and singles:
        best = str(auc[singles].idxmax())
        if auc[ENSEMBLE] < auc[best] - SLACK:
            below.append(f"{ENSEMBLE} has an AUC of {auc[ENSEMBLE]:.4f}, {best} alone {auc[best]:.4f}")
    return below


def differences(scored: list[Scored], against: str) -> list[str]:
    """Return a line per model: its AUC minus that of `against` on the truth, with a 95 % bootstrap interval over addresses."""
    base = {one.rows.name: one.proba for one in scored if one.model == against}
    if not base:
        raise typer.BadParameter(f"{against} is not among the models compared")
    lines = []
    for name in dict.fromkeys(one.model for one in scored if one.model != against):
        own = [one for one in scored if one.model == name]
        result = difference([(one.rows.truth, one.proba, base[one.rows.name], one.rows.groups) for one in own])
        lines.append(f"{name} - {against}: {result['value']:+.4f} ({result['low']:+.4f} to {result['high']:+.4f})")
    return lines


def difference(tables: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], metric: str = "auc") -> dict[str, float]:
    """Return {value, low, high} of the mean difference in a metric over tables of truth, P(risky) twice, and groups (n,)."""
    tables = [tuple(column[~np.isnan(one[0]) & ~np.isnan(one[1])] for column in one) for one in tables]
    y, mine, other = (np.concatenate([one[column] for one in tables]) for column in range(3))
    of_table = np.repeat(np.arange(len(tables)), [len(one[0]) for one in tables])
    groups = np.unique(np.column_stack([of_table, np.concatenate([one[3] for one in tables])]), axis=0, return_inverse=True)[1]

    def measure_of(rows: np.ndarray, labels: np.ndarray) -> Measure:
        parts = [np.flatnonzero(of_table[rows] == number) for number in range(len(tables))]
        models = [[weighted_metrics(labels[part], proba[rows[part]]) for proba in (mine, other)] for part in parts]

        def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
            found = [[model(weights[:, part])[metric] for model in pair] for pair, part in zip(models, parts, strict=True)]
            return {metric: np.mean([a - b for a, b in found], axis=0)}

        return measure

    return with_intervals(measure_of, y, groups.reshape(-1))[metric]


if __name__ == "__main__":
    try:
        typer.run(main)
    except TrainerError as error:
        raise SystemExit(f"compare_models: {error}") from error
