"""Compares models with and without each family of graph features: what a family adds, on addresses unseen in training.

python benchmarks/compare_features.py FOLDER [--seeds 5] [--torus DATA/torus] [--amlsim DATA/amlsim/20K_fanin200cycle200.tgz]

The families are those of the feature catalog (`--family`, default: the ones that describe an address by its place in the graph).
Simulated networks are evaluated on the hidden truth, torus on planted patterns, AMLSim on accounts, the last beside the
GraphFeaturePreprocessor of IBM's snapml (`pip install -e '.[benchmark]'`). Differences have 95 % intervals, paired by address.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import compare_models as models
import numpy as np
import pandas as pd
import typer
from feature_tables import GRAPH, OWN, Table, amlsim, simulated, torus

from trainer.errors import TrainerError

WITHOUT, ALL = "without", "all"
GAIN = 0.015  # AUC on the hidden truth that the families together should add
METRICS = {"auc": "AUC", "average_precision": "AP"}
OWN_COLUMNS = [*OWN, "degree_total", "tx_total_count", "net_flow_usd", "total_volume_usd", "max_tx_usd", "min_tx_usd",
               "activity_days", "activity_span_days"]  # fmt: skip


def main(
    folder: Annotated[Path, typer.Argument(help="Folder of the warehouses; created if absent.")],
    family: Annotated[list[str] | None, typer.Option(help="Only these families.")] = None,
    model: str = "lightgbm",
    seeds: Annotated[int, typer.Option(min=0)] = 5,
    alerts: Annotated[int, typer.Option(min=500)] = 5_000,
    torus_data: Annotated[Path | None, typer.Option("--torus", help="Folder with input/ and output/ of the snapshot.")] = None,
    amlsim_data: Annotated[Path | None, typer.Option("--amlsim", help="The AMLSim sample, as published.")] = None,
    check: Annotated[bool, typer.Option("--check", help=f"Exit with 1 if all families add less than {GAIN} AUC.")] = False,
) -> None:
    """Train with and without each family, and print what it adds."""
    print(f"{model}; {platform.machine()}, Python {platform.python_version()}\n")
    networks = [simulated(folder, seed, alerts) for seed in range(1, seeds + 1)]
    scored = [variants(table, model, family) for table in networks]
    below = False
    if scored:
        print(f"Simulated networks of {alerts} alerts, hidden truth:\n\n{markdown(scored)}\n")
        gains = [of[ALL].metrics_by("truth")["auc"] - of[WITHOUT].metrics_by("truth")["auc"] for of in scored]
        below = float(np.mean(gains)) < GAIN or min(gains) <= 0
    if torus_data:
        table = torus(folder, torus_data)
        print(f"torus, planted against ordinary addresses:\n\n{markdown([variants(table, model, family)])}\n")
    if amlsim_data:
        table = amlsim(folder, amlsim_data)
        results = {"own columns": score(table.only(OWN_COLUMNS), model, "own columns"), **variants(table, model, family)}
        results |= beside_snapml(table, amlsim_data, model)
        print(f"AMLSim, accounts:\n\n{markdown([results])}\n")
    raise typer.Exit(int(check and below))


def variants(table: Table, model: str, families: list[str] | None = None) -> dict[str, models.Scored]:
    """Return variant → out-of-fold scores: without the families, with each one alone, and with all of them."""
    present = [family for family in families or GRAPH if family in table.families]
    if not present:
        raise typer.BadParameter(f"none of these families; the catalog has: {', '.join(sorted(table.families))}")
    if empty := [family for family in present if table.rows.X[table.families[family]].isna().all(axis=None)]:
        raise typer.BadParameter(f"{table.rows.name} has no value of {', '.join(empty)}; the families were not computed")
    kept: dict[str, list[str]] = {WITHOUT: []}
    if len(present) > 1:
        kept |= {f"with {family}": [family] for family in present}
    kept[ALL] = present
    left_out = {name: [family for family in present if family not in with_] for name, with_ in kept.items()}
    return {name: score(table.without(families), model, name) for name, families in left_out.items()}


def score(rows: models.Rows, model: str, name: str) -> models.Scored:
    """Return the out-of-fold scores of a variant in grouped 5-fold cross-validation."""
    found = replace(models.score(model, rows, 5), model=name)
    figures = found.metrics_by("truth")
    print(f"{rows.name} {name}: {rows.X.shape[1]} features, AUC {figures['auc']:.4f}", file=sys.stderr, flush=True)
    return found


def markdown(scored: list[dict[str, models.Scored]]) -> str:
    """Return a row per variant: means over the tables, the difference from the variant without, and each table's AUC."""
    lines = ["| features | n | AUC | AP | AUC − without | AP − without | AUC of each table |", "|" + "---|" * 7]
    for name in scored[0]:
        of = [one[name] for one in scored]
        base = [one[WITHOUT] for one in scored]
        figures = pd.DataFrame([one.metrics_by("truth") for one in of])
        cells = [f"{figures[metric].mean():.4f}" for metric in METRICS]
        cells += ["" if name == WITHOUT else interval(difference(of, base, metric)) for metric in METRICS]
        each = " ".join(f"{value:.4f}" for value in figures["auc"])
        lines.append(f"| {name} | {of[0].rows.X.shape[1]} | {' | '.join(cells)} | {each} |")
    return "\n".join(lines)


def difference(of: list[models.Scored], base: list[models.Scored], metric: str) -> dict[str, float]:
    """Return the mean difference of a metric from the base over the tables, with its 95 % interval."""
    tables = [(a.rows.truth, a.proba, b.proba, a.rows.groups) for a, b in zip(of, base, strict=True)]
    return models.difference(tables, metric)


def interval(result: dict[str, float]) -> str:
    """Return a difference and its interval as text."""
    return f"{result['value']:+.4f} ({result['low']:+.4f} to {result['high']:+.4f})"


def beside_snapml(table: Table, archive: Path, model: str) -> dict[str, models.Scored]:
    """Return the scores with snapml's graph features beside an account's own columns, and beside the features of all families."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "features.parquet"
        script = Path(__file__).with_name("snapml_features.py")
        done = subprocess.run([sys.executable, script, archive, output], capture_output=True, text=True, check=True)
        features = pd.read_parquet(output).reindex(table.addresses).reset_index(drop=True).astype("float32")
    cost = json.loads(done.stdout)
    print(
        f"snapml: {cost['seconds']:.1f} s ({cost['processor']:.1f} s of processor time), {cost['edges_per_second']:,.0f} "
        f"transactions a second, peak memory {cost['peak_gb']:.2f} GB\n"
    )
    own, every = table.only(OWN_COLUMNS).X, table.rows.X
    added = {"own columns, snapml": own, f"{ALL}, snapml": every}
    return {name: score(table.with_features(pd.concat([X, features], axis=1)), model, name) for name, X in added.items()}


if __name__ == "__main__":
    try:
        typer.run(main)
    except TrainerError as error:
        raise SystemExit(f"compare_features: {error}") from error
