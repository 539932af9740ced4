"""95 % intervals of metrics: a Bayesian bootstrap over addresses that covers with few risky addresses and perfect scores, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

DRAWS = 500
LEVEL = (2.5, 97.5)  # percentiles of a 95 % interval
# Pseudo-addresses per class. Without one, an AUC of 0.99 is covered in 55 to 75 % of sets of 60 addresses; with 1/2, the
# difference of models of AUC 0.99 and 0.94 in 87 % of sets with 10 risky ones. benchmarks/coverage.py measures it.
PSEUDO_ADDRESSES = 0.75
CHUNK = 200_000  # weights held at a time

Measure = Callable[[np.ndarray], dict[str, np.ndarray]]


def with_intervals(
    measure_of: Callable[[np.ndarray, np.ndarray], Measure], y: np.ndarray, groups: np.ndarray, seed: int = 0
) -> dict[str, dict[str, float]]:
    """Return each metric on the rows of y, with its 95 % interval.

    The Bayesian bootstrap (Rubin 1981) over addresses: a draw gives each address a random weight, so that no draw lacks a class.
    Draws depend on y, groups and seed only: models evaluated with the same three have the same draws.

    To each class a draw adds a pseudo-address, whose label has nothing to do with its scores: a copy of a random address, of
    either class with equal probability, labelled as this class (a prior of the Dirichlet process: Ferguson 1973; Muliere and
    Secchi 1996). Its share of the class is Beta(PSEUDO_ADDRESSES, addresses of the class). It does for a metric what the score
    interval (Wilson 1927) does for a proportion: a model without a mistake has an interval, the wider the fewer the addresses.

    Args:
        measure_of: called with row numbers (m,) and their labels (m,), 0 or 1: for the values with the n rows, for the draws with
            the n rows and then again with the other label. It returns a function of weights (k, m), not negative, to metric →
            values (k,).
        y: (n,) 0 or 1, with both classes.
        groups: (n,) address of each row. Rows of one address share a weight, because they are not independent.
        seed: of the draws.

    Returns:
        Metric → {value, low, high}, low ≤ value ≤ high. low = high only if no address would change the metric, whatever its
        label: the AUC of a constant score, the difference of a model and its copy.

    Raises:
        ValueError: y lacks a class.
    """
    values, drawn = drawn_values(measure_of, y, groups, seed)
    result = {}
    for name, value in values.items():
        low, high = np.percentile(drawn[name], LEVEL)
        result[name] = {"value": value, "low": float(min(low, value)), "high": float(max(high, value))}
    return result


def simultaneous_intervals(values: dict[str, float], drawn: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Return each value with its simultaneous 95 % confidence interval: they hold all the true values at once.

    Each is the value plus or minus one multiple of its standard error: the 95 % quantile, over draws, of the largest standardised
    deviation (single-step maxT; Westfall and Young 1993, section 2.3). Of many ordinary 95 % intervals of differences between
    equal models, some miss 0 by chance.

    Args:
        values, drawn: as `drawn_values` returns them; the value with which all draws agree has an interval of width 0.
    """
    middle, of_draws = np.array(list(values.values())), np.array(list(drawn.values())).reshape(len(values), -1)
    error = of_draws.std(axis=1)
    varies = error > 0
    largest = (np.abs(of_draws[varies] - middle[varies, None]) / error[varies, None]).max(axis=0, initial=0)
    half = float(np.quantile(largest, (LEVEL[1] - LEVEL[0]) / 100)) * error if varies.any() else np.zeros(len(middle))
    return {
        name: {"value": value, "low": value - width, "high": value + width}
        for (name, value), width in zip(values.items(), half.tolist(), strict=True)
    }


def drawn_values(
    measure_of: Callable[[np.ndarray, np.ndarray], Measure], y: np.ndarray, groups: np.ndarray, seed: int = 0
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return each metric on the rows of y, and on each draw (DRAWS,); arguments as for `with_intervals`.

    Raises:
        ValueError: y lacks a class.
    """
    rows, positive = np.arange(len(y)), y >= 0.5
    if positive.all() or not positive.any():
        raise ValueError("intervals need rows of both classes")
    values = measure_of(rows, positive.astype(np.float64))(np.ones((1, len(y))))
    measure = measure_of(np.concatenate([rows, rows]), np.concatenate([positive, ~positive]).astype(np.float64))
    draws = [measure(weights) for weights in _draws(positive, groups, seed)]
    return (
        {name: float(value) for name, (value,) in values.items()},
        {name: np.concatenate([draw[name] for draw in draws]) for name in values},
    )


def _draws(positive: np.ndarray, groups: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    """Yield weights (k, 2n) of the rows and of the rows with the other label, DRAWS in all."""
    addresses, of_row = np.unique(groups, return_inverse=True)
    of_row = of_row.reshape(-1)
    classes = [np.bincount(of_row, weights=positive == label) for label in (False, True)]  # rows of each address
    effective = [rows.sum() ** 2 / (rows**2).sum() for rows in classes]  # Kish's number of addresses, which differ in rows
    is_risky = classes[1] > 0
    # A mean under Dirichlet(a, …, a) weights varies as that of n addresses should, n - 1 in the denominator, if na + 1 = n - 1.
    shape = np.where(is_risky, *(max(n - 2, 0.5) / n for n in reversed(effective)))
    generator = np.random.default_rng(seed)
    size = max(1, CHUNK // (2 * len(of_row)))
    for start in range(0, DRAWS, size):
        count = min(size, DRAWS - start)
        weights = np.zeros((count, 2, len(of_row)))
        weights[:, 0] = (generator.gamma(shape, size=(count, len(addresses))) / shape)[:, of_row]
        for label in (False, True):
            _add_pseudo_address(weights, positive == label, of_row, is_risky, effective[int(label)], generator)
        yield weights.reshape(count, -1)


def _add_pseudo_address(
    weights: np.ndarray,
    in_class: np.ndarray,
    of_row: np.ndarray,
    is_risky: np.ndarray,
    effective: float,
    generator: np.random.Generator,
) -> None:
    """Move a random share of each draw's weight of a class to a pseudo-address; the weight of the class stays as it is.

    Args:
        weights: (k, 2, n), changed in place: of the rows, and of the rows with the other label.
        in_class: (n,) whether the row is of the class.
        of_row: (n,) number of each row's address.
        is_risky: whether each address has a risky row.
        effective: the number of addresses of the class.
    """
    count = len(weights)
    moved = generator.beta(PSEUDO_ADDRESSES, effective, count)
    moved_weight = moved * weights[:, 0, in_class].sum(axis=1)
    weights[:, 0, in_class] *= 1 - moved[:, np.newaxis]
    pools = [np.flatnonzero(is_risky == label) for label in (False, True)]
    pools = [pool if pool.size else pools[1] for pool in pools]  # every address has a risky row
    sides, places = generator.integers(0, 2, count), generator.random(count)
    picked = np.where(sides, *(pool[(places * len(pool)).astype(int)] for pool in reversed(pools)))
    sizes, order = np.bincount(of_row), np.argsort(of_row, kind="stable")
    firsts, copied = (np.cumsum(sizes) - sizes)[picked], sizes[picked]
    draws = np.repeat(np.arange(count), copied)
    rows = order[np.repeat(firsts - np.cumsum(copied) + copied, copied) + np.arange(copied.sum())]
    weights[draws, np.where(in_class[rows], 0, 1), rows] += (moved_weight / copied)[draws]
