"""The ordinary economy: purchases, wages, withdrawals, trading. Launderers take part in it as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .actors import (
    BROKER,
    CONTRACT,
    DEPOSIT,
    EMPLOYER,
    EXCHANGE,
    LAUNDERER,
    MERCHANT,
    USER,
    WHALE,
    Actors,
    Timeline,
)
from .transfers import FREE, HUMAN, MACHINE, REGULAR, ROUND, Payments, concat, payments

_PEOPLE = (USER, LAUNDERER)


@dataclass(frozen=True)
class Habit:
    """``edges`` payment arrangements per window and actor of the anchor role, each with a partner of the other role."""

    payer: tuple[int, ...]
    payee: tuple[int, ...]
    edges: float
    times: float  # mean payments per arrangement
    usd: float  # median amount
    spread: float
    shape: int = FREE
    clock: int = HUMAN
    anchor: str = "payer"


HABITS = (
    Habit(_PEOPLE, (MERCHANT,), 0.60, 2.2, 45, 1.0),
    Habit(_PEOPLE, (*_PEOPLE, WHALE), 0.34, 1.6, 90, 1.1),
    Habit(_PEOPLE, _PEOPLE, 0.12, 2.0, 250, 0.5, ROUND),  # savings between own wallets, rent
    Habit(_PEOPLE, (EXCHANGE,), 0.22, 1.8, 420, 1.2),
    Habit((EXCHANGE,), _PEOPLE, 0.40, 1.8, 500, 1.2, anchor="payee"),
    Habit(_PEOPLE, (CONTRACT,), 0.26, 3.5, 130, 1.0),
    Habit((CONTRACT,), _PEOPLE, 0.10, 3.0, 110, 1.0, FREE, MACHINE, anchor="payee"),
    Habit((EMPLOYER,), (USER,), 0.12, 3.0, 2_100, 0.1, FREE, REGULAR, anchor="payee"),
    Habit((USER,), (BROKER,), 0.05, 1.5, 900, 1.0),
    Habit((MERCHANT,), (EXCHANGE,), 1.2, 5.0, 700, 0.7),
    Habit((MERCHANT,), (MERCHANT,), 0.8, 2.0, 600, 0.8),
    Habit((MERCHANT,), (USER,), 0.8, 1.2, 50, 0.8),  # refunds, small contractors
    Habit((EXCHANGE,), (EMPLOYER,), 1.5, 4.0, 40_000, 0.4, anchor="payee"),
    Habit((EXCHANGE,), (EXCHANGE,), 4.0, 12.0, 60_000, 1.0, FREE, MACHINE),
    Habit((WHALE,), (WHALE,), 1.0, 2.0, 25_000, 1.3),
    Habit((WHALE,), (EXCHANGE,), 1.0, 2.5, 40_000, 1.2, ROUND),
    Habit((EXCHANGE,), (WHALE,), 1.0, 2.5, 35_000, 1.2, anchor="payee"),
    Habit((CONTRACT,), (EXCHANGE,), 1.0, 8.0, 2_000, 0.8, FREE, MACHINE),
    Habit((BROKER,), (MERCHANT, EXCHANGE), 3.0, 2.0, 1_200, 0.9, FREE, MACHINE),
    Habit((DEPOSIT,), (EXCHANGE,), 0.3, 2.0, 500, 1.0, FREE, MACHINE),
)


class Partners:
    """Draws partners of given roles, weighted by popularity."""

    def __init__(self, actors: Actors, rng: np.random.Generator) -> None:
        self._actors = actors
        self._rng = rng
        # The sizes of hubs differ by orders of magnitude, those of people hardly do.
        people = np.isin(actors.role, (USER, LAUNDERER, DEPOSIT))
        self._popularity = rng.lognormal(0.0, np.where(people, 0.4, 0.9))
        self._cumulative: dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]] = {}

    def pick(self, count: int, roles: tuple[int, ...]) -> np.ndarray:
        """Draw ``count`` actors of ``roles`` with replacement, int64 (count,)."""
        if roles not in self._cumulative:
            pool = self._actors.of_role(*roles)
            self._cumulative[roles] = pool, np.cumsum(self._popularity[pool])
        pool, cumulative = self._cumulative[roles]
        place = np.searchsorted(cumulative, self._rng.random(count) * cumulative[-1])
        return pool[np.minimum(place, len(pool) - 1)]


def background(actors: Actors, timeline: Timeline, partners: Partners, rng: np.random.Generator) -> Payments:
    """Return the payment arrangements of the ordinary economy over the whole timeline."""
    return concat([_habit(habit, actors, timeline, partners, rng) for habit in HABITS])


def _habit(habit: Habit, actors: Actors, timeline: Timeline, partners: Partners, rng: np.random.Generator) -> Payments:
    outgoing = habit.anchor == "payer"
    pool = actors.of_role(*(habit.payer if outgoing else habit.payee))
    repeats = rng.poisson(habit.edges * actors.activity[pool] * windows_lived(actors, pool, timeline))
    anchor = np.repeat(pool, repeats)
    partner = partners.pick(len(anchor), habit.payee if outgoing else habit.payer)
    first, last = np.maximum(actors.birth[anchor], 0), np.minimum(actors.death[anchor], timeline.days)
    room = np.maximum(last - first, 0.5)
    span = np.minimum(room, timeline.window_days) * rng.random(len(anchor))
    src, dst = (anchor, partner) if outgoing else (partner, anchor)
    return payments(
        src,
        dst,
        count=1 + rng.poisson((habit.times - 1) * rng.gamma(0.8, 1 / 0.8, len(anchor))),
        start=first + (room - span) * rng.random(len(anchor)),
        span=span,
        usd=habit.usd * actors.wealth[anchor] * rng.lognormal(0, 0.5, len(anchor)),
        spread=habit.spread * 0.6,
        shape=habit.shape,
        clock=habit.clock,
    )


def windows_lived(actors: Actors, who: np.ndarray, timeline: Timeline) -> np.ndarray:
    """Return the lifetime of each of ``who`` on the timeline, in windows of activity, float (len(who),)."""
    lived = np.minimum(actors.death[who], timeline.days) - np.maximum(actors.birth[who], 0)
    windows = np.maximum(lived, 0.0) / timeline.window_days
    # An actor alive for only a week is still active in it: below one window, activity shrinks more slowly than lifetime.
    return np.where(windows < 1, np.sqrt(windows), windows)
