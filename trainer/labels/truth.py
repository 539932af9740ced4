"""Grades labels and scores on a truth that no model has seen: the simulator's, or an investigation's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.addresses import canonical
from trainer.errors import BadInputError
from trainer.keys import WHERE_SNAPSHOT

if TYPE_CHECKING:
    import pandas as pd

    from trainer.warehouse import Client


@dataclass(frozen=True)
class Truth:
    """Which addresses are illicit: a Series of 0 and 1 by canonical address."""

    is_illicit: pd.Series[int]

    def of_labels(self, client: Client, key: dict[str, Any]) -> list[dict[str, Any]]:
        """Return per strategy the share of the truth's addresses it labels, the share of right labels, and AUC of p_risky."""
        labels = client.query_df(
            f"SELECT strategy, address, label, p_risky FROM fct_address_labels WHERE {WHERE_SNAPSHOT}", parameters=key
        )
        rows = []
        for strategy, group in labels.groupby("strategy") if len(labels) else []:
            known = group[group["address"].isin(self.is_illicit.index)]
            truth = self.is_illicit.loc[known["address"]].to_numpy()
            right = int((known["label"].to_numpy() == truth).sum())
            rows.append(
                {
                    "strategy": str(strategy),
                    "labels": len(known),
                    "coverage": len(known) / len(self.is_illicit),
                    **_share("accuracy", right, len(known)),
                    "auc": _auc(truth, known["p_risky"].to_numpy()),
                }
            )
        return rows

    def of_scores(self, client: Client, key: dict[str, Any], models: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return per model that scored the snapshot the AUC of its alert scores, by strategy and then from the best down."""
        scores = client.query_df(f"SELECT model_id, address, score FROM scored_alerts WHERE {WHERE_SNAPSHOT}", parameters=key)
        strategies = {model["model_id"]: model["label_strategy"] for model in models}
        rows = []
        for model_id, group in scores.groupby("model_id") if len(scores) else []:
            known = group[group["address"].isin(self.is_illicit.index)]
            auc = _auc(self.is_illicit.loc[known["address"]].to_numpy(), known["score"].to_numpy())
            strategy = strategies.get(str(model_id), "")
            rows.append({"label_strategy": strategy, "model_id": str(model_id), "alerts": len(known), "auc": auc})
        return sorted(rows, key=lambda row: (row["label_strategy"], -(row["auc"] or 0), row["model_id"]))


def read_truth(path: Path) -> Truth:
    """Read a Parquet file with the columns address and is_illicit.

    Raises:
        BadInputError: it is no such file, or says two things of one address.
    """
    import pandas as pd
    import pyarrow as pa

    if not path.is_file():
        raise BadInputError(f"There is no file {path}; --truth takes a Parquet file with the columns address and is_illicit.")
    try:
        frame = pd.read_parquet(path, columns=["address", "is_illicit"])
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise BadInputError(f"{path} is not a Parquet file with the columns address and is_illicit.") from error
    frame = frame.assign(address=frame["address"].astype(str).map(canonical))
    frame["is_illicit"] = pd.to_numeric(frame["is_illicit"], errors="coerce")
    frame = frame.drop_duplicates()
    if not frame["is_illicit"].isin([0, 1]).all() or frame["address"].duplicated().any():
        raise BadInputError(f"{path} must say of each address once whether is_illicit is true or false.")
    if frame.empty:
        raise BadInputError(f"{path} has no row.")
    return Truth(frame.set_index("address")["is_illicit"].astype(int))


def _share(name: str, part: int, whole: int) -> dict[str, float | None]:
    """Return a share and its 95 % score interval (Wilson, JASA 22, 1927)."""
    if whole == 0:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    from scipy.stats import binomtest

    interval = binomtest(part, whole).proportion_ci(method="wilson")
    return {name: part / whole, f"{name}_low": float(interval.low), f"{name}_high": float(interval.high)}


def _auc(truth: Any, p_risky: Any) -> float | None:
    """Return the AUC of p_risky (n,) against truth (n,); None where there is one class only."""
    if not 0 < int(truth.sum()) < len(truth):
        return None
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, p_risky))
