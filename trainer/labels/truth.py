"""Grades labels and scores against ground truth that no model has seen: the simulator's, or an investigation's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.addresses import canonical, canonical_all
from trainer.errors import BadInputError
from trainer.keys import WHERE_SNAPSHOT
from trainer.uploads import MEBIBYTE, read_parquet, require_file, text_cells

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client


MAX_UNPACKED = 512 * MEBIBYTE


@dataclass(frozen=True)
class Truth:
    """Ground truth: `is_illicit` is a Series of 0 and 1, indexed by canonical address."""

    is_illicit: pd.Series[int]

    def on(self, network: str) -> pd.Series[int]:
        """Return the truth by address as the network spells it; a file may have another prefix of SS58."""
        spelled = self.is_illicit.set_axis(canonical_all(self.is_illicit.index.tolist(), network))
        return spelled[~spelled.index.duplicated()]

    def of_labels(self, client: Client, key: dict[str, Any]) -> list[dict[str, Any]]:
        """Grade the labels of a snapshot, one dict per strategy.

        Args:
            key: network, processing_date and window_days of the snapshot.

        Returns:
            `labels` (the strategy's labelled addresses that are in the truth), `coverage` (as a share of the truth),
            `accuracy` with `accuracy_low` and `accuracy_high` (95 %), and `auc` of p_risky; None where undefined.
        """
        labels = client.query_df(
            f"SELECT strategy, address, label, p_risky FROM fct_address_labels WHERE {WHERE_SNAPSHOT}", parameters=key
        )
        illicit = self.on(key["network"])
        rows = []
        for strategy, group in labels.groupby("strategy") if len(labels) else []:
            known = group[group["address"].isin(illicit.index)]
            truth = illicit.loc[known["address"]].to_numpy()
            correct = int((known["label"].to_numpy() == truth).sum())
            rows.append(
                {
                    "strategy": str(strategy),
                    "labels": len(known),
                    "coverage": len(known) / len(illicit),
                    **_proportion("accuracy", correct, len(known)),
                    "auc": _auc(truth, known["p_risky"].to_numpy()),
                }
            )
        return rows

    def of_scores(self, client: Client, key: dict[str, Any], models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Grade the alert scores of a snapshot, one dict per model that scored it, by strategy and descending AUC.

        Args:
            key: network, processing_date and window_days of the snapshot.
            models: the models, each with `model_id` and `label_strategy`.

        Returns:
            `label_strategy`, `model_id`, `alerts` (the scored alerts whose address is in the truth) and their `auc`.
        """
        scores = client.query_df(f"SELECT model_id, address, score FROM scored_alerts WHERE {WHERE_SNAPSHOT}", parameters=key)
        strategies = {model["model_id"]: model["label_strategy"] for model in models}
        illicit = self.on(key["network"])
        rows = []
        for model_id, group in scores.groupby("model_id") if len(scores) else []:
            known = group[group["address"].isin(illicit.index)]
            auc = _auc(illicit.loc[known["address"]].to_numpy(), known["score"].to_numpy())
            strategy = strategies.get(str(model_id), "")
            rows.append({"label_strategy": strategy, "model_id": str(model_id), "alerts": len(known), "auc": auc})
        return sorted(rows, key=lambda row: (row["label_strategy"], -(row["auc"] or 0), row["model_id"]))


def read_truth(path: Path) -> Truth:
    """Read ground truth from a Parquet file with the columns `address` and `is_illicit` (0 and 1, or flags).

    Raises:
        BadInputError: the file is missing, has other columns, no rows, a value other than 0 and 1, or contradicts itself.
    """
    import pandas as pd

    require_file(path, "a Parquet file with the columns address and is_illicit")
    try:
        columns = read_parquet(path, MAX_UNPACKED)
        addresses = text_cells(path, "address", columns["address"])
        frame = pd.DataFrame({"address": addresses, "is_illicit": columns["is_illicit"].to_pandas()})
    except (BadInputError, ValueError, KeyError) as error:
        raise BadInputError(f"{path} is not a Parquet file with the columns address and is_illicit ({error}).") from error
    frame = frame.assign(address=frame["address"].astype(str).map(canonical))
    frame["is_illicit"] = pd.to_numeric(frame["is_illicit"], errors="coerce")
    frame = frame.drop_duplicates()
    if not frame["is_illicit"].isin([0, 1]).all() or frame["address"].duplicated().any():
        raise BadInputError(f"{path} must have one row per address with is_illicit true or false.")
    if frame.empty:
        raise BadInputError(f"{path} has no rows.")
    return Truth(frame.set_index("address")["is_illicit"].astype(int))


def _proportion(name: str, part: int, whole: int) -> dict[str, float | None]:
    """Return a proportion and its 95 % score interval (Wilson, JASA 22, 1927); None for an empty whole."""
    if whole == 0:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    from scipy.stats import binomtest

    interval = binomtest(part, whole).proportion_ci(method="wilson")
    return {name: part / whole, f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}


def _auc(truth: Any, scores: Any) -> float | None:
    """Return the AUC of probabilities or scores (n,) against truth (n,) of 0 and 1; None if there is only one class."""
    if not 0 < int(truth.sum()) < len(truth):
        return None
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, scores))
