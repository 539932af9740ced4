"""Measures how long reasons take, per 100,000 rows and as a ratio to the plain prediction, and how exact they are.

python benchmarks/measure_reasons.py                        # all models, on the last snapshot of the warehouse
python benchmarks/measure_reasons.py --model lightgbm --whole

The models are trained on the warehouse's labels with their default parameters. Slow methods are measured on fewer rows. `--whole`
adds what `predict --explain` does beside: labels, rules and flows from the warehouse, and JSON. Clock and processor seconds are
given, as other work on the machine lengthens only the clock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import typer

from trainer import connect
from trainer.data import Dataset, Selection, read_scoring, read_training, resolve_selection
from trainer.models import build, fit_trainer, trainer_class
from trainer.registry import artifact
from trainer.testing.model import described
from trainer.testing.tables import Table
from trainer.training.reasons import Explainer, contributions_of

PER = 100_000
FEW = {"neural_net": 500, "ensemble": 200}  # rows of the models whose reasons take long
MODELS = ("constant", "single_feature", "logistic", "xgboost", "lightgbm", "neural_net", "ensemble")


def main(
    model: Annotated[list[str] | None, typer.Option()] = None,
    rows: Annotated[int, typer.Option(min=1)] = 20_000,
    whole: Annotated[bool, typer.Option("--whole")] = False,
) -> None:
    """Print, for each model, the seconds per 100,000 rows, their ratio to the prediction's, and the error of the sum."""
    print(f"{os.cpu_count()} cores; seconds per {PER:,} rows: clock / processors")
    with connect() as client:
        found = resolve_selection(client, "alert_scorer", None, None, None, None)
        training = read_training(client, "alert_scorer", found, "address_labels")
        last = Selection(found.network, found.end_date, found.end_date, found.window_days)
        scoring = read_scoring(client, "alert_scorer", last, training.features)
        for name in model or MODELS:
            loaded = fitted(name, training)
            frame = scoring.frame().iloc[: min(rows, FEW.get(name, rows))]
            plain = per_rows(lambda: loaded.predict(scoring.frame()), len(scoring.keys))  # noqa: B023  called at once
            reasons = per_rows(lambda: contributions_of(loaded, frame, scoring.frame()), len(frame))  # noqa: B023
            error = contributions_of(loaded, frame.head(100), scoring.frame()).error
            print(
                f"{name:<15} predict {plain[0]:7.2f} / {plain[1]:7.2f}   reasons {reasons[0]:8.1f} / {reasons[1]:8.1f}   "
                f"ratio {reasons[1] / plain[1]:8.1f}   error {error:.1e}",
                flush=True,
            )
            if whole:
                print_whole(client, loaded, scoring, last, min(rows, FEW.get(name, rows)))


def fitted(name: str, training: Dataset) -> artifact.Artifact:
    """Return a model with default parameters, as it is after loading."""
    import tempfile
    from pathlib import Path

    template = build(trainer_class(name), {}, 0)
    trainer, medians = fit_trainer(template, training.frame(), training.y, training.weight, training.groups)
    import pandas as pd

    table = Table(training.frame(), pd.Series(training.y), pd.Series(training.weight), training.groups)
    facts = described(trainer, table) | {"medians": None if medians is None else medians.tolist()}
    with tempfile.TemporaryDirectory() as folder:
        return artifact.load(artifact.save(Path(folder), trainer, facts)[0])


def print_whole(client: Any, loaded: artifact.Artifact, scoring: Dataset, last: Selection, rows: int) -> None:
    """Print how long the explanations of some rows take, from scores to JSON."""
    scores = loaded.predict(scoring.frame())

    def explained() -> int:
        explainer = Explainer(client, loaded, scoring, scores, last)
        return sum(map(len, explainer.documents(np.arange(rows))))

    clock, processors = per_rows(explained, rows)
    print(f"{'':<15} explanations, labels, rules, flows and JSON: {clock:.1f} / {processors:.1f}", flush=True)


def per_rows(function: Callable[[], Any], rows: int) -> tuple[float, float]:
    """Return clock and processor seconds of a call, per 100,000 rows."""
    clock, processors = time.perf_counter(), time.process_time()
    function()
    return (time.perf_counter() - clock) * PER / rows, (time.process_time() - processors) * PER / rows


if __name__ == "__main__":
    typer.run(main)
