"""The registered models: rows of `trained_models`."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import ArtifactError
from trainer.keys import split_networks
from trainer.registry.meta import ModelMeta
from trainer.settings import artifacts_dir
from trainer.warehouse import create_tables, exclusive

if TYPE_CHECKING:
    from trainer.warehouse import Client

_COLUMNS = (
    "model_id, model_type, model_name, label_strategy, network, window_days, training_start_date, training_end_date, "
    "networks, by_network_json, created_at, num_samples, num_features, test_auc, metrics_json, hyperparameters_json, model_path"
)


@exclusive
def register(client: Client, folder: Path, meta: ModelMeta, fold_aucs: Sequence[float]) -> None:
    """Add a saved model to the registry; its number, not the clock, says which model is the newest."""
    import numpy as np

    create_tables(client)
    row = {
        "model_id": meta.model_id,
        "model_type": meta.model_type,
        "version": meta.versions["trainer"],
        "network": meta.network,
        "window_days": meta.window_days,
        "training_start_date": meta.start_date,
        "training_end_date": meta.end_date,
        "created_at": meta.created_at,
        "model_path": _stored_path(folder),
        "model_name": meta.model,
        "label_strategy": meta.label_strategy,
        "metrics_json": json.dumps(meta.metrics),
        "networks": meta.networks,
        "by_network_json": json.dumps({name: one.model_dump(mode="json") for name, one in meta.by_network.items()}),
        "hyperparameters_json": json.dumps(meta.options),
        "feature_names": [feature.name for feature in meta.features],
        "num_samples": meta.n_train,
        "num_features": len(meta.features),
        # NaN, not 0, where there was no gold to evaluate on.
        "test_auc": meta.metrics.get("auc", {}).get("value", float("nan")),
        "cv_auc_mean": float(np.mean(fold_aucs)) if fold_aucs else float("nan"),
        "cv_auc_std": float(np.std(fold_aucs)) if fold_aucs else float("nan"),
        "number": client.query("SELECT max(number) + 1 FROM trained_models").result_rows[0][0],
    }
    client.insert("trained_models", [list(row.values())], column_names=list(row))


def list_models(client: Client) -> list[dict[str, Any]]:
    """Return every registered model, the newest first."""
    create_tables(client)
    query = f"SELECT {_COLUMNS} FROM trained_models FINAL ORDER BY number DESC, created_at DESC, model_id"
    return [_row(row) for row in client.query(query).named_results()]


def get_model(client: Client, model_id: str) -> dict[str, Any]:
    """Return the model of that id.

    Raises:
        ArtifactError: there is no such model.
    """
    models = list_models(client)
    for model in models:
        if model["model_id"] == model_id:
            return model
    newest = ", ".join(model["model_id"] for model in models[:5]) or "none yet"
    raise ArtifactError(f"There is no model '{model_id}'; the newest are: {newest}.")


def latest_model(client: Client, network: str, window_days: int, model_type: str | None = None) -> dict[str, Any]:
    """Return the newest model of a network, window and, where given, model type.

    A model of this network alone comes before one of several with it.

    Raises:
        ArtifactError: there is no such model.
    """
    of_window = [one for one in list_models(client) if one["window_days"] == window_days]
    fitting = [one for one in of_window if is_for(one, network) and model_type in (None, one["model_type"])]
    if fitting:
        return min(fitting, key=lambda one: one["network"] != network)  # the first of those, which is the newest
    others = [one for one in of_window if model_type in (None, one["model_type"])]
    other = ", or name a model of another network by --model-id"
    if others:
        other += f": {others[0]['model_id']} ({others[0]['network']})"
    raise ArtifactError(
        f"No {model_type or 'model'} was trained for network '{network}' with window_days {window_days}; run `trainer fit` "
        f"first{other if others else ''}."
    )


def is_for(model: dict[str, Any], network: str) -> bool:
    """Return whether a registered model was trained on rows of a network, alone or together with others."""
    return network in split_networks(model["network"])


def _stored_path(folder: Path) -> str:
    """Return a model's folder relative to the artifacts folder, so that a project that is moved still has its models."""
    folder, artifacts = folder.resolve(), artifacts_dir()
    return str(folder.relative_to(artifacts)) if folder.is_relative_to(artifacts) else str(folder)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    path = artifacts_dir() / row["model_path"]  # an absolute path stays as it is
    moved = artifacts_dir() / path.name  # earlier versions stored only absolute paths
    row["model_path"] = str(moved if moved.exists() and not path.exists() else path)
    row["test_auc"] = None if math.isnan(row["test_auc"]) else row["test_auc"]
    row["by_network"] = json.loads(row.pop("by_network_json"))
    row["metrics"] = json.loads(row.pop("metrics_json"))
    row["options"] = json.loads(row.pop("hyperparameters_json"))
    return row
