"""Computes scores and flags from the other features of a snapshot; none of them uses the ground truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .features import Columns
from .flows import Flows
from .transfers import DAY_SECONDS

_BEHAVIOUR = (
    "velocity_score",
    "burst_factor",
    "night_transaction_ratio",
    "volume_cv",
    "structuring_score",
    "flow_burstiness",
)
_GRAPH = ("degree_in", "degree_out", "pagerank", "kcore")
INDICATORS: tuple[tuple[str, Callable[[Columns], np.ndarray]], ...] = (
    ("rapid_pass_through", lambda c: c["velocity_score"] > 0.5),
    ("below_reporting_limit", lambda c: c["structuring_score"] > 0.3),
    ("night_activity", lambda c: c["night_transaction_ratio"] > 0.5),
    ("burst_activity", lambda c: c["burst_factor"] > 3),
    ("new_address", lambda c: c["is_new_address"]),
    ("dormant_reactivated", lambda c: c["is_dormant_reactivated"]),
    ("many_counterparties", lambda c: c["degree_total"] >= 15),
    ("large_transfer", lambda c: c["max_tx_cents"] >= 1_000_000),
)


def add_scores(columns: Columns, flows: Flows, index: np.ndarray, now: int, window_days: int) -> None:
    """Add anomaly scores, data-quality scores and flags; ``now`` is the end of the window in seconds since the epoch."""
    c = columns
    c["behavioral_anomaly_score"] = _unusual([_z(c[name]) for name in _BEHAVIOUR])
    c["graph_anomaly_score"] = _unusual([_z(np.log(c[name] + (1e-9 if name == "pagerank" else 1.0))) for name in _GRAPH])
    c["neighborhood_anomaly_score"] = _neighbours(c["behavioral_anomaly_score"], flows, index)
    scores = [c["behavioral_anomaly_score"], c["graph_anomaly_score"], c["neighborhood_anomaly_score"]]
    c["global_anomaly_score"] = np.mean(scores, axis=0)
    c["outlier_score"] = np.max(scores[:2], axis=0)
    volume = c["total_in_cents"] + c["total_out_cents"]
    passing = 1 - np.abs(c["total_in_cents"] - c["total_out_cents"]) / np.maximum(volume, 1)
    c["confidence_score"] = 1 - 1 / (1 + np.sqrt(c["tx_total_count"]))
    sides = (c["tx_in_count"] > 0).astype(float) + (c["tx_out_count"] > 0) + (c["tx_total_count"] > 2)
    c["completeness_score"] = sides / 3  # in-side, out-side and gap statistics are defined
    c["quality_score"] = (c["completeness_score"] + c["confidence_score"]) / 2
    _flags(c, volume / 100, passing, now, window_days)
    c["suspicious_pattern_score"] = np.mean([test(c) for _, test in INDICATORS], axis=0)


def _flags(c: Columns, usd: np.ndarray, passing: np.ndarray, now: int, window_days: int) -> None:
    """Add the flags. Thresholds on behaviour are absolute, thresholds on size are quantiles of the snapshot."""
    large, huge = np.quantile(usd, [0.95, 0.985])
    degree, tx = c["degree_total"], c["tx_total_count"]
    since_first = (now - c["first_activity_timestamp"]) / DAY_SECONDS
    since_last = (now - c["last_activity_timestamp"]) / DAY_SECONDS
    quiet = since_last > window_days / 3
    c["is_exchange_like"] = (c["degree_in"] >= 40) & (c["degree_out"] >= 40)
    c["is_contract_like"] = (c["hourly_entropy"] > 0.9) & (tx >= 60)
    c["is_whale"] = usd >= huge
    fewer, more = np.minimum(c["degree_in"], c["degree_out"]), np.maximum(c["degree_in"], c["degree_out"])
    balanced = (passing > 0.6) & (fewer >= 3) & (fewer >= 0.33 * more)
    service = c["is_exchange_like"] | c["is_contract_like"]
    c["is_mixer_like"] = balanced & ~service & (c["velocity_score"] > 0.45)
    c["is_new_address"] = since_first <= window_days / 3
    woke = (c["longest_gap_days"] >= window_days / 3) & (c["resumed_days"] <= window_days / 6)
    c["is_dormant_reactivated"] = woke & (c["resumed_count"] >= 4) & (c["resumed_share"] >= 0.9)
    c["is_high_volume_trader"] = (usd >= large) & (tx >= 20)
    c["is_hub_address"] = degree >= 25
    c["is_retail_active"] = (usd < large) & (tx >= 10) & ~quiet
    c["is_whale_inactive"] = c["is_whale"] & quiet
    c["is_retail_inactive"] = (usd < large) & quiet
    c["is_regular_user"] = (c["activity_days"] >= 8) & (c["activity_span_days"] >= window_days / 2) & (degree >= 5)


def _z(values: np.ndarray) -> np.ndarray:
    """Return the distance above the snapshot's median in standard deviations, 0 below it; (n,)."""
    return np.maximum((values - np.median(values)) / max(float(values.std()), 1e-9), 0.0)


def _unusual(parts: list[np.ndarray]) -> np.ndarray:
    """Return the root mean square of z-scores (n,), mapped to [0, 1): an RMS of 1 gives 0.5."""
    size = np.sqrt(np.mean([np.minimum(p, 6.0) ** 2 for p in parts], axis=0))
    return 1 - np.exp(-0.7 * size)


def _neighbours(score: np.ndarray, flows: Flows, index: np.ndarray) -> np.ndarray:
    """Return the mean score of the counterparties in both directions, (n,)."""
    src, dst, size = index[flows.src], index[flows.dst], len(score)
    total = np.bincount(src, score[dst], size) + np.bincount(dst, score[src], size)
    return total / (np.bincount(src, minlength=size) + np.bincount(dst, minlength=size))
