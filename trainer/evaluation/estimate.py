"""A metric as a number that knows its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PARTS = ("value", "low", "high")


class Estimate(float):
    """A number with a 95 % interval: `metric < 0.9`, `f"{metric:.3f}"`, `metric.low`; also `metric["low"]`, as in JSON.

    It compares and hashes as its value; with a mapping it compares as `dict(metric)`.

    Attributes:
        low, high: ends of the interval.
    """

    low: float
    high: float

    def __new__(cls, value: float, low: float, high: float) -> Estimate:
        """Return an estimate; low ≤ value ≤ high."""
        made = super().__new__(cls, value)
        made.low, made.high = float(low), float(high)
        return made

    @property
    def value(self) -> float:
        """The number alone."""
        return float(self)

    def keys(self) -> Iterator[str]:
        """Return the parts, so that `dict(metric)` and `{**metric}` are what JSON has."""
        return iter(PARTS)

    def __getitem__(self, part: str) -> float:
        """Return a part: value, low or high."""
        if part not in PARTS:
            raise KeyError(part)
        return float(getattr(self, part))

    def __eq__(self, other: object) -> bool:
        return dict(self) == other if isinstance(other, Mapping) else float.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = float.__hash__

    def __getnewargs__(self) -> tuple[float, float, float]:  # type: ignore[override]
        return self.value, self.low, self.high

    def __repr__(self) -> str:
        return f"{self:.4f} [{self.low:.4f}, {self.high:.4f}]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)


def estimates(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, Estimate]:
    """Return metric → {value, low, high} as metric → estimate."""
    return {name: Estimate(one["value"], one["low"], one["high"]) for name, one in metrics.items()}


def plain_values(value: Any) -> Any:
    """Return nested dictionaries and lists with each estimate as {value, low, high}, as JSON has it."""
    if isinstance(value, Estimate):
        return dict(value)
    if isinstance(value, dict):
        return {name: plain_values(one) for name, one in value.items()}
    return [plain_values(one) for one in value] if isinstance(value, list) else value
