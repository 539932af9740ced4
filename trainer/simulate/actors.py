"""The actors of the simulated network: role, lifetime and habits of every address."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USER, MERCHANT, EMPLOYER, EXCHANGE, DEPOSIT, WHALE, CONTRACT, BROKER, LAUNDERER, MIXER = range(10)
ROLE_NAMES = (
    "user", "merchant", "employer", "exchange", "deposit", "whale", "contract", "broker", "launderer", "mixer",
)  # fmt: skip
ILLICIT_ROLES = (LAUNDERER, MIXER)

# Shares of the population; users are the rest. The number of hubs grows with the network, so that their degree does not:
# an exchange serves some 1,500 addresses whether there are two thousand or two million.
ROLE_SHARES = {
    MERCHANT: 0.030, EMPLOYER: 0.004, EXCHANGE: 0.0007, DEPOSIT: 0.060, WHALE: 0.015, CONTRACT: 0.004, BROKER: 0.012,
    LAUNDERER: 0.150, MIXER: 0.0015,
}  # fmt: skip
STABLECOIN_BIAS = {LAUNDERER: 0.52, MIXER: 0.52}
ASSETS = ("NATIVE", "USDT", "USDC", "WETH")


@dataclass(frozen=True)
class Timeline:
    """The simulated time span. Days are floats counted from ``origin`` (UTC midnight, in seconds since the epoch)."""

    origin: int
    days: int
    window_days: int
    date_days: tuple[int, ...]  # each processing date, as a day of this timeline

    @property
    def windows(self) -> float:
        """Length of the timeline in windows, the factor for rates per window."""
        return self.days / self.window_days


@dataclass(frozen=True)
class Actors:
    """One entry per address, ordered by address, so that the order carries no information about roles."""

    role: np.ndarray  # uint8 (n,)
    birth: np.ndarray  # float32 (n,), day from which the address may act
    death: np.ndarray  # float32 (n,), day after which it is inactive
    wealth: np.ndarray  # float32 (n,), factor on the amounts it pays
    activity: np.ndarray  # float32 (n,), factor on the number of its payment arrangements
    home_hour: np.ndarray  # float32 (n,), centre of its active hours, UTC
    asset: np.ndarray  # uint8 (n,), favourite asset, index into ASSETS

    def __len__(self) -> int:
        return len(self.role)

    def of_role(self, *roles: int) -> np.ndarray:
        """Return the indices of the actors with one of ``roles``, int64 (k,), ascending."""
        return np.flatnonzero(np.isin(self.role, roles))

    @property
    def illicit(self) -> np.ndarray:
        """Whether each actor launders, bool (n,)."""
        return np.isin(self.role, ILLICIT_ROLES)


def populate(count: int, timeline: Timeline, rng: np.random.Generator) -> Actors:
    """Draw ``count`` actors. The shares of the roles are fixed, everything else is random."""
    sizes = {role: max(3, round(share * count)) for role, share in ROLE_SHARES.items()}
    role = np.full(count, USER, np.uint8)
    role[: sum(sizes.values())] = np.repeat(list(sizes), list(sizes.values()))
    role = rng.permutation(role)
    illicit = np.isin(role, ILLICIT_ROLES)
    birth, death = _lifetimes(role, timeline, rng)
    activity = rng.lognormal(np.where(illicit, -0.15, 0.0), 0.55)
    # Launderers are active across time zones; most others are in the two time zones where the network is used.
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
    """Draw birth and death days (n,). Most ordinary addresses outlive the timeline; launderers are used for some weeks."""
    count, days = len(role), float(timeline.days)
    permanent = rng.random(count) < np.select(
        [np.isin(role, (LAUNDERER,)), np.isin(role, (EXCHANGE, CONTRACT, EMPLOYER, MIXER))], [0.34, 1.0], 0.80
    )
    length = rng.lognormal(np.where(role == LAUNDERER, np.log(55), np.log(75)), 0.6)
    birth = rng.uniform(-0.7 * length, days - 2)
    birth = np.where(permanent, -1.0, birth)
    death = np.where(permanent, days + 1.0, birth + length)
    return birth.astype(np.float32), death.astype(np.float32)
