"""Raises alerts with noisy detectors that see the features, never the ground truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from .features import Columns
from .scores import INDICATORS

SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Detector:
    """Ranks addresses by ``evidence`` (z-scores) plus noise and alerts on the top ones, for a ``share`` of all alerts."""

    typology: str
    pattern: str
    suspect: str
    share: float
    evidence: Callable[[Columns], np.ndarray]
    volume: Callable[[Columns], np.ndarray]  # cents
    description: str


def _log(values: np.ndarray) -> np.ndarray:
    return np.log1p(np.maximum(values, 0))


def _z(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / max(float(values.std()), 1e-9)


def _received(c: Columns) -> np.ndarray:
    return c["total_in_cents"]


def _paid(c: Columns) -> np.ndarray:
    return c["total_out_cents"]


def _handled(c: Columns) -> np.ndarray:
    return c["total_in_cents"] + c["total_out_cents"]


def _passing(c: Columns) -> np.ndarray:
    volume = np.maximum(_handled(c), 1)
    return 1 - np.abs(_received(c) - _paid(c)) / volume


DETECTORS = (
    Detector("fan_in", "consolidation", "collector", 0.14,
             lambda c: _z(_log(c["degree_in"])) - 0.5 * _z(_log(c["degree_out"])) + 0.4 * _z(_log(_received(c))),
             _received, "Funds of many senders come together"),
    Detector("fan_out", "dispersion", "distributor", 0.14,
             lambda c: _z(_log(c["degree_out"])) - 0.5 * _z(_log(c["degree_in"])) + 0.4 * _z(_log(_paid(c))),
             _paid, "Funds are spread over many receivers"),
    Detector("cycle", "round_trip", "trader", 0.09,
             lambda c: 0.6 * _z(c["clustering_coefficient"]) + 0.6 * _z(c["reciprocity_ratio"]) + 0.5 * _z(_passing(c)),
             _handled, "Funds return to where they came from"),
    Detector("layering", "pass_through", "intermediary", 0.16,
             lambda c: _z(c["velocity_score"]) + 0.6 * _z(_passing(c)),
             _handled, "Funds leave soon after they arrive"),
    Detector("structuring", "smurfing", "structurer", 0.11,
             lambda c: _z(c["structuring_score"]) + 0.4 * _z(_log(c["tx_total_count"])),
             _paid, "Amounts stay just below a reporting limit"),
    Detector("mixer_use", "obfuscation", "mixer_user", 0.08,
             lambda c: _z(c["neighborhood_anomaly_score"]) + 0.8 * _z(c["amount_predictability"] + c["velocity_score"]),
             _handled, "Counterparties and amounts resemble a mixing service"),
    Detector("peel_chain", "peeling", "chain_hop", 0.08,
             lambda c: _z(_passing(c)) + 0.5 * _z(c["volume_cv"]) - 0.4 * _z(_log(c["degree_in"])),
             _paid, "A large sum moves on with a little less each time"),
    Detector("anomaly", "high_volume", "whale", 0.07,
             lambda c: _z(_log(_handled(c))) + 0.3 * _z(c["volume_cv"]),
             _handled, "Volume is unusual for this network"),
    Detector("anomaly", "sudden_onset", "new_account", 0.06,
             lambda c: 1.2 * c["is_new_address"] + 0.6 * _z(_log(_handled(c))),
             _handled, "A new address moves much at once"),
    Detector("anomaly", "reactivation", "dormant_account", 0.03,
             lambda c: 2.0 * c["is_dormant_reactivated"] + 0.4 * _z(c["burst_factor"]),
             _handled, "A silent address became active again"),
    Detector("anomaly", "burst", "unknown", 0.04,
             lambda c: _z(_log(c["burst_factor"])) + 0.3 * _z(c["behavioral_anomaly_score"]),
             _handled, "Activity is concentrated in a few hours"),
)  # fmt: skip


@dataclass(frozen=True)
class Alerts:
    """Raised alerts ordered by (who, detector). All arrays (a,)."""

    who: np.ndarray  # index of the active address
    detector: np.ndarray  # index into DETECTORS
    score: np.ndarray  # float64, in (0, 1)
    severity: np.ndarray  # index into SEVERITIES
    cents: np.ndarray
    indicators: np.ndarray  # bool (a, len(INDICATORS))

    def __len__(self) -> int:
        return len(self.who)

    def rows(self, part: slice) -> Alerts:
        """Return some of the alerts."""
        return Alerts(**{f.name: getattr(self, f.name)[part] for f in fields(self)})


class DetectorNoise:
    """Noise of every detector on every actor. Most of it is the same on all dates, so that alerts persist between dates."""

    def __init__(self, population: int, rng: np.random.Generator, noise: float = 1.1) -> None:
        self._persistent = rng.standard_normal((len(DETECTORS), population), dtype=np.float32) * np.float32(noise)

    def of(self, detector: int, actors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the noise of one detector on ``actors`` (k,), float32 (k,); a small part of it is drawn per call."""
        return self._persistent[detector, actors] + 0.3 * rng.standard_normal(len(actors), dtype=np.float32)


def raise_alerts(columns: Columns, actors: np.ndarray, count: int, noise: DetectorNoise, rng: np.random.Generator) -> Alerts:
    """Raise exactly ``count`` alerts, at most one per (address, detector); ``actors`` (n,) are the active ones."""
    parts = []
    for row, quota in enumerate(_quotas(count, len(actors))):
        detector = DETECTORS[row]
        strength = detector.evidence(columns) + noise.of(row, actors, rng)
        first = np.argpartition(-strength, quota - 1)[:quota] if quota else np.empty(0, np.int64)
        parts.append((first, np.full(len(first), row), strength[first], detector.volume(columns)[first]))
    who, number, strength, cents = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((number, who))
    who, number, strength, cents = who[order], number[order], strength[order], cents[order]
    score = 1 / (1 + np.exp(-(0.55 * strength - 0.8 + 0.5 * rng.standard_normal(len(who)))))
    return Alerts(
        who=who,
        detector=number,
        score=np.clip(score, 0.01, 0.99),
        severity=_severity(score, cents, rng),
        cents=cents,
        indicators=np.stack([test(columns)[who] for _, test in INDICATORS], axis=1),
    )


def _quotas(count: int, limit: int) -> list[int]:
    """Return the number of alerts of each detector: its share of ``count``, rounded by largest remainder.

    Raises:
        ValueError: a detector would need more than ``limit`` addresses.
    """
    exact = np.array([d.share for d in DETECTORS]) * count / sum(d.share for d in DETECTORS)
    quotas = np.floor(exact).astype(int)
    quotas[np.argsort(quotas - exact, kind="stable")[: count - quotas.sum()]] += 1
    if quotas.max() > limit:
        raise ValueError(f"{count} alerts need more than the {limit} active addresses")
    return quotas.tolist()


def _severity(score: np.ndarray, cents: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the severity (a,) from score and volume, with much noise: it is a first impression, not the truth."""
    size = np.log10(np.maximum(cents, 1)) - 5  # 0 at 1,000 USD
    value = 1.2 * (score - 0.5) + 0.25 * size + 0.7 * rng.standard_normal(len(score))
    return np.digitize(value, [-0.45, 0.55, 1.25])
