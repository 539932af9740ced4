"""Shows whether two checkouts compute the same: every table and view of the warehouse, every score and every metric.

    python benchmarks/compare_checkouts.py collect CHECKOUT OUT
    python benchmarks/compare_checkouts.py compare OUT_A OUT_B [--renamed old=new] [--changed relation]

`collect` runs the commands of the checkout's own .venv (see collect_checkout.py), which takes five minutes and writes nothing
into the checkout. `compare` reads two such folders: rows in any order, floats to the bit, NaN equal to NaN.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from collect_checkout import collect

app = typer.Typer(help="Collects what a checkout computes, and compares two collections.", no_args_is_help=True)
app.command()(collect)

# Times of the run, as relation.column or output.path; ids of models and folders are replaced by names instead.
NOT_COMPARED = (
    "*.ingested_at", "*.changed_at", "*.latency_ms", "*.scored_at", "trained_models.created_at", "*_scores.created_at",
    "alert_rankings.created_at", "report-*.models.*.created_at", "*.seconds", "*.seconds.*",
)  # fmt: skip
KEY = ("network", "processing_date", "window_days", "address", "address_key", "alert_id", "cluster_id", "strategy", "rule_id",
       "source", "model_id", "feature", "from_address", "to_address")  # fmt: skip
EXAMPLES = 3  # rows shown of a relation
LINES = 10  # shown of an output
Pairs = Annotated[list[str] | None, typer.Option(metavar="OLD=NEW")]


@dataclass(frozen=True)
class Terms:
    """What counts as the same: the new names of relations and columns, the words of each side, and what is left out."""

    texts: tuple[Callable[[str], str], Callable[[str], str]]
    relations: dict[str, str]
    columns: dict[str, str]
    left_out: tuple[str, ...]

    def skips(self, path: str) -> bool:
        """Return whether a relation.column or output.path is left out."""
        return any(fnmatch(path, pattern) for pattern in self.left_out)


@dataclass(frozen=True)
class Verdict:
    """The size of a relation or of the outputs of a command, and how the two sides differ."""

    name: str
    rows: str
    columns: int
    differences: list[str]


@app.command()
def compare(
    a: Path,
    b: Path,
    renamed: Pairs = None,
    renamed_relation: Pairs = None,
    renamed_column: Annotated[list[str] | None, typer.Option(metavar="RELATION.OLD=NEW")] = None,
    changed: Annotated[list[str] | None, typer.Option(help="Relation or command meant to differ: reported, not counted.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="relation.column or output.path to leave out, too.")] = None,
) -> None:
    """Print what is the same and what differs; exit with 1 unless all is the same."""
    left_out = (*NOT_COMPARED, *(without or []))
    texts = _substitution(a, _pairs(renamed)), _substitution(b, {})
    terms = Terms(texts, _pairs(renamed_relation), _pairs(renamed_column), left_out)
    print(f"not compared: {', '.join(left_out)}")
    different = _print("relation", list(_relations(a, b, terms)), changed or [])
    different += _print("command", list(_outputs(a, b, terms)), changed or [])
    print(f"\n{'all the same' if not different else f'{different} different'}")
    raise typer.Exit(1 if different else 0)


def _pairs(texts: list[str] | None) -> dict[str, str]:
    return dict(text.split("=", 1) for text in texts or [])


def _print(what: str, verdicts: list[Verdict], changed: list[str]) -> int:
    """Print a table and the differences below it; return how many count."""
    sizes = "rows | columns" if what == "relation" else "runs | values"
    print(f"\n| {what} | {sizes} | |\n|---|---|---|---|")
    counted = 0
    for found in verdicts:
        meant = any(fnmatch(found.name, pattern) for pattern in changed)
        counted += bool(found.differences) and not meant
        word = "same" if not found.differences else "changed" if meant else "DIFFERENT"
        print(f"| {found.name} | {found.rows} | {found.columns} | {word} |")
    for found in verdicts:
        for line in found.differences:
            print(f"\n{found.name}: {line}", end="")
    print()
    return counted


def _substitution(folder: Path, words: dict[str, str]) -> Callable[[str], str]:
    """Return what puts names for ids of models and for the folder, and new words for old ones, into a text."""
    new = json.loads((folder / "names.json").read_text()) | words
    pattern = re.compile("|".join(re.escape(old) for old in sorted(new, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda match: new[match[0]], text)


def _relations(a: Path, b: Path, terms: Terms) -> Iterator[Verdict]:
    """Compare every relation that either side has, under the name it has in B."""
    types = [json.loads((folder / "relations" / "types.json").read_text()) for folder in (a, b)]
    names = {terms.relations.get(name, terms.texts[0](name)): name for name in types[0]}
    if len(names) < len(types[0]):
        raise typer.BadParameter("the renamings give two relations of A one name")
    for name in sorted(names.keys() | types[1].keys()):
        if name not in names or name not in types[1]:
            yield Verdict(name, "", 0, [f"only in {'A' if name in names else 'B'}"])
            continue
        tables = [pq.read_table(a / "relations" / f"{names[name]}.parquet"), pq.read_table(b / "relations" / f"{name}.parquet")]
        news = {old: terms.columns.get(f"{name}.{old}", terms.texts[0](old)) for old in tables[0].column_names}
        tables[0] = tables[0].rename_columns([news[old] for old in tables[0].column_names])
        kinds = {news[old]: kind for old, kind in types[0][names[name]].items()}, types[1][name]
        yield _compared(name, tables[0], tables[1], kinds, terms)


def _compared(name: str, a: pa.Table, b: pa.Table, kinds: tuple[dict[str, str], dict[str, str]], terms: Terms) -> Verdict:
    """Compare two tables over the columns that both have."""
    a, b = (side.select([column for column in side.column_names if not terms.skips(f"{name}.{column}")]) for side in (a, b))
    common = [column for column in b.column_names if column in kinds[0]]
    differences = [f"column {column} only in A" for column in a.column_names if column not in kinds[1]]
    differences += [f"column {column} only in B" for column in b.column_names if column not in kinds[0]]
    types = [(column, kinds[0][column], kinds[1][column]) for column in common]
    differences += [f"column {column} was {old}, is {new}" for column, old, new in types if old != new]
    codes = np.zeros((a.num_rows + b.num_rows, len(common) + 1), np.int32)  # one more, so that rows without a column count
    for position, column in enumerate(common):
        codes[:, position] = _codes(a[column], b[column], terms)
    rows = pd.factorize(codes.view(f"V{codes.itemsize * codes.shape[1]}").ravel().astype(object))[0]
    counts = [np.bincount(part, minlength=rows.max(initial=-1) + 1) for part in (rows[: a.num_rows], rows[a.num_rows :])]
    surplus = counts[0] - counts[1]
    if surplus.any():
        only = [np.flatnonzero(surplus[rows[: a.num_rows]] > 0), np.flatnonzero(surplus[rows[a.num_rows :]] < 0)]
        differences.append(f"{np.maximum(surplus, 0).sum()} rows only in A, {np.maximum(-surplus, 0).sum()} only in B")
        differences += _examples(common, codes, a.select(common), b.select(common), only)
    size = str(a.num_rows) if a.num_rows == b.num_rows else f"{a.num_rows} → {b.num_rows}"
    return Verdict(name, size, len(common), differences)


def _codes(a: pa.ChunkedArray, b: pa.ChunkedArray, terms: Terms) -> np.ndarray:
    """Return a number for each value of both columns, the same for equal ones."""
    sides = [side.combine_chunks() for side in (a, b)]
    if a.type != b.type:  # equal values may be stored in two types
        sides = [_as_text(side) for side in sides]
    parts = [_canonical(side, text) for side, text in zip(sides, terms.texts, strict=True)]
    codes: np.ndarray = pa.concat_arrays(parts).dictionary_encode("encode").indices.to_numpy()
    return codes


def _as_text(column: pa.Array) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def _canonical(column: pa.Array, text: Callable[[str], str]) -> pa.Array:
    """Return floats as their bits, with one NaN, and text and nested values as text with names for ids."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        missing = column.is_null().to_numpy(zero_copy_only=False)
        values = pc.fill_null(column, 0.0).to_numpy(zero_copy_only=False).copy()
        values[np.isnan(values)] = np.nan
        return pa.array(values.view(f"u{values.itemsize}"), mask=missing)
    if pa.types.is_nested(column.type):
        column = _as_text(column)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        encoded = column.dictionary_encode()
        words = pa.array([text(word) for word in encoded.dictionary.to_pylist()], pa.string())
        return pa.DictionaryArray.from_arrays(encoded.indices, words).cast(pa.string())
    return column


def _examples(columns: list[str], codes: np.ndarray, a: pa.Table, b: pa.Table, only: list[np.ndarray]) -> Iterator[str]:
    """Say which columns differ in rows that have a partner of their key, and show some rows."""
    keys = [position for position, column in enumerate(columns) if column in KEY]
    partners = {tuple(codes[a.num_rows + row, keys]): row for row in only[1]}
    counts: Counter[str] = Counter()
    shown: list[str] = []
    for row in only[0]:
        partner = partners.get(tuple(codes[row, keys]))
        other: Any = [] if partner is None else np.flatnonzero(codes[row] != codes[a.num_rows + partner])
        counts.update(columns[position] for position in other)
        if len(shown) < EXAMPLES:
            where = ", ".join(f"{columns[key]}={a[key][row]}" for key in keys)
            values = [f"{columns[i]} {a[int(i)][row]} → {b[int(i)][partner]}" for i in other[:EXAMPLES]]
            shown.append(f"  {where}: {'; '.join(values) or 'no row of this key only in B'}")
    yield from [f"  {column} differs in {count} rows" for column, count in counts.most_common(10)]
    yield from shown


def _outputs(a: Path, b: Path, terms: Terms) -> Iterator[Verdict]:
    """Compare every value of every JSON object that a command printed; a verdict a command."""
    read = [{path.stem: path for path in (folder / "outputs").glob("*.json")} for folder in (a, b)]
    for command, names in groupby(sorted(read[0].keys() | read[1].keys()), lambda name: name.partition("-")[0]):
        runs, count, differences = list(names), 0, []
        for name in runs:
            values = [
                dict(_values(side[name], text)) if name in side else {} for side, text in zip(read, terms.texts, strict=True)
            ]
            paths = [path for path in values[0] | values[1] if not terms.skips(f"{name}.{path}")]
            pairs = [(path, *(side.get(path, "absent") for side in values)) for path in paths]
            wrong = [f"{name}.{path}: {was} → {now}" for path, was, now in pairs if was != now]
            differences += wrong[:LINES] + ([f"{name}: {len(wrong) - LINES} more"] if len(wrong) > LINES else [])
            count += len(paths)
        yield Verdict(command, str(len(runs)), count, differences)


def _values(file: Path, text: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    return _leaves(json.loads(text(file.read_text())))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and value of all that is in a JSON value."""
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, repr(value)


if __name__ == "__main__":
    app()
