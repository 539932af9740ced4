"""How a table that the trainer owns is declared, and the DDL that follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from trainer.warehouse.times import is_time

TIMES_COMMENT = "times in seconds"
KEY_COLUMNS = "network LowCardinality(String), processing_date Date, window_days UInt16"


@dataclass(frozen=True)
class Table:
    """A table: `columns` has one 'name type [DEFAULT expression]' per line, `key` orders rows after the snapshot key.

    Of rows with equal keys the latest replaces the others; a partition is what a re-run replaces as a whole.
    """

    name: str
    key: str
    columns: str
    partition: str = "network, processing_date, window_days"
    order: str = "network, processing_date, window_days"
    version: str = "ingested_at"
    has_snapshot_key: bool = True

    @cached_property
    def types(self) -> dict[str, str]:
        """Column → ClickHouse type of the value columns, without the snapshot key and `ingested_at`."""
        pairs = (line.split(" ", 1) for line in self._lines())
        return {name: rest.split(" DEFAULT ")[0] for name, rest in pairs}

    @cached_property
    def time_columns(self) -> tuple[str, ...]:
        """The value columns that hold times: seconds since 1970, or a DateTime."""
        return tuple(name for name, kind in self.types.items() if is_time(name, kind))

    @property
    def comment(self) -> str:
        """The table's comment; it tells a table whose times are seconds from one that an earlier version filled."""
        return TIMES_COMMENT if any("Int" in self.types[name] for name in self.time_columns) else ""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns that identify a row within a snapshot."""
        return tuple(part.strip() for part in self.key.split(","))

    @property
    def sorting_key(self) -> str:
        """The columns by which rows are sorted and replaced, separated by commas."""
        return f"{self.order}, {self.key}" if self.order else self.key

    @property
    def all_columns(self) -> tuple[str, ...]:
        """Every column of the table, in order."""
        return tuple(column.split(" ", 1)[0] for column in self._declared())

    def ddl_as(self, name: str, *, is_replicated: bool = False) -> str:
        """Return the CREATE TABLE statement for a name; with `is_replicated` every node of a cluster keeps the rows."""
        return self._create(name, f"{'Replicated' if is_replicated else ''}ReplacingMergeTree({self.version})")

    def side_ddl(self, name: str) -> str:
        """The statement for a table of the same columns whose partitions can be moved here; it keeps rows with equal keys."""
        return self._create(name, "MergeTree")

    def _lines(self) -> list[str]:
        return [line.strip() for line in self.columns.splitlines() if line.strip()]

    def _declared(self) -> list[str]:
        columns = self._lines()
        if self.has_snapshot_key:
            columns[:0] = KEY_COLUMNS.split(", ")
        if self.version == "ingested_at":
            columns.append("ingested_at DateTime64(3) DEFAULT now64(3)")
        return columns

    def _create(self, name: str, engine: str) -> str:
        return (
            f"CREATE TABLE {name} ({', '.join(self._declared())})\n"
            f"ENGINE = {engine}\nPARTITION BY ({self.partition})\n"
            f"ORDER BY ({self.sorting_key})\nCOMMENT '{self.comment}'"
        )
