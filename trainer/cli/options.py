"""Options that several commands share."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from trainer.errors import UsageError
from trainer.model_types import MODEL_TYPES

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Target = Annotated[str | None, typer.Option(help="Target of profiles.yml [default: the profile's own].", show_default=False)]

# Which snapshots
Network = Annotated[str | None, typer.Option(help="Network of the snapshot.", show_default=False)]
Networks = Annotated[
    list[str] | None, typer.Option("--network", help="Network of the snapshots; repeat it to pool several.", show_default=False)
]
AllNetworks = Annotated[bool, typer.Option("--all-networks", help="Pool every network that has the window and labels.")]
LeftOut = Annotated[
    bool,
    typer.Option(
        "--left-out/--no-left-out", help="Of several networks: evaluate on each a model of the others; a training each."
    ),
]
BalanceNetworks = Annotated[
    bool, typer.Option("--balance-networks", help="Of several networks: give each the same total weight.")
]
Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="A processing date.", show_default=False)
]
Window = Annotated[int | None, typer.Option(min=1, max=65535, help="Days the snapshot looks back.", show_default=False)]

# A user's files
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count, change nothing.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Load the good rows, write the others to a file.")]
Rejects = Annotated[
    Path | None, typer.Option(help="With --skip-bad: a new file, or a folder, for the other rows.", show_default=False)
]
Map = Annotated[
    str | None,
    typer.Option(metavar="OURS=THEIRS,…", help="Columns that the file names differently: address=addr.", show_default=False),
]
AcceptColumn = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Keep this column as a feature although it looks like an answer; repeatable."),
]

# What is trained
Model = Annotated[str, typer.Option(help="Registered trainer, or package.module:Class of your own.")]
Strategy = Annotated[str, typer.Option(help="Label strategy: one that dbt computes, or package.module:Class of your own.")]
ModelType = Annotated[str, typer.Option(help=f"What is scored: {', '.join(MODEL_TYPES)}.")]
Features = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="Use only features that match: 'flow_*'; repeatable.")
]
Exclude = Annotated[
    list[str] | None, typer.Option(metavar="PATTERN", help="Leave out features that match: '*_score'; repeatable.")
]
Param = Annotated[list[str] | None, typer.Option(help="Parameter of the trainer, name=value; repeatable.")]
Params = Annotated[
    Path | None, typer.Option(help="Hyperparameters that `tune --out` wrote; --param overrides them.", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help="Random seed; the same seed gives the same result.")]

# Where it is fitted
Backend = Annotated[str, typer.Option(help="local, or dask: the workers of a cluster fit together (xgboost, lightgbm).")]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="With --backend dask: the scheduler, tcp://HOST:8786.", show_default=False)
]

# Which model scores
ModelId = Annotated[str, typer.Option(help="A model's id, or latest.")]
LatestType = Annotated[str | None, typer.Option("--model-type", help="The model type that `latest` is of.", show_default=False)]
OwnTrainer = Annotated[
    str | None, typer.Option("--model", help="package.module:Class of a trainer that is not a plug-in.", show_default=False)
]

# How it is evaluated
Folds = Annotated[int, typer.Option(min=2, max=50, help="Folds of the split by address.")]
EmbargoDays = Annotated[int, typer.Option(min=0, help="Days between training and test dates.")]
MinLabelled = Annotated[int, typer.Option(min=2, help="Refuse to train on fewer labelled rows.")]
MinPositive = Annotated[int, typer.Option(min=1, help="Refuse to train on fewer positive rows.")]
Calibration = Annotated[
    bool, typer.Option("--calibration/--no-calibration", help="Calibrate scores to probabilities, learned on unseen rows.")
]


def _above_zero(value: float | None) -> float | None:
    if value is None or 0 < value < float("inf"):
        return value
    raise typer.BadParameter(f"{value:g} is no number of alerts above 0.")


def _above_zero_to_one(value: float | None) -> float | None:
    if value is None or 0 < value <= 1:
        return value
    raise typer.BadParameter(f"{value:g} is no precision above 0 and at most 1.")


AlertBudget = Annotated[
    float | None,
    typer.Option(
        callback=_above_zero,
        help="Keep the lowest threshold with at most so many alerts a day, a number above 0.",
        show_default=False,
    ),
]
MinPrecision = Annotated[
    float | None,
    typer.Option(
        callback=_above_zero_to_one,
        help="Keep the lowest threshold with this precision on unseen gold rows, above 0 and at most 1.",
        show_default=False,
    ),
]


def check_out_folder(path: Path) -> None:
    """Refuse a folder to write to that is a file.

    Raises:
        UsageError: it is, or a folder above it is.
    """
    for one in (path, *path.parents):
        if one.exists() and not one.is_dir():
            raise UsageError(f"{one} is a file, not a folder to write to; name another one.")


def day_of(value: datetime | None) -> date | None:
    """Return the date of a parsed option."""
    return None if value is None else value.date()


def mapping_of(text: str | None) -> dict[str, str]:
    """Return our column → the file's, from `ours=theirs,ours=theirs`."""
    columns: dict[str, str] = {}
    for pair in text.split(",") if text is not None else []:
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and equals and theirs) or ours in columns:
            raise UsageError(f"--map '{pair}' is not ours=theirs, each of ours once; for example address=addr,risk_level=risk.")
        columns[ours] = theirs
    return columns


def parameter_of(text: str) -> tuple[str, object]:
    """Return name and value of `name=value`; a value that is JSON is parsed, any other is text."""
    import json

    name, separator, value = text.partition("=")
    if not separator or not name:
        raise UsageError(f"--param takes name=value; found '{text}'.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
