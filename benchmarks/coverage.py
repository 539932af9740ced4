"""Measures how often the 95 % intervals of metrics, and of differences of two models, hold the true value.

python benchmarks/coverage.py [--sets 400]

Sets of 60 rows or 60 addresses are drawn from a binormal model, whose true AUC is known. The scores of the models of a set are
correlated (0.8); rows of one address share half of the variance of their scores. Each set is evaluated as `trainer fit` does it,
and by the percentile bootstrap over addresses for comparison. Exits with 1 if the coverage of an AUC or of a difference is below
90 %, or above 99 % where the AUC is below 0.95: with nearly perfect models an interval that holds the value and has a width
covers more, above all a difference of exactly 0.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import typer
from scipy.special import expit, logit
from scipy.stats import norm

from trainer.evaluation.intervals import LEVEL
from trainer.evaluation.metrics import evaluate, paired_differences, weighted_metrics

AUCS, DIFFERENCES = (0.6, 0.8, 0.95, 0.99), (0.0, 0.05)
OF_MODELS, OF_ADDRESS = 0.8, 0.5  # shares of the variance of scores
LOWEST, HIGHEST, NEARLY_PERFECT = 0.90, 0.99, 0.95
OLD_ROUNDS, GRID = 200, 20_000
METRICS = ("auc", "average_precision", "brier", "log_loss")


@dataclass(frozen=True)
class Setting:
    """What sets are drawn from: the numbers of risky and benign addresses, the rows of an address, the AUC of the first model."""

    risky: int
    benign: int
    rows: tuple[int, int]
    auc: float

    def name(self) -> str:
        """Return the columns of the table that tell the setting."""
        rows = "–".join(map(str, dict.fromkeys(self.rows)))
        return f"{self.risky} / {self.benign} | {rows} | {self.auc}"


SIZES = [(30, 30), (10, 50), (5, 55)]
SETTINGS = [
    *(Setting(risky, benign, (1, 1), auc) for (risky, benign), auc in product(SIZES, AUCS)),
    *(Setting(risky, benign, (1, 5), auc) for (risky, benign), auc in product(SIZES, AUCS)),
    *(Setting(risky // 2, benign // 2, (2, 2), auc) for (risky, benign), auc in product(SIZES[:2], AUCS)),  # 60 rows
]


def main(sets: int = 400, seed: int = 0, workers: int = 2) -> None:
    """Print the coverage and the median width of intervals in each setting."""
    print("| risky / benign addresses | rows of each | AUC | perfect | bootstrap, AUC | AUC | equal − this | worse − this |")
    print("|" + "---|" * 8)
    outside, measured = [], []
    with ProcessPoolExecutor(workers) as pool:
        for setting, columns in zip(
            SETTINGS, pool.map(partial(_measure, sets=sets, seed=seed), range(len(SETTINGS))), strict=True
        ):
            shown = [columns[name] for name in ("old auc", "auc", *map(str, DIFFERENCES))]
            cells = " | ".join(f"{covered:.1%} ({width:.3f})" for covered, width in shown)
            print(f"| {setting.name()} | {columns['perfect'][0]:.0%} | {cells} |", flush=True)
            measured.append(columns)
            highest = HIGHEST if setting.auc < NEARLY_PERFECT else 1.0
            outside += [f"{setting.name()}: {covered:.1%}" for covered, _ in shown[1:] if not LOWEST <= covered <= highest]
    print("\n| metric | bootstrap: lowest, mean | lowest, mean |\n|---|---|---|")
    for metric in METRICS:
        coverages = [np.array([columns[name][0] for columns in measured]) for name in (f"old {metric}", metric)]
        print(f"| `{metric}` | " + " | ".join(f"{of.min():.1%}, {of.mean():.1%}" for of in coverages) + " |")
    if outside:
        raise SystemExit("coverage outside 90-99 %:\n" + "\n".join(outside))


def _measure(number: int, sets: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return the coverage and the median width of each interval in a setting."""
    found = [_of_set(SETTINGS[number], np.random.default_rng([seed, number, one])) for one in range(sets)]
    return {name: _coverage([one[name] for one in found]) for name in found[0]}


def _coverage(intervals: list[tuple[float, float, float]]) -> tuple[float, float]:
    """Return the share of (low, high, truth) that hold the truth, and the median width."""
    low, high, truth = np.array(intervals).T
    return float(np.mean((low <= truth) & (truth <= high))), float(np.median(high - low))


def _of_set(setting: Setting, generator: np.random.Generator) -> dict[str, tuple[float, float, float]]:
    """Return the intervals of a random set with the true values: of each metric of the first model, of each difference of AUC."""
    y, groups, probas = _draw(setting, generator)
    first, truth = probas[0], _truth(setting.auc, setting.risky / (setting.risky + setting.benign))
    seed = int(generator.integers(2**31))
    found = evaluate(y, first, groups, seed)
    result = {name: (found[name]["low"], found[name]["high"], truth[name]) for name in METRICS}
    for name, (low, high) in _old(y, first, groups, generator).items():
        result[f"old {name}"] = (low, high, truth[name])
    others = {str(of): proba for of, proba in zip(DIFFERENCES, probas[1:], strict=True)}
    for name, by_metric in paired_differences(y, others, first, groups, seed).items():
        result[name] = (by_metric["auc"]["low"], by_metric["auc"]["high"], -float(name))
    return result | {"perfect": (1.0, 1.0, found["auc"]["value"])}  # "covered" if the value is 1


def _draw(setting: Setting, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return y (n,), addresses (n,) and P(risky) (n,) of the first model, of its equal and of the worse one."""
    risky = np.repeat([1.0, 0.0], [setting.risky, setting.benign])
    groups = np.repeat(np.arange(len(risky)), generator.integers(setting.rows[0], setting.rows[1] + 1, len(risky)))
    y, prevalence = risky[groups], setting.risky / len(risky)
    own = OF_ADDRESS if setting.rows[1] > 1 else 0.0

    def noise() -> np.ndarray:
        of_address, of_row = generator.normal(size=len(risky)), generator.normal(size=len(y))
        return np.sqrt(own) * of_address[groups] + np.sqrt(1 - own) * of_row

    shared, probas = noise(), []
    for auc in (setting.auc, *(setting.auc - of for of in DIFFERENCES)):
        score = _shift(auc) * y + np.sqrt(OF_MODELS) * shared + np.sqrt(1 - OF_MODELS) * noise()
        probas.append(_probability(score, auc, prevalence))
    return y, groups, probas


def _shift(auc: float) -> float:
    """Return the mean of risky scores; all have variance 1, and benign ones mean 0."""
    return float(np.sqrt(2) * norm.ppf(auc))


def _probability(score: np.ndarray, auc: float, prevalence: float) -> np.ndarray:
    probability: np.ndarray = expit(logit(prevalence) + _shift(auc) * score - _shift(auc) ** 2 / 2)
    return probability


def _truth(auc: float, prevalence: float) -> dict[str, float]:
    """Return the metrics of a population: of a grid of quantiles of each class; the AUC in closed form."""
    y, quantiles = np.repeat([1.0, 0.0], GRID), norm.ppf((np.arange(GRID) + 0.5) / GRID)
    proba = _probability(np.concatenate([quantiles + _shift(auc), quantiles]), auc, prevalence)
    found = weighted_metrics(y, proba)(np.where(y > 0, prevalence, 1 - prevalence)[np.newaxis])
    return {name: float(value) for name, (value,) in found.items()} | {"auc": auc}


def _old(y: np.ndarray, proba: np.ndarray, groups: np.ndarray, generator: np.random.Generator) -> dict[str, tuple[float, float]]:
    """Return the percentile bootstrap over addresses (Field and Welsh 2007), without samples that lack a class."""
    addresses = int(groups.max()) + 1
    weights = generator.multinomial(addresses, np.full(addresses, 1 / addresses), OLD_ROUNDS)[:, groups].astype(np.float64)
    weights = weights[(weights @ y > 0) & (weights @ (1 - y) > 0)]
    return {name: tuple(np.percentile(values, LEVEL)) for name, values in weighted_metrics(y, proba)(weights).items()}


if __name__ == "__main__":
    typer.run(main)
