"""What a comparison found: the leaderboard, what of it is real, and the files for further work."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trainer.evaluation import plain_values
from trainer.shown import Shown
from trainer.training.compare.cells import Cell, write_whole
from trainer.training.compare.leaderboard import Entry, calibrated, entries, per_split
from trainer.training.compare.rows import SharedRows
from trainer.training.compare.verdict import sentences

if TYPE_CHECKING:
    import pandas as pd

    from trainer.labels import Truth

RESULTS, LEADERBOARD = "results_per_split.csv", "leaderboard.json"


@dataclass(repr=False)
class Comparison(Shown):
    """What `compare` returns; counts are of rows, `n_gold_addresses` of addresses.

    Attributes:
        entries: one per candidate, the baseline first.
        sentences: which differences from the baseline are real, and which are not.
        folder: where the predictions, `results_per_split.csv` and `leaderboard.json` are.
    """

    network: str
    window_days: int
    model_type: str
    start_date: str
    end_date: str
    split: str
    n_rows: int
    n_gold: int
    n_gold_positive: int
    n_gold_addresses: int
    left_out_columns: dict[str, float]
    entries: list[Entry]
    sentences: list[str]
    folder: str
    results: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, without the results of each fold, which `results_per_split.csv` has."""
        return {name: plain_values(value) for name, value in asdict(self).items() if name != "results"}

    @property
    def leaderboard(self) -> pd.DataFrame:
        """One row per candidate: counts, seconds, and each metric and difference with its interval."""
        import pandas as pd

        return pd.DataFrame([_flat(entry) for entry in self.entries])

    @property
    def per_split(self) -> pd.DataFrame:
        """Tidy results: a row per candidate, fold and metric."""
        import pandas as pd

        return pd.DataFrame(self.results)

    def predictions(self, candidate: str) -> pd.DataFrame:
        """Return the out-of-fold predictions of a candidate, by its name on the leaderboard.

        Raises:
            KeyError: there is no such candidate.
        """
        import pandas as pd

        files = {entry.candidate: entry.predictions for entry in self.entries}
        return pd.read_parquet(Path(self.folder) / files[candidate])

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows: the AUC of each candidate."""
        values = {one.candidate: one.metrics.get("auc", one.problem or "no metrics") for one in self.entries}
        return {"network": self.network, "n_gold": self.n_gold, **values}

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in self.sentences)
        return said + str(self.leaderboard.round(4).to_html(index=False))


def evaluated(rows: SharedRows, cells: list[Cell], folder: Path, truth: Truth | None) -> Comparison:
    """Evaluate the cells together and write the leaderboard and the results of each fold beside their predictions."""
    scored = calibrated(rows, cells)
    found, tested = entries(rows, scored, truth), rows.tested
    comparison = Comparison(
        network=rows.selection.network,
        window_days=rows.selection.window_days,
        model_type=rows.data.model_type.name,
        start_date=str(rows.selection.start_date),
        end_date=str(rows.selection.end_date),
        split=rows.split.description,
        n_rows=len(rows.gold),
        n_gold=len(tested),
        n_gold_positive=int((rows.gold[tested] >= 0.5).sum()),
        n_gold_addresses=rows.data.address_count(np.isin(np.arange(len(rows.gold)), tested)),
        left_out_columns=rows.data.left_out,
        entries=found,
        sentences=sentences(found),
        folder=str(folder),
        results=per_split(rows, scored),
    )
    write_whole(folder / RESULTS, lambda path: comparison.per_split.to_csv(path, index=False, lineterminator="\n"))
    text = json.dumps(comparison.as_dict(), indent=1, default=str) + "\n"  # parameters of one's own may be any object
    write_whole(folder / LEADERBOARD, lambda path: path.write_text(text, encoding="utf-8"))
    return comparison


def _flat(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {
        "candidate": entry.candidate,
        "label_strategy": entry.strategy,
        "model": entry.model,
        "features": entry.features,
        "n_train": entry.n_train,
        "n_positive": entry.n_positive,
        "n_features": entry.n_features,
    }
    parts = {
        "": entry.metrics,
        "difference_": entry.difference,
        "truth_": entry.truth,
        "truth_difference_": entry.truth_difference,
    }
    for prefix, metrics in parts.items():
        for name, one in metrics.items():
            row |= {f"{prefix}{name}": one["value"], f"{prefix}{name}_low": one["low"], f"{prefix}{name}_high": one["high"]}
    return row | {f"{name}_seconds": value for name, value in entry.seconds.items()} | {"problem": entry.problem}
