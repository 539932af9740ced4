"""Builds laundering patterns, and honest business that resembles each of them.

Both use the same builders: an employer's payday and a mule network's payout are the same fan-out with other habits. The
habits :data:`LAUNDERING` and :data:`LOOKALIKE` overlap, so that no single one identifies a launderer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .actors import CONTRACT, DEPOSIT, EXCHANGE, LAUNDERER, MERCHANT, MIXER, USER
from .economy import Partners
from .transfers import BELOW_LIMIT, FREE, HUMAN, ROUND, Payments, payments

TYPOLOGIES = ("fan_in", "fan_out", "cycle", "layering", "structuring", "mixer_use", "peel_chain")
SHARES = np.array([0.18, 0.16, 0.12, 0.20, 0.14, 0.10, 0.10])  # of the addresses involved
SIZES = {  # smallest and largest number of members of an instance
    "fan_in": (6, 24), "fan_out": (6, 24), "cycle": (3, 8), "layering": (6, 20), "structuring": (3, 12),
    "mixer_use": (3, 10), "peel_chain": (5, 16),
}  # fmt: skip


@dataclass(frozen=True)
class Habits:
    """How the members of a pattern handle money: medians and means over instances."""

    usd: float  # handled per member
    span_days: float
    delay_hours: float  # between receiving and passing on
    keep: float  # mean share kept on the way
    below_limit: float  # probability that an arrangement stays below a reporting limit
    rounded: float
    machine: float  # probability that it is driven by a script: exact delays, at any hour
    rounds: float  # mean repetitions of an arrangement


LAUNDERING = Habits(usd=2_900, span_days=9, delay_hours=8, keep=0.05, below_limit=0.38, rounded=0.26, machine=0.60, rounds=2.0)
LOOKALIKE = Habits(usd=1_250, span_days=22, delay_hours=27, keep=0.17, below_limit=0.08, rounded=0.16, machine=0.30, rounds=1.6)


@dataclass(frozen=True)
class Batch:
    """All n instances of one typology: arrays per member (m,), sorted by (instance, position), or per instance (n,)."""

    member: np.ndarray
    owner: np.ndarray  # index of the instance of each member
    position: np.ndarray
    size: np.ndarray
    start: np.ndarray
    span: np.ndarray
    delay: np.ndarray  # days
    usd: np.ndarray
    keep: np.ndarray
    below_limit: np.ndarray
    rounded: np.ndarray
    clock: np.ndarray
    rounds: np.ndarray

    def at(self, position: int) -> np.ndarray:
        """Return the member at ``position`` of each instance, (n,)."""
        return self.member[self.position == position]


class Draw:
    """Draws the payments of one batch, with its shape and clock; the only source of randomness of a builder."""

    def __init__(self, batch: Batch, partners: Partners, rng: np.random.Generator) -> None:
        self.batch, self.partners, self.rng = batch, partners, rng

    def pay(
        self, src: np.ndarray, dst: np.ndarray, owner: np.ndarray, day: np.ndarray, usd: np.ndarray, **more: np.ndarray | float
    ) -> Payments:
        """Return arrangements (k,) of instances ``owner``, from ``day`` on, ``usd`` in total; ``more`` overrides their habits."""
        b, draw = self.batch, self.rng.random(len(src))
        shape = np.select([draw < b.below_limit[owner], draw > 1 - b.rounded[owner]], [BELOW_LIMIT, ROUND], FREE)
        count = 1 + self.rng.poisson((b.rounds[owner] - 1) * self.rng.random(len(src)))
        given = {
            "count": count,
            "span": b.delay[owner] * 0.5,
            "shape": shape,
            "clock": b.clock[owner],
            "spread": 0.2,
            **more,
        }
        return payments(src, dst, start=day, usd=usd / np.maximum(given["count"], 1), **given)

    def outside(self, count: int) -> np.ndarray:
        """Draw ``count`` counterparties outside the pattern, (count,): exchanges and contracts, or other actors."""
        return np.where(
            self.rng.random(count) < 0.45,
            self.partners.pick(count, (EXCHANGE, CONTRACT)),
            self.partners.pick(count, (USER, MERCHANT, LAUNDERER, DEPOSIT)),
        )

    def share(self, owner: np.ndarray) -> np.ndarray:
        """Draw each member's share of the money, USD (len(owner),)."""
        return self.batch.usd[owner] * self.rng.lognormal(0, 0.4, len(owner))

    def wait(self, owner: np.ndarray) -> np.ndarray:
        """Draw the days between receiving and passing on, float (len(owner),)."""
        return self.batch.delay[owner] * self.rng.lognormal(0, 0.6, len(owner))

    def moment(self, owner: np.ndarray) -> np.ndarray:
        """Draw a day within the span of each instance, float (len(owner),)."""
        return self.batch.start[owner] + self.batch.span[owner] * self.rng.random(len(owner))


def _fan_in(b: Batch, d: Draw) -> list[Payments]:
    """Many members receive money and pass it on to the first one, which pays the sum out."""
    hub, away = b.at(0), b.position > 0
    who, owner = b.member[away], b.owner[away]
    usd, day = d.share(owner), d.moment(owner)
    every = np.arange(len(hub))
    leaving = b.start + b.span + b.delay
    return [
        d.pay(d.outside(len(who)), who, owner, day - d.wait(owner), usd),
        d.pay(who, hub[owner], owner, day, usd * (1 - b.keep[owner])),
        d.pay(hub, d.outside(len(hub)), every, leaving, b.usd * b.size * (1 - b.keep) ** 2, shape=FREE),
    ]


def _fan_out(b: Batch, d: Draw) -> list[Payments]:
    """The first member receives the sum and distributes it; the others pay it out."""
    hub, away = b.at(0), b.position > 0
    who, owner = b.member[away], b.owner[away]
    usd, day = d.share(owner), d.moment(owner)
    leaves = d.rng.random(len(who)) < 0.8
    every = np.arange(len(hub))
    return [
        d.pay(d.outside(len(hub)), hub, every, b.start - b.delay, b.usd * b.size, shape=FREE),
        d.pay(hub[owner], who, owner, day, usd),
        d.pay(
            who[leaves], d.outside(int(leaves.sum())), owner[leaves], (day + d.wait(owner))[leaves],
            (usd * (1 - b.keep[owner]))[leaves],
        ),
    ]  # fmt: skip


def _cycle(b: Batch, d: Draw) -> list[Payments]:
    """Money circulates and returns to the first member, a little less after each hop."""
    lap_count = 1 + np.rint(b.rounds).astype(np.int64)[b.owner]
    row = np.repeat(np.arange(len(b.member)), lap_count)
    lap = np.arange(len(row)) - np.repeat(np.cumsum(lap_count) - lap_count, lap_count)
    owner, position = b.owner[row], b.position[row]
    following = np.where(position + 1 < b.size[owner], row + 1, row - position)
    # A lap ends before the next one starts, and every hop takes some time.
    day = b.start[owner] + lap * (b.size * b.delay + b.span / 4)[owner] + (position + d.rng.random(len(row))) * b.delay[owner]
    usd = b.usd[owner] * (1 - b.keep[owner]) ** position * d.rng.lognormal(0, 0.15, len(row))
    first, every = b.at(0), np.arange(len(b.size))
    return [
        d.pay(d.outside(len(first)), first, every, b.start - b.delay, b.usd),
        d.pay(b.member[row], b.member[following], owner, day, usd, count=1, span=0.0),
        d.pay(first, d.outside(len(first)), every, b.start + b.span + b.delay, b.usd * (1 - b.keep) ** b.size),
    ]


def _layering(b: Batch, d: Draw) -> list[Payments]:
    """Layers of about three members; each pays one or two members of the next layer, the last layer pays out."""
    width = 3
    owner, day = b.owner, b.start[b.owner] + (b.position // width) * (b.delay + b.span / 6)[b.owner]
    usd, parts = d.share(owner) * (1 - b.keep[owner]) ** (b.position // width), []
    entry = b.position < width
    parts.append(d.pay(d.outside(int(entry.sum())), b.member[entry], owner[entry], day[entry] - d.wait(owner[entry]), usd[entry]))
    for step, chance in ((width, 1.0), (width + 1, 0.45)):
        inside = b.position + step < b.size[owner]
        target = np.where(inside, b.member[np.minimum(np.arange(len(owner)) + step, len(owner) - 1)], d.outside(len(owner)))
        use = (d.rng.random(len(owner)) < chance) & (inside | (step == width))
        parts.append(d.pay(b.member[use], target[use], owner[use], (day + d.wait(owner))[use], usd[use] / (1 + 0.45)))
    return parts


def _structuring(b: Batch, d: Draw) -> list[Payments]:
    """Members split a sum into several deposits, most of them just below a limit; the first member collects some."""
    owner, count = b.owner, 2 + d.rng.poisson(b.rounds[b.owner])
    hub = b.at(0)
    target = np.where((d.rng.random(len(owner)) < 0.5) & (b.position > 0), hub[owner], d.outside(len(owner)))
    day = b.start[owner] + b.span[owner] * 0.3 * d.rng.random(len(owner))
    usd = d.share(owner)
    small = d.rng.random(len(owner)) < np.minimum(1.9 * b.below_limit[owner], 0.9)
    shape = np.where(small, BELOW_LIMIT, FREE)
    return [
        d.pay(d.outside(len(owner)), b.member, owner, day - d.wait(owner), usd * 2, shape=FREE, count=2),
        d.pay(b.member, target, owner, day, usd * 2 * (1 - b.keep[owner]), shape=shape, count=count, span=b.span[owner]),
    ]


def _mixer_use(b: Batch, d: Draw) -> list[Payments]:
    """Even members deposit round amounts into a mixer, odd ones withdraw them later and spend."""
    owner, mixer = b.owner, d.partners.pick(len(b.owner), (MIXER,))
    usd, day, into = d.share(owner), d.moment(owner), b.position % 2 == 0
    out = ~into
    return [
        d.pay(d.outside(int(into.sum())), b.member[into], owner[into], (day - d.wait(owner))[into], usd[into]),
        d.pay(b.member[into], mixer[into], owner[into], day[into], usd[into], shape=ROUND),
        d.pay(mixer[out], b.member[out], owner[out], day[out], usd[out], shape=ROUND),
        d.pay(
            b.member[out],
            d.outside(int(out.sum())),
            owner[out],
            (day + d.wait(owner))[out],
            (usd * (1 - b.keep[owner]))[out],
        ),
    ]


def _peel_chain(b: Batch, d: Draw) -> list[Payments]:
    """A large sum moves down a chain; every member pays a small part of it out."""
    owner, first = b.owner, b.at(0)
    peel = d.rng.uniform(0.04, 0.16, len(owner))
    left = b.usd[owner] * np.sqrt(b.size[owner]) * (1 - peel.mean()) ** b.position
    day = b.start[owner] + b.position * (b.delay[owner] + b.span[owner] / 20)
    more = b.position + 1 < b.size[owner]
    following = b.member[np.minimum(np.arange(len(owner)) + 1, len(owner) - 1)]
    every = np.arange(len(first))
    return [
        d.pay(d.outside(len(first)), first, every, b.start - b.delay, b.usd * np.sqrt(b.size), count=1),
        d.pay(b.member[more], following[more], owner[more], (day + d.wait(owner))[more], left[more], count=1, shape=FREE),
        d.pay(b.member, d.outside(len(owner)), owner, day + d.wait(owner), left * peel, clock=HUMAN),
    ]


BUILDERS: dict[str, Callable[[Batch, Draw], list[Payments]]] = {
    "fan_in": _fan_in, "fan_out": _fan_out, "cycle": _cycle, "layering": _layering, "structuring": _structuring,
    "mixer_use": _mixer_use, "peel_chain": _peel_chain,
}  # fmt: skip
