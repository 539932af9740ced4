"""Standing labels against a reference model: for every address and day, the values that stand are those the model computes.

The model keeps, per label, the values that are open and the days that are settled; the engine keeps rows from a day to a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.support.dbt import run_dbt
from tests.support.snapshots import ADDRESSES, tables, write
from trainer import connect
from trainer.errors import BadInputError
from trainer.keys import FIRST_DATE, LAST_DATE
from trainer.labels.add import add_labels
from trainer.labels.remove import remove_labels
from trainer.snapshots.ingest import ingest
from trainer.warehouse.schema import create_tables

DAYS = [FIRST_DATE, *(date(2025, month, 1) for month in (1, 2, 3, 4))]
SNAPSHOTS = [date(2025, month, 15) for month in (1, 2, 3, 4)]
Row = tuple[str, str]  # address, risk level


@dataclass(frozen=True)
class Step:
    """One change: a file of rows, dated or not, complete or not; or the removal of everything from a day on."""

    rows: tuple[Row, ...] = ()
    day: date | None = None
    complete: bool = False
    removed_from: date | None = None


@dataclass
class Label:
    """What is known of one address: its open values with their first days, and who stood on each settled day."""

    open: dict[str, date] = field(default_factory=dict)
    settled: set[tuple[str, date, date]] = field(default_factory=set)

    @property
    def settled_until(self) -> date:
        return max((last for _, _, last in self.settled), default=FIRST_DATE)

    def end(self, value: str, day: date) -> None:
        first = self.open.pop(value)
        if first < day:
            self.settled.add((value, first, day))

    def standing(self, day: date) -> set[str]:
        found = {value for value, first in self.open.items() if first <= day}
        return found | {value for value, first, last in self.settled if first <= day < last}


@dataclass
class Model:
    """The labels of one list, and the editions of it that were loaded."""

    labels: dict[str, Label] = field(default_factory=dict)
    editions: list[tuple[frozenset[Row], bool, date]] = field(default_factory=list)
    known: set[int] = field(default_factory=set)

    def apply(self, step: Step) -> None:
        if step.removed_from is not None:
            self._remove(step.removed_from)
        elif not self._is_known(step):
            self._add(step)

    def _is_known(self, step: Step) -> bool:
        """A file that a complete edition has followed brings nothing back, unless it is given another day."""
        content = frozenset(step.rows)
        return any(
            content == rows and step.day in (None, day) and (is_complete or not step.complete)
            for number, (rows, is_complete, day) in enumerate(self.editions)
            if number in self.known and any(later[1] for later in self.editions[number:])
        )

    def _add(self, step: Step) -> None:
        floor = FIRST_DATE
        day = step.day or FIRST_DATE
        if step.complete and self.labels:
            floor = day = step.day or date.today()
        if step.complete and any(day < other for *_, other in self.editions):
            raise BadInputError("older")
        for address in {address for address, _ in step.rows}:
            self._list(self.labels.setdefault(address, Label()), {v for a, v in step.rows if a == address}, step.day, floor)
        if step.complete:
            for address, label in self.labels.items():
                for value in [v for v in label.open if (address, v) not in step.rows]:
                    label.end(value, day)
        self.known.add(len(self.editions))
        self.editions.append((frozenset(step.rows), step.complete, day))

    def _list(self, label: Label, values: set[str], day: date | None, floor: date) -> None:
        is_undated = day is None and floor == FIRST_DATE
        start = max(day or FIRST_DATE, floor)
        if is_undated and label.open:
            start = min(label.open.values())
        elif is_undated and label.settled:
            start = max(date.today(), label.settled_until)
        elif not is_undated and label.settled_until > start:
            return  # what is known of a later day stands
        fresh = {v for v in values if v not in label.open or (not is_undated and label.open[v] > start)}
        later = [first for v, first in label.open.items() if v not in values and first > start and not is_undated]
        if later:
            label.settled |= {(value, start, min(later)) for value in fresh}
            return
        if fresh:
            for value in [v for v in label.open if v not in values]:
                label.end(value, start)
        label.open |= dict.fromkeys(fresh, start)

    def _remove(self, day: date) -> None:
        removed = False
        for label in self.labels.values():
            for value in [*label.open]:
                label.end(value, day)
                removed = True
            for value, first, last in [row for row in label.settled if row[2] > day]:
                label.settled.remove((value, first, last))
                label.settled |= {(value, first, day)} if first < day else set()
                removed = True
        self.labels = {address: label for address, label in self.labels.items() if label.open or label.settled}
        if removed:
            self.known.clear()


values = st.sampled_from(["high", "low", "critical"])
rows = st.lists(st.tuples(st.sampled_from(ADDRESSES[:3]), values), min_size=1, max_size=4, unique=True).map(tuple)
adds = st.builds(Step, rows, day=st.sampled_from([None, *DAYS[1:]]), complete=st.booleans())
removals = st.builds(Step, removed_from=st.sampled_from(DAYS[1:]))
steps = st.lists(st.one_of(adds, adds, adds, removals), min_size=2, max_size=6)


@pytest.fixture(scope="module")
def folder(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty warehouse of the module's own, and a folder for files."""
    root = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAINER_WAREHOUSE", str(root / "warehouse"))
        with connect() as client:
            create_tables(client)
            yield root


def load(client: Any, folder: Path, source: str, step: Step, shuffle: bool) -> None:
    if step.removed_from is not None:
        remove_labels(client, source, from_day=step.removed_from)
        return
    file = folder / "list.csv"
    frame = pd.DataFrame([*step.rows], columns=["address", "risk_level"])
    frame = frame.sample(frac=1, random_state=1) if shuffle else frame
    frame.to_csv(file, index=False)
    add_labels(client, file, network="modelnet", source=source, valid_from=step.day, complete=step.complete, max_closed=1.0)


def stored(client: Any, source: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT address, risk_level, valid_from, valid_to FROM raw_standing_labels FINAL WHERE source = {source:String} "
        "ORDER BY ALL"
    )
    return list(client.query(query, parameters={"source": source}).result_rows)


def standing(found: list[tuple[Any, ...]], day: date) -> set[Row]:
    return {(address, level) for address, level, first, last in found if first <= day < last}


HIGH, LOW, OTHER = ((ADDRESSES[0], "high"),), ((ADDRESSES[0], "low"),), ((ADDRESSES[1], "high"),)
JAN, FEB, MAR, APR = DAYS[1:]
# A complete edition drops one of two opinions; an undated list corrects a label that has a first day, or that was closed before;
# labels that were removed from a day on are added again.
DROPPED_OPINION = [Step(HIGH + LOW, JAN), Step(HIGH, FEB, complete=True)]
UNDATED = [Step(HIGH, FEB), Step(LOW)]
UNDATED_AFTER_CLOSING = [Step(HIGH, JAN, complete=True), Step(OTHER, FEB, complete=True), Step(HIGH, MAR), Step(LOW)]
RELISTED = [Step(HIGH, JAN, complete=True), Step(OTHER, FEB, complete=True), Step(HIGH + OTHER, APR, complete=True)]
REMOVED = [Step(HIGH, JAN, complete=True), Step(removed_from=FEB), Step(HIGH, JAN, complete=True)]
played: dict[str, Model] = {}
numbers = count()


@settings(
    max_examples=8,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(DROPPED_OPINION)
@example(UNDATED)
@example(UNDATED_AFTER_CLOSING)
@example(RELISTED)
@example(REMOVED)
@given(steps)
def test_the_labels_that_stand_are_those_of_the_reference_model(folder: Path, sequence: list[Step]) -> None:
    source, model = f"source {next(numbers)}", Model()
    with connect() as client:
        for step in sequence:
            refused = False
            try:
                model.apply(step)
            except BadInputError:
                refused = True
            for name, shuffle in ((source, False), (f"{source} shuffled", True)):
                try:
                    load(client, folder, name, step, shuffle)
                    assert not refused
                except BadInputError:
                    assert refused or (step.removed_from is not None and not model.labels)
            found = stored(client, source)
            for day in [*DAYS, date.today(), LAST_DATE.replace(day=1)]:
                expected = {(address, value) for address, label in model.labels.items() for value in label.standing(day)}
                assert standing(found, day) == expected, (step, day)
            assert stored(client, f"{source} shuffled") == found
    played[source] = model


def test_dbt_applies_the_labels_of_the_reference_model_to_each_snapshot(folder: Path) -> None:
    assert played
    for day in SNAPSHOTS:
        write(folder / "world", tables(), "modelnet", f"{day}/90")
    with connect() as client:
        ingest(client, folder / "world" / "snapshots")
    run_dbt(["seed"])
    run_dbt(["run", "--select", "staging", "fct_snapshot_addresses", "fct_applied_labels"])
    query = "SELECT label_source, processing_date, address, risk_level FROM fct_applied_labels WHERE is_standing"
    with connect() as client:
        applied = {row for row in client.query(query).result_rows if row[0] in played}
    assert applied == {
        (source, day, address, value)
        for source, model in played.items()
        for day in SNAPSHOTS
        for address, label in model.labels.items()
        for value in label.standing(day)
    }
