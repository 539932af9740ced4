"""What adding a label list did."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from trainer.labels.checks import ELSEWHERE


@dataclass
class LabelsAdded:
    """The result of adding a label list.

    `rows` is the sum of added, present, repeated, rejected and elsewhere.

    Attributes:
        addresses: number of distinct valid addresses of the network in the list, with or without a risk level.
        is_standing: whether the labels hold from a day to a day; otherwise they belong to one snapshot.
        added, present, replaced: labels new to the warehouse, already in it, and older labels that new ones replace.
        closed: standing labels that a complete edition no longer has.
        edition_date: first day on which new labels hold and closed ones do not; None for labels that say nothing of days.
        repeated: rows that repeat another row of the list.
        rejected, elsewhere: bad rows, and rows whose address belongs to another network; `reasons` has both, by row number.
        unmapped: category → number of its labels, for categories without a risk level in the taxonomy: they abstain.
        rejects_file: where the rejected rows were written, None if they were not.
        ignored_columns: columns of the file that the table does not have.
        by_risk_level: risk level → number of its labels, by the seeds as they are now; with the unmapped ones, added and present.
        is_known_edition: whether this content was loaded before and a complete edition has followed it: nothing was changed.
        matched: ingested snapshot → number of the list's addresses in it that the labels apply to.
        unknown: number of the list's addresses in no snapshot that the labels could apply to: they change nothing.
        hints: near misses, as sentences.
        inferred: parts of the key that neither the file nor the call has: the ingested snapshots leave one choice.
    """

    file: str
    format: str
    rows: int
    addresses: int = 0
    is_standing: bool = False
    added: int = 0
    present: int = 0
    replaced: int = 0
    closed: int = 0
    edition_date: str | None = None
    repeated: int = 0
    rejected: int = 0
    elsewhere: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)
    rejects_file: str | None = None
    ignored_columns: list[str] = field(default_factory=list)
    by_risk_level: dict[str, int] = field(default_factory=dict)
    is_known_edition: bool = False
    matched: dict[str, int] = field(default_factory=dict)
    unknown: int = 0
    hints: list[str] = field(default_factory=list)
    inferred: dict[str, str] = field(default_factory=dict)

    @property
    def bad_rows(self) -> dict[int, str]:
        """Row number → reason of the rejected rows, without those of other networks."""
        return {row: reason for row, reason in self.reasons.items() if not reason.startswith(ELSEWHERE)}

    @property
    def other_networks(self) -> dict[str, int]:
        """Number of rows by what their address is, most frequent first: `of bitcoin`, `not of ethereum`."""
        reasons = [reason for reason in self.reasons.values() if reason.startswith(ELSEWHERE)]
        return dict(Counter(reason.removeprefix(f"{ELSEWHERE}: ").split(",")[0] for reason in reasons).most_common())

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain values."""
        return asdict(self)
