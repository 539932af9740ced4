"""Runs a checkout's commands on fixed inputs and keeps what they compute, for compare_checkouts.py.

Three simulated networks, the torus snapshot and the published label lists go into one warehouse. Everything is written under one
folder: relations/ (each table and view as Parquet), outputs/ (the JSON of each command), names.json (names for ids of models).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

# Network → (alerts per date, dates, window, seed, whether it has custom labels).
NETWORKS = {
    "simnet": (1500, "2025-08-01,2025-09-01", 90, 1, True),
    "kusama": (1000, "2025-08-01", 60, 2, True),
    "bitcoin": (1200, "2025-06-01", 195, 3, False),
}
TORUS = ("torus", "2025-11-20", 300)
WINDOWS = {network: window for network, (_, _, window, _, _) in NETWORKS.items()} | {TORUS[0]: TORUS[2]}
LISTS = {
    "ethereum": ("ofac/*_ETH.json", "forta/*.csv", "mew/*.json", "etherscan/*.json", "tagpacks/*.yaml"),
    "bitcoin": ("ofac/*_XBT.txt",),
    "polkadot": ("polkadot-js/*.json",),
}
LISTS_KEY = ("--processing-date", "2025-08-01", "--window-days", "7")
OWN = "own_strategy:VolumeStrategy"
NET = ("--param", "width=32", "--param", "ensemble_size=4", "--param", "epochs=10")
MEMBERS = ("--param", 'members=["xgboost", "logistic"]', "--param", "folds=3")
# (network, model type, model, label strategy, further options); a fit is named after its place in the list and the first four.
FITS: list[tuple[str, str, str, str, tuple[str, ...]]] = [
    *(("simnet", "alert_scorer", "xgboost", labels, ()) for labels in ("address_labels", "label_model", "weighted_vote", OWN)),
    ("simnet", "alert_scorer", "xgboost", "address_labels", ("--param", "preset=guide", "--exclude", "*_score")),
    ("simnet", "alert_scorer", "lightgbm", "custom_priority", ()),
    ("simnet", "alert_scorer", "neural_net", "address_labels", NET),
    ("simnet", "alert_scorer", "neural_net", "sot_only", ("--param", "hidden_layers=[16,8]", "--param", "epochs=5")),
    ("simnet", "alert_scorer", "ensemble", "address_labels", MEMBERS),
    *(("simnet", "alert_scorer", model, "address_labels", ()) for model in ("logistic", "single_feature", "constant")),
    *(("simnet", "alert_ranker", model, "address_labels", ()) for model in ("xgboost", "lightgbm")),
    ("simnet", "address_scorer", "lightgbm", "label_model", ()),
    ("simnet", "cluster_scorer", "xgboost", "address_labels", ()),
    ("kusama", "alert_scorer", "xgboost", "sot_only", ("--no-calibration",)),
    ("kusama", "address_scorer", "logistic", "weighted_vote", ()),
    ("kusama", "cluster_scorer", "single_feature", "label_model", ()),
    ("bitcoin", "alert_scorer", "lightgbm", "address_labels", ("--param", "preset=guide")),
    ("bitcoin", "address_scorer", "xgboost", "custom_priority", ()),
    ("torus", "address_scorer", "xgboost", "address_labels", ()),
    ("torus", "address_scorer", "lightgbm", "label_model", ()),
]
STRATEGY = '''
from trainer import LabelStrategy

class VolumeStrategy(LabelStrategy):
    """The tenth with the largest volume is risky, the half with the smallest is benign, the rest has no label."""

    def derive_labels(self, alerts_df, data):
        volume = alerts_df["address"].map(data["features"].set_index("address")["total_volume_usd"])
        share = volume.rank(pct=True)
        return alerts_df.assign(label=share.ge(0.9).astype(float).where(share.ge(0.9) | share.le(0.5)), label_confidence=0.7)
'''
EXPORT = """
import json, sys
from pathlib import Path
import pyarrow.parquet as pq
from trainer import connect

out, types = Path(sys.argv[1]), {}
columns = "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {table:String}"
with connect() as client:
    for name, engine in client.query("SELECT name, engine FROM system.tables WHERE database = currentDatabase()").result_rows:
        types[name] = dict(client.query(columns, parameters={"table": name}).result_rows)
        final = " FINAL" if engine.startswith("Replacing") else ""
        pq.write_table(client.query_arrow(f"SELECT * FROM `{name}`{final}"), out / f"{name}.parquet")
(out / "types.json").write_text(json.dumps(types))
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout whose commands work on a warehouse under `out` and write nothing elsewhere."""

    folder: Path
    out: Path

    def run(self, program: str, *arguments: object) -> str:
        """Run a program of the checkout's environment in `out`; return what it printed."""
        places = {"TRAINER_WAREHOUSE": "warehouse", "TRAINER_ARTIFACTS": "artifacts", "DBT_TARGET_PATH": "target"}
        environment = {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"} | os.environ
        environment |= {name: str(self.out / place) for name, place in (places | {"DBT_LOG_PATH": "logs"}).items()}
        environment |= {"TRAINER_TARGET": "embedded", "TRAINER_DATABASE": "trainer", "DBT_PROFILES_DIR": str(self.folder)}
        environment |= {"DBT_PROJECT_DIR": str(self.folder / "dbt_project")}
        command = [str(self.folder / ".venv" / "bin" / program), *map(str, arguments)]
        done = subprocess.run(command, cwd=self.out, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def trainer(self, step: str, *arguments: object) -> dict[str, Any]:
        """Run `trainer … --json`, keep the object under the step's name and return it."""
        print(step, flush=True)
        result: dict[str, Any] = json.loads(self.run("trainer", *arguments, "--json"))
        (self.out / "outputs" / f"{step}.json").write_text(json.dumps(result))
        return result


def collect(
    checkout: Path,
    out: Path,
    shared: Annotated[Path | None, typer.Option(help="Default: ../shared/data of the checkout.")] = None,
) -> None:
    """Run a checkout on all networks and export every relation, output and score to an empty folder."""
    data = (shared or checkout.resolve().parent / "shared" / "data").resolve()
    out.mkdir(parents=True, exist_ok=False)
    for name in ("outputs", "relations"):
        (out / name).mkdir()
    (out / "own_strategy.py").write_text(STRATEGY)
    shutil.copytree(data / "label_files", out / "label_files")  # rejected rows are written beside a list
    one = Checkout(checkout.resolve(), out.resolve())
    _load_networks(one)
    _load_torus(one, data / "torus")
    one.run("dbt", "build", "--quiet")
    _load_lists(one)
    one.trainer("derive-simnet", "labels", "derive", "--strategy", OWN, "--network", "simnet", "--window-days", WINDOWS["simnet"])
    one.run("dbt", "run", "--quiet")
    names = {str(one.out): "OUT"}
    for number, (network, model_type, model, strategy, options) in enumerate(FITS):
        step = f"{number:02d}-{network}-{model_type}-{model}-{strategy.replace(':', '.')}"
        names[_fit(one, step, network, model_type, model, strategy, options)] = step
    (out / "names.json").write_text(json.dumps(names))
    report = ("--truth", out.resolve() / "simnet" / "truth" / "simnet_truth.parquet", "--window-days", WINDOWS["simnet"])
    one.trainer("report-simnet", "labels", "report", "--network", "simnet", *report)
    one.run("python", "-c", EXPORT, out.resolve() / "relations")


def _load_networks(one: Checkout) -> None:
    for network, (alerts, dates, window, seed, custom) in NETWORKS.items():
        key = ("--dates", dates, "--window-days", window, "--network", network, "--seed", seed)
        made = one.trainer(f"simulate-{network}", "simulate", one.out / network, "--alerts", alerts, *key)
        one.trainer(f"ingest-{network}", "ingest", one.out / network / "snapshots")
        if custom:
            one.trainer(f"labels-{network}", "labels", "add", made["custom_labels"])
    known = pd.read_parquet(one.out / "simnet" / "truth" / "simnet_truth.parquet")["address"].drop_duplicates().sort_values()
    numbers = np.arange(len(known))
    own = pd.DataFrame({"address": known, "hops": numbers % 7, "exposure": np.where(numbers % 5, np.sqrt(numbers), np.nan)})
    own[::2].to_csv(one.out / "own_features.csv", index=False)
    for day in NETWORKS["simnet"][1].split(","):
        snapshot = ("--network", "simnet", "--processing-date", day, "--window-days", WINDOWS["simnet"])
        one.trainer(f"features-{day}", "features", "add", one.out / "own_features.csv", *snapshot)


def _load_torus(one: Checkout, folder: Path) -> None:
    """Load the snapshot and, as labels, the roles of its ground truth: as it comes it has too few to train on."""
    network, day, window = TORUS
    one.trainer("ingest-torus", "ingest", folder)
    truth = pd.read_parquet(next(folder.glob("input/**/ground_truth.parquet")))
    benign = truth["role"].str.contains("victim|user|counterparty|target|destination")
    labels = pd.DataFrame({"address": truth["address"], "risk_level": np.where(benign, "low", "high"), "confidence_score": 1.0})
    labels = labels.assign(network=network, processing_date=day, window_days=window, source="roles")
    labels.to_csv(one.out / "torus.csv", index=False)
    one.trainer("labels-torus", "labels", "add", one.out / "torus.csv")


def _load_lists(one: Checkout) -> None:
    for network, patterns in LISTS.items():
        for file in sorted(path for pattern in patterns for path in (one.out / "label_files").glob(pattern)):
            step = f"labels-{network}-{file.parent.name}-{file.stem}"
            one.trainer(step, "labels", "add", file, "--network", network, *LISTS_KEY, "--skip-bad")


def _fit(one: Checkout, step: str, network: str, model_type: str, model: str, strategy: str, options: tuple[str, ...]) -> str:
    """Fit and predict with one model; return its id."""
    rows = ("--network", network, "--window-days", WINDOWS[network], "--model-type", model_type)
    fitted = one.trainer(f"fit-{step}", "fit", "--model", model, "--label-strategy", strategy, *rows, "--seed", 7, *options)
    one.trainer(f"predict-{step}", "predict", "--model-id", fitted["model_id"], *rows)
    model_id: str = fitted["model_id"]
    return model_id
