"""Options of the commands that add and remove labels."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

ADDED_FILE = "Your own table (CSV, Parquet, JSON), list of addresses, a publisher's list, or a folder; also https://… or s3://…."
_DAY = {"formats": ["%Y-%m-%d"], "metavar": "YYYY-MM-DD", "show_default": False}

Stamp = Annotated[
    datetime | None,
    typer.Option(
        help="Date of the snapshot to which the labels belong, with --window-days; without both they stand for all snapshots.",
        **_DAY,
    ),
]
ValidFrom = Annotated[
    datetime | None,
    typer.Option(help="First day on which the labels hold [default: the list's own date, else from the beginning].", **_DAY),
]
Complete = Annotated[
    bool, typer.Option("--complete", help="The file is the whole list: labels that it no longer has end on its day.")
]
MaxClosed = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Refuse a complete edition that ends a larger share of the list's labels [default: 0.2].",
        show_default=False,
    ),
]
Format = Annotated[str, typer.Option(help="Format of the file; `auto` recognises it.")]
Source = Annotated[str | None, typer.Option(help="Publisher of the labels, for files that do not name one.", show_default=False)]
RiskLevel = Annotated[
    str | None,
    typer.Option(help="Risk level of all rows of your own file: low, medium, high or critical.", show_default=False),
]
Label = Annotated[str | None, typer.Option(help="Label of all rows of your own file.", show_default=False)]
Confidence = Annotated[
    float | None, typer.Option(min=0, max=1, help="Confidence of all rows of your own file.", show_default=False)
]
MapCategory = Annotated[
    Path | None,
    typer.Option(help="CSV file (category, risk_level) that gives your own words a risk level.", show_default=False),
]
RemovedSource = Annotated[str | None, typer.Option("--source", help="Publisher whose labels are removed.", show_default=False)]
Derived = Annotated[str | None, typer.Option(help="Instead: the name of derived votes, see labels derive.", show_default=False)]
FromDay = Annotated[
    datetime | None,
    typer.Option("--from", help="End standing labels on that day; on the days before, they hold as they did.", **_DAY),
]
