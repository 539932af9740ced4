"""Who lives in the simulated network: roles, lifetimes and habits of every address."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USER, MERCHANT, EMPLOYER, EXCHANGE, DEPOSIT, WHALE, CONTRACT, BROKER, LAUNDERER, MIXER = range(10)
ROLE_NAMES = (
    "user", "merchant", "employer", "exchange", "deposit", "whale", "contract", "broker", "launderer", "mixer",
)  # fmt: skip
ILLICIT_ROLES = (LAUNDERER, MIXER)

# Share of the population; users take what is left. Few hubs, so that their degree does not depend on the size of the
# network: an exchange serves some 1,500 addresses whether there are two thousand or two million.
ROLE_SHARES = {
    MERCHANT: 0.030, EMPLOYER: 0.004, EXCHANGE: 0.0007, DEPOSIT: 0.060, WHALE: 0.015, CONTRACT: 0.004, BROKER: 0.012,
    LAUNDERER: 0.150, MIXER: 0.0015,
}  # fmt: skip
STABLECOIN_BIAS = {LAUNDERER: 0.52, MIXER: 0.52}
ASSETS = ("NATIVE", "USDT", "USDC", "WETH")


@dataclass(frozen=True)
class Timeline:
    """Days are floats counted from ``origin`` (UTC midnight, seconds since the epoch)."""

    origin: int
    days: int
    window_days: int
    date_days: tuple[int, ...]  # each processing date, as a day of this timeline

    @property
    def windows(self) -> float:
        """Length of the timeline in windows: rates per window are multiplied by it."""
        return self.days / self.window_days


@dataclass(frozen=True)
class Actors:
    """One entry per address; the index is the rank of the address, so order says nothing about roles."""

    role: np.ndarray  # uint8 (n,)
    birth: np.ndarray  # float32 (n,), day from which the address may act
    death: np.ndarray  # float32 (n,), day after which it is silent
    wealth: np.ndarray  # float32 (n,), multiplies what it pays
    activity: np.ndarray  # float32 (n,), multiplies how many arrangements it enters
    home_hour: np.ndarray  # float32 (n,), centre of its day, UTC
    asset: np.ndarray  # uint8 (n,), favourite asset, index into ASSETS

    def __len__(self) -> int:
        return len(self.role)

    def of_role(self, *roles: int) -> np.ndarray:
        """Indices of the actors with one of ``roles``, ascending."""
        return np.flatnonzero(np.isin(self.role, roles))

    @property
    def illicit(self) -> np.ndarray:
        """Whether each actor launders, bool (n,)."""
        return np.isin(self.role, ILLICIT_ROLES)


def populate(count: int, timeline: Timeline, rng: np.random.Generator) -> Actors:
    """Draw ``count`` actors. Shares of roles are fixed, everything else is random."""
    sizes = {role: max(3, round(share * count)) for role, share in ROLE_SHARES.items()}
    role = np.full(count, USER, np.uint8)
    role[: sum(sizes.values())] = np.repeat(list(sizes), list(sizes.values()))
    role = rng.permutation(role)
    illicit = np.isin(role, ILLICIT_ROLES)
    birth, death = _lifetimes(role, timeline, rng)
    activity = rng.lognormal(np.where(illicit, -0.15, 0.0), 0.55)
    # Launderers work across time zones; most others live in the two the network is used in.
    home = np.where(rng.random(count) < np.where(illicit, 0.45, 0.12), rng.uniform(0, 24, count), rng.normal(14, 4, count))
    stable = np.where(illicit, STABLECOIN_BIAS[LAUNDERER], 0.38)
    asset = np.where(rng.random(count) < stable, rng.integers(1, 3, count), np.where(rng.random(count) < 0.75, 0, 3))
    return Actors(
        role=role,
        birth=birth,
        death=death,
        wealth=rng.lognormal(0.0, 0.9, count).astype(np.float32),
        activity=activity.astype(np.float32),
        home_hour=(home % 24).astype(np.float32),
        asset=asset.astype(np.uint8),
    )


def _lifetimes(role: np.ndarray, timeline: Timeline, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Most ordinary addresses outlive the timeline; launderers are used for some weeks and dropped."""
    count, days = len(role), float(timeline.days)
    permanent = rng.random(count) < np.select(
        [np.isin(role, (LAUNDERER,)), np.isin(role, (EXCHANGE, CONTRACT, EMPLOYER, MIXER))], [0.34, 1.0], 0.80
    )
    length = rng.lognormal(np.where(role == LAUNDERER, np.log(55), np.log(75)), 0.6)
    birth = rng.uniform(-0.7 * length, days - 2)
    birth = np.where(permanent, -1.0, birth)
    death = np.where(permanent, days + 1.0, birth + length)
    return birth.astype(np.float32), death.astype(np.float32)
