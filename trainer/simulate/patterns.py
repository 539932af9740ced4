"""Plants laundering patterns and honest look-alikes: chooses their members and calls the builders of :mod:`.typologies`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .actors import BROKER, DEPOSIT, EMPLOYER, EXCHANGE, LAUNDERER, MERCHANT, MIXER, USER, WHALE, Actors, Timeline
from .economy import Partners
from .transfers import Payments, concat, payments
from .typologies import BUILDERS, LAUNDERING, LOOKALIKE, SHARES, SIZES, TYPOLOGIES, Batch, Draw, Habits

SLEEPER_SHARE = 0.40  # of the members of laundering patterns: opened well ahead and unused until needed
SLEEPER_SHARE_HONEST = 0.03
QUIET_SHARE = 0.14  # launderers without a pattern: they are in the ground truth only
LOOKALIKE_SHARE = 0.18  # of the population
EXPANDING_SHARE = 0.07  # of launderers, at each date but the last
EXPANDING_SHARE_HONEST = 0.005
NO_TYPOLOGY = 255


@dataclass(frozen=True)
class PlantedPatterns:
    """The planted payments, and the typology and instance of each of the n actors (NO_TYPOLOGY and −1 for none)."""

    plan: Payments
    typology: np.ndarray  # uint8 (n,), index into TYPOLOGIES
    instance: np.ndarray  # int32 (n,)


def plant(actors: Actors, timeline: Timeline, partners: Partners, rng: np.random.Generator) -> PlantedPatterns:
    """Plant patterns over the whole timeline. A launderer is in at most one instance; look-alikes may overlap."""
    typology = np.full(len(actors), NO_TYPOLOGY, np.uint8)
    instance = np.full(len(actors), -1, np.int32)
    launderers = rng.permutation(actors.of_role(LAUNDERER))
    launderers = launderers[: round(len(launderers) * (1 - QUIET_SHARE))]
    honest = rng.permutation(actors.of_role(USER, MERCHANT, EMPLOYER, BROKER, DEPOSIT, WHALE))
    honest = honest[: round(len(actors) * LOOKALIKE_SHARE * max(1.0, timeline.windows))]
    parts, used = [], 0
    for pool, habits in ((launderers, LAUNDERING), (honest, LOOKALIKE)):
        cuts = np.rint(np.cumsum(SHARES)[:-1] / SHARES.sum() * len(pool)).astype(int)
        for code, members in enumerate(np.split(pool, cuts)):
            batch = _batch(TYPOLOGIES[code], members, habits, actors, timeline, rng)
            parts.append(_sleepers(batch, habits, timeline, partners, rng))
            parts += BUILDERS[TYPOLOGIES[code]](batch, Draw(batch, partners, rng))
            if habits is LAUNDERING:
                typology[batch.member] = code
                instance[batch.member] = batch.owner + used
                used += len(batch.size)
    mixers = actors.of_role(MIXER)
    typology[mixers] = TYPOLOGIES.index("mixer_use")
    parts += _expansions(actors, timeline, partners, rng)
    return PlantedPatterns(concat(parts), typology, instance)


def _batch(name: str, members: np.ndarray, habits: Habits, actors: Actors, timeline: Timeline, rng: np.random.Generator) -> Batch:
    low, high = SIZES[name]
    size = rng.integers(low, high + 1, 2 + 2 * len(members) // (low + high))
    size = size[np.cumsum(size) <= len(members)]
    if len(size) == 0:  # a network of a few dozen addresses still gets one instance
        size = np.array([len(members)])
    count, owner = len(size), np.repeat(np.arange(len(size)), size)
    members = members[: len(owner)]
    first = np.cumsum(size) - size
    span = habits.span_days * rng.lognormal(0, 0.7, count)
    start, members = _schedule(members, first, owner, span, actors, timeline, rng)
    return Batch(
        member=members, owner=owner, position=np.arange(len(owner)) - first[owner], size=size, start=start, span=span,
        delay=habits.delay_hours / 24 * rng.lognormal(0, 0.9, count),
        usd=habits.usd * rng.lognormal(0, 1.0, count),
        keep=np.minimum(rng.exponential(habits.keep, count), 0.6),
        below_limit=_probability(habits.below_limit, count, rng),
        rounded=_probability(habits.rounded, count, rng),
        clock=(rng.random(count) < habits.machine).astype(np.uint8),
        rounds=1 + rng.gamma(1.2, (habits.rounds - 1) / 1.2, count),
    )  # fmt: skip


def _schedule(
    members: np.ndarray, first: np.ndarray, owner: np.ndarray, span: np.ndarray, actors: Actors, timeline: Timeline,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Draw the start day of each instance, within the lifetime of its first member, and shift the other lifetimes to it."""
    hub = members[first]
    born, gone = np.maximum(actors.birth[hub], 0), np.minimum(actors.death[hub], timeline.days)
    start = born + 1 + np.maximum(gone - born - span - 1, 1) * rng.random(len(hub))
    shift = np.clip(start[owner] - rng.uniform(0, 12, len(members)) - actors.birth[members], None, None)
    transient = actors.death[members] <= timeline.days
    actors.birth[members] += np.where(transient, shift, 0).astype(np.float32)
    actors.death[members] += np.where(transient, shift, 0).astype(np.float32)
    return start, members


def _sleepers(batch: Batch, habits: Habits, timeline: Timeline, partners: Partners, rng: np.random.Generator) -> Payments:
    """Return small first payments to addresses long before their pattern begins."""
    share = SLEEPER_SHARE if habits is LAUNDERING else SLEEPER_SHARE_HONEST
    who = np.flatnonzero(rng.random(len(batch.member)) < share)
    ahead = timeline.window_days * rng.uniform(0.36, 0.62, len(who))
    source = partners.pick(len(who), (EXCHANGE, USER))
    day = batch.start[batch.owner[who]] - ahead
    return payments(source, batch.member[who], start=day, usd=rng.lognormal(np.log(25), 0.8, len(who)))


def _probability(mean: float, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw from a beta distribution with the given mean; most values are low or high, few in between."""
    return rng.beta(1.2 * mean, 1.2 * (1 - mean), count)


def _expansions(actors: Actors, timeline: Timeline, partners: Partners, rng: np.random.Generator) -> list[Payments]:
    """Return the payments of addresses that expand between two dates: many new counterparties, much more volume."""
    parts = []
    weight = np.where(actors.illicit, EXPANDING_SHARE, EXPANDING_SHARE_HONEST) * (actors.death > timeline.days)
    for day, following in zip(timeline.date_days[:-1], timeline.date_days[1:], strict=True):
        who = np.flatnonzero(rng.random(len(actors)) < weight)
        owner = np.repeat(who, 6 + rng.poisson(5, len(who)))
        receives = rng.random(len(owner)) < 0.5
        other = partners.pick(len(owner), (USER, MERCHANT, LAUNDERER, DEPOSIT))
        parts.append(
            payments(
                np.where(receives, other, owner), np.where(receives, owner, other),
                start=day + (following - day) * np.sqrt(rng.random(len(owner))), count=1 + rng.poisson(0.5, len(owner)),
                span=1.0, usd=1_200 * actors.wealth[owner], spread=0.8,
                clock=(rng.random(len(owner)) < 0.4).astype(np.uint8),
            )
        )  # fmt: skip
    return parts
