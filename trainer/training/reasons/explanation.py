"""The reasons for one score: what `explain` returns and `predict --explain` writes."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from trainer.shown import Shown
from trainer.training.reasons import wording

if TYPE_CHECKING:
    import pandas as pd

VERSION = 1
"""Of the JSON object that an explanation becomes; docs/reasons.md describes it."""


@dataclass(frozen=True)
class Reason:
    """What one feature adds to the raw score of a row.

    Attributes:
        value: the feature's value; None where it is missing.
        percentile: where the value stands among the rows of the snapshot, 0 to 100; None where it is missing.
        contribution: in the unit of the raw score; above 0 it raises the score.
        family, unit, description: of the feature, as dbt's catalogue has them.
    """

    feature: str
    value: float | None
    unit: str
    percentile: float | None
    contribution: float
    family: str
    description: str


@dataclass(frozen=True)
class Vote:
    """What a label or a rule says of an address: the row's own, or a direct counterparty's (`is_counterparty`).

    Attributes:
        vote: 1 risky, 0 benign.
        kind: `gold` for a label, else the kind of the rule.
        source: who published the label; the rule's id for a rule.
        day: when the label was made (ISO date), or the rule's snapshot.
        rule: what the rule looks at.
    """

    address: str
    is_counterparty: bool
    vote: int
    kind: str
    rule_id: str
    source: str
    day: str
    confidence: float
    evidence: str
    rule: str


@dataclass(frozen=True)
class Flow:
    """What passed between the address and one counterparty, in one direction: `in` or `out`; USD, ISO dates."""

    address: str
    counterparty: str
    direction: str
    volume_usd: float | None
    tx_count: int | None
    first_day: str | None
    last_day: str | None


@dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """Why a model gives an alert (or an address, or a cluster) its score.

    Attributes:
        alert_id: the id of the row, whatever its model type.
        address: its address; those of a cluster, the first few.
        grain: what the row is: alert, address, cluster.
        score: what `predict` writes; for a ranker, the score that it ranks by.
        uncalibrated: the score before calibration; the same for a model that is not calibrated.
        rank, rows: place of the score in the snapshot, 1 for the highest, and the number of scores.
        ties: how many rows have this score, this one included; their order is that of their ids.
        learned_label: the label of the address that the model was trained on, 0 to 1; None if it was trained on none, or was
            saved by an earlier version.
        raw, base, unit: base + all contributions = raw, in this unit; `method` and `error` as for `Contributions`.
        contributions: the largest, by size.
        others: the sum of the other `other_count` contributions; `others_by_family` divides it.
        typologies: of an alert.
    """

    alert_id: str
    address: str | list[str]
    grain: str
    model_id: str
    network: str
    processing_date: str
    window_days: int
    score: float
    uncalibrated: float
    is_calibrated: bool
    rank: int
    rows: int
    ties: int
    raw: float
    base: float
    unit: str
    method: str
    error: float
    contributions: list[Reason]
    others: float
    other_count: int
    others_by_family: dict[str, float] = field(default_factory=dict)
    learned_label: float | None = None
    typologies: list[str] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the object that `explain_json` holds, as plain values."""
        # dataclasses.asdict copies value by value, and took longer than the contributions of 100,000 alerts.
        lists = {name: [dict(vars(one)) for one in getattr(self, name)] for name in ("contributions", "votes", "flows")}
        return {"version": VERSION} | vars(self) | lists

    def as_json(self, votes: Iterable[str], flows: Iterable[str]) -> str:
        """Return the text of that object with these votes and flows, which are JSON objects already, instead of its own."""
        plain = {"version": VERSION} | vars(self) | {"contributions": [vars(one) for one in self.contributions]}
        del plain["votes"], plain["flows"]
        text = json.dumps(plain, separators=(",", ":"))
        return f'{text[:-1]},"votes":[{",".join(votes)}],"flows":[{",".join(flows)}]}}'

    def sections(self) -> dict[str, list[str]]:
        """Return heading → sentences for people; text from files cannot control a terminal."""
        return wording.sections(self)

    def sentences(self) -> list[str]:
        """Return all sentences for people, without headings."""
        return [sentence for part in self.sections().values() for sentence in part]

    def _shown(self) -> dict[str, object]:
        """Return what `repr` shows."""
        largest = ", ".join(f"{one.feature} {one.contribution:+.2f}" for one in self.contributions[:3])
        return {"alert_id": self.alert_id, "score": f"{self.score:.4f}", "rank": self.rank, "largest": largest}

    def _repr_html_(self) -> str:
        parts = []
        for heading, said in self.sections().items():
            items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in said)
            parts.append(f"<p><b>{html.escape(heading)}</b></p><ul>{items}</ul>")
        return "".join(parts)


class Explanations(list[Explanation]):
    """Explanations, the highest score first unless ids were given; `frame` is the same as a table."""

    @property
    def frame(self) -> pd.DataFrame:
        """One row per alert and contribution."""
        import pandas as pd

        return pd.DataFrame([row for one in self for row in _rows(one)])

    def __repr__(self) -> str:
        return f"Explanations({', '.join(f'{one.alert_id} {one.score:.4f}' for one in self[:5])}{', …' * (len(self) > 5)})"

    def _repr_html_(self) -> str:
        return "<hr>".join(one._repr_html_() for one in self)


def _rows(one: Explanation) -> Iterable[dict[str, Any]]:
    start = {"alert_id": one.alert_id, "address": one.address, "score": one.score, "rank": one.rank}
    return [start | asdict(reason) for reason in one.contributions]
