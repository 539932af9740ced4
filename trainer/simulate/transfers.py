"""Expands payment arrangements to single transfers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from .actors import ASSETS, Actors, Timeline

FREE, ROUND, BELOW_LIMIT = 0, 1, 2  # amounts: unrestricted, rounded, just below a reporting limit
HUMAN, MACHINE, REGULAR = 0, 1, 2  # times: in the sender's active hours, exactly as planned, evenly spaced
LIMITS_USD = np.array([1_000.0, 3_000.0, 10_000.0])
DAY_SECONDS = 86_400
_START_PRICES_USD = np.array([0.25, 1.0, 1.0, 2_500.0])
_PRICE_WALK = np.array([0.03, 0.0005, 0.0005, 0.025])


@dataclass(frozen=True)
class Payments:
    """m arrangements: ``src`` pays ``dst`` ``count`` times between ``start`` and ``start + span`` (days). Arrays are (m,)."""

    src: np.ndarray
    dst: np.ndarray
    count: np.ndarray
    start: np.ndarray
    span: np.ndarray
    usd: np.ndarray  # median amount
    spread: np.ndarray  # standard deviation of the logarithm of the amount
    shape: np.ndarray
    clock: np.ndarray

    def __len__(self) -> int:
        return len(self.src)


_DTYPES = {
    "src": "i4",
    "dst": "i4",
    "count": "i4",
    "start": "f4",
    "span": "f4",
    "usd": "f4",
    "spread": "f4",
    "shape": "u1",
    "clock": "u1",
}


def payments(src: np.ndarray, dst: np.ndarray, **columns: np.ndarray | float) -> Payments:
    """Build arrangements; scalars are broadcast. The defaults are ``count`` 1, ``span`` 0, FREE and HUMAN."""
    defaults = {"count": 1, "span": 0.0, "spread": 0.3, "shape": FREE, "clock": HUMAN}
    values = {**defaults, "src": src, "dst": dst, **columns}
    size = len(src)
    return Payments(**{name: np.broadcast_to(np.asarray(values[name], kind), (size,)) for name, kind in _DTYPES.items()})


def concat(parts: Sequence[Payments]) -> Payments:
    """Concatenate arrangements."""
    return Payments(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Payments)})


@dataclass(frozen=True)
class Transfers:
    """m single transfers sorted by (src, dst, time). Arrays are (m,)."""

    src: np.ndarray  # int32, actor
    dst: np.ndarray  # int32, actor
    seconds: np.ndarray  # int64, since the epoch
    cents: np.ndarray  # int64, USD cents: integers, so that sums agree to the cent in every file
    micros: np.ndarray  # int64, millionths of the asset
    asset: np.ndarray  # uint8, index into ASSETS

    def __len__(self) -> int:
        return len(self.src)

    def between(self, first: int, last: int) -> Transfers:
        """Return the transfers with ``first <= seconds < last``, in the same order."""
        keep = (self.seconds >= first) & (self.seconds < last)
        return Transfers(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})


def expand(plan: Payments, actors: Actors, timeline: Timeline, rng: np.random.Generator) -> Transfers:
    """Draw time, amount and asset of every transfer of ``plan``; transfers outside the timeline are dropped."""
    row = np.repeat(np.arange(len(plan), dtype=np.int32), plan.count)
    seconds = _times(plan, row, actors, rng)
    keep = (seconds >= 0) & (seconds < timeline.days * DAY_SECONDS) & (plan.src[row] != plan.dst[row])
    row, seconds = row[keep], seconds[keep]
    order = np.lexsort((seconds, plan.dst[row], plan.src[row]))
    row, seconds = row[order], seconds[order]
    src, dst = plan.src[row], plan.dst[row]
    cents = np.maximum(np.rint(_amounts(plan, row, rng) * 100), 1).astype(np.int64)
    asset = _assets(actors, src, dst, rng)
    price = _prices(timeline, rng)[asset, seconds // DAY_SECONDS]
    micros = np.maximum(np.rint(cents * 1e4 / price), 1).astype(np.int64)
    return Transfers(src, dst, seconds + timeline.origin, cents, micros, asset)


def _times(plan: Payments, row: np.ndarray, actors: Actors, rng: np.random.Generator) -> np.ndarray:
    """Return seconds since the origin of the timeline, int64 (len(row),)."""
    place = rng.random(len(row))
    clock = plan.clock[row]
    first = np.cumsum(plan.count) - plan.count
    nth = np.arange(len(row)) - first[row]
    even = (nth + 0.5 + 0.1 * (place - 0.5)) / plan.count[row]
    day = plan.start[row] + plan.span[row] * np.where(clock == REGULAR, even, place)
    hour = (actors.home_hour[plan.src[row]] + 3.5 * rng.standard_normal(len(row), dtype=np.float32)) % 24
    waking = np.floor(day) + hour / 24
    exact = np.where(clock == MACHINE, day, waking)
    return np.floor(exact.astype(np.float64) * DAY_SECONDS).astype(np.int64)


def _amounts(plan: Payments, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return amounts in USD, float64 (len(row),)."""
    usd = plan.usd[row].astype(np.float64)
    usd *= np.exp(plan.spread[row] * rng.standard_normal(len(row), dtype=np.float32))
    shape = plan.shape[row]
    step = 10.0 ** np.floor(np.log10(np.maximum(usd, 1.0))) / 2
    usd = np.where(shape == ROUND, np.maximum(np.rint(usd / step), 1) * step, usd)
    limit = LIMITS_USD[np.minimum(np.searchsorted(LIMITS_USD, usd), len(LIMITS_USD) - 1)]
    return np.where(shape == BELOW_LIMIT, limit * rng.uniform(0.84, 0.995, len(row)), usd)


def _assets(actors: Actors, src: np.ndarray, dst: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return asset indices (len(src),): mostly the sender's favourite, else the receiver's, sometimes any."""
    draw = rng.random(len(src), dtype=np.float32)
    anything = rng.integers(0, len(ASSETS), len(src), dtype=np.uint8)
    return np.where(draw < 0.65, actors.asset[src], np.where(draw < 0.9, actors.asset[dst], anything)).astype(np.uint8)


def _prices(timeline: Timeline, rng: np.random.Generator) -> np.ndarray:
    """Return the daily USD price of each asset, (assets, days): a geometric random walk."""
    steps = rng.standard_normal((len(ASSETS), timeline.days)) * _PRICE_WALK[:, None]
    return _START_PRICES_USD[:, None] * np.exp(np.cumsum(steps, axis=1))
