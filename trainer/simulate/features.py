"""Address features of one snapshot, all computed from its transfers.

A feature table here is a dict of numpy columns (n,) over the n active addresses, in address order; USD sums are integer cents
(suffix ``_cents``). Columns of ``raw_features`` that are too expensive to compute exactly are left out, not zero-filled:
``betweenness, closeness, centrality_score, community_id, khop2_*, khop3_*, khop1_volume_usd``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .actors import ASSETS
from .flows import Flows, reciprocity
from .transfers import DAY_SECONDS, LIMITS_USD, Transfers

Columns = dict[str, np.ndarray]
HOUR_SECONDS = 3_600
STABLE_SECONDS = 7 * DAY_SECONDS  # a counterparty is stable when payments to or from it are a week apart
SMALL_USD = 100.0
PASS_THROUGH_SECONDS = DAY_SECONDS
_BLOCK = 1 << 15  # addresses whose transfers are looked at together; bounds memory, and most of it fits a processor's cache


@dataclass(frozen=True)
class Events:
    """The transfers to and from a block of n addresses, one event per end, ordered by (address, time).

    Arrays are (m,) over the events; ``who`` counts addresses from the first one of the block.
    """

    who: np.ndarray
    seconds: np.ndarray
    cents: np.ndarray
    outgoing: np.ndarray
    asset: np.ndarray
    first: np.ndarray  # (n,) first event of each address
    count: np.ndarray  # (n,)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over each address's events of ``values`` (m,), float (n,)."""
        return self.total(values) / self.count

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over each address's events of ``values`` (m,), float (n,)."""
        return np.bincount(self.who, values, len(self.count))


def active_addresses(flows: Flows, population: int) -> np.ndarray:
    """Return the actors with a transfer in the window, int64 (n,), ascending."""
    is_active = np.zeros(population, bool)
    is_active[flows.src] = is_active[flows.dst] = True
    return np.flatnonzero(is_active)


def event_features(transfers: Transfers, index: np.ndarray, active: int) -> Columns:
    """Return the features of amounts, times and assets of all ``active`` addresses; ``index`` maps actors to them."""
    logs = _log_usd(transfers.cents)
    unusual = logs.mean(), 3 * logs.std()  # every transfer has two ends, so these are also the moments over the events
    del logs
    parts = []
    for e in events(transfers, index, active):
        size = len(e.count)
        parts.append(amount_features(e, size, *unusual) | time_features(e, size) | asset_features(e, size))
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}


def events(transfers: Transfers, index: np.ndarray, active: int) -> Iterator[Events]:
    """Yield the events of one block of the ``active`` addresses after the other."""
    sender, receiver = index[transfers.src], index[transfers.dst]
    blocks = -(-active // _BLOCK)
    bounds = np.minimum(np.arange(blocks + 1) * _BLOCK, active)
    sent = np.searchsorted(sender, bounds)  # transfers are in the order of their senders
    by_block = np.argsort((receiver // _BLOCK).astype(np.uint16 if blocks <= 1 << 16 else np.int64), kind="stable")
    received = np.append(0, np.cumsum(np.bincount(receiver // _BLOCK, minlength=blocks)))
    for number in range(blocks):
        out = np.arange(sent[number], sent[number + 1])
        into = by_block[received[number] : received[number + 1]]
        who = np.concatenate([sender[out], receiver[into]]) - bounds[number]
        yield _events(transfers, np.concatenate([out, into]), who, len(out), int(bounds[number + 1] - bounds[number]))


def _events(t: Transfers, row: np.ndarray, who: np.ndarray, sent: int, size: int) -> Events:
    """Return the events of ``size`` addresses: the transfers ``row``, of which the first ``sent`` are the outgoing ones."""
    seconds = t.seconds[row]
    # Ties (both ends of a payment within one second) keep the order of the transfers, the outgoing ones first.
    order = np.argsort((who.astype(np.int64) << 33) | (seconds - seconds.min()), kind="stable")
    row, count = row[order], np.bincount(who, minlength=size)
    return Events(
        who=who[order], seconds=seconds[order], cents=t.cents[row], outgoing=order < sent, asset=t.asset[row],
        first=np.cumsum(count) - count, count=count,
    )  # fmt: skip


def flow_features(flows: Flows, index: np.ndarray, active: int) -> Columns:
    """Return degrees, volumes, and their distribution over counterparties."""
    src, dst = index[flows.src], index[flows.dst]
    ends = np.concatenate([src, dst])
    usd = np.tile(flows.cents / 100, 2)
    total = np.bincount(ends, usd, active)
    mutual = np.bincount(src, flows.reverse >= 0, active).astype(np.int64)
    degree_in, degree_out = np.bincount(dst, minlength=active), np.bincount(src, minlength=active)
    share = usd / np.maximum(total[ends], 0.01)
    edges = degree_in + degree_out
    entropy = -np.bincount(ends, share * np.log(np.maximum(share, 1e-12)), active)
    largest = np.zeros(active)
    np.maximum.at(largest, ends, share)
    back = np.bincount(src, np.where(flows.reverse >= 0, reciprocity(flows) * flows.cents / 100, 0), active)
    lasting = np.tile(flows.last_seconds - flows.first_seconds >= STABLE_SECONDS, 2)
    times = np.tile(flows.count, 2)
    payments_made = np.bincount(ends, times, active)
    toward = np.bincount(src, flows.cents, active) / np.maximum(np.bincount(ends, np.tile(flows.cents, 2), active), 1)
    return {
        "degree_in": degree_in,
        "degree_out": degree_out,
        "degree_total": edges - mutual,
        "unique_counterparties": edges - mutual,
        "unique_recipients_count": degree_out,
        "unique_senders_count": degree_in,
        "khop1_count": edges - mutual,
        "total_in_cents": np.bincount(dst, flows.cents, active).astype(np.int64),
        "total_out_cents": np.bincount(src, flows.cents, active).astype(np.int64),
        "flow_concentration": np.bincount(ends, share**2, active),
        "concentration_ratio": largest,
        "flow_diversity": entropy / np.log(np.maximum(edges, 2)),
        "counterparty_concentration": np.bincount(ends, (times / payments_made[ends]) ** 2, active),
        "reciprocity_ratio": 2 * back / np.maximum(total, 0.01),
        "flow_reciprocity_entropy": _binary_entropy(toward),
        "counterparty_stability": np.bincount(ends, lasting, active) / edges,
    }


def _log_usd(cents: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(cents / 100, 0.01))


def amount_features(e: Events, active: int, usual: float, far: float) -> Columns:
    """Return counts, moments and quantiles of the amounts; the moments are population moments over all transfers.

    Amounts whose logarithm is more than ``far`` away from ``usual`` are outliers.
    """
    usd = e.cents / 100
    mean = e.mean(usd)
    gap = usd - mean[e.who]
    variance = e.mean(gap**2)
    std = np.sqrt(variance)
    safe = np.maximum(std, 0.005)
    below = np.zeros(len(usd), bool)
    for limit in LIMITS_USD:
        below |= (usd >= 0.8 * limit) & (usd < limit)
    columns = {
        "tx_total_count": e.count,
        "amount_variance": variance,
        "amount_skewness": e.mean(gap**3) / safe**3,
        "amount_kurtosis": np.where(std > 0.005, e.mean(gap**4) / safe**4 - 3, 0.0),
        "volume_std": std,
        "volume_cv": std / mean,
        "amount_predictability": 1 / (1 + std / mean),
        "structuring_score": e.mean(below),
        "small_transaction_ratio": e.mean(usd < SMALL_USD),
        "outlier_transactions": e.total(np.abs(_log_usd(e.cents) - usual) > far).astype(np.int64),
    }
    columns |= _quantiles(e, e.outgoing, "out", active) | _quantiles(e, ~e.outgoing, "in", active)
    columns["max_tx_cents"] = np.maximum.reduceat(e.cents, e.first)
    columns["min_tx_cents"] = np.minimum.reduceat(e.cents, e.first)
    return columns


def _quantiles(e: Events, side: np.ndarray, name: str, active: int) -> Columns:
    who, cents = e.who[side], e.cents[side]
    count = np.bincount(who, minlength=active)
    # One sort orders the amounts of all addresses: 42 bits for up to 40 billion USD, 21 bits for two million addresses.
    amounts = np.sort((who.astype(np.int64) << 42) | cents) & ((1 << 42) - 1)
    first = np.cumsum(count) - count
    has = count > 0
    low = np.where(has, first + (count - 1) // 2, 0)
    high = np.where(has, first + count // 2, 0)
    total = np.bincount(who, cents, active)
    return {
        f"tx_{name}_count": count,
        f"avg_tx_{name}_cents": np.where(has, np.rint(total / np.maximum(count, 1)), 0).astype(np.int64),
        f"median_tx_{name}_cents": np.where(has, (amounts[low] + amounts[high]) // 2, 0),
    }


def time_features(e: Events, active: int) -> Columns:
    """Return features of the time of activity: gaps, bursts, hours and weekdays."""
    last = e.first + e.count - 1
    day = e.seconds // DAY_SECONDS
    starts = np.zeros(len(day), bool)
    starts[e.first] = True
    new_day = starts.copy()
    new_day[1:] |= day[1:] != day[:-1]
    days = e.total(new_day).astype(np.int64)
    span = day[last] - day[e.first] + 1
    run = np.flatnonzero(new_day)
    busiest = np.zeros(active)
    np.maximum.at(busiest, e.who[run], np.diff(np.append(run, len(day))))
    columns = {
        "activity_days": days,
        "activity_span_days": span,
        "burst_factor": busiest * days / e.count,
        "consistency_score": days / span,
        "first_activity_timestamp": e.seconds[e.first],
        "last_activity_timestamp": e.seconds[last],
    }
    columns |= _gap_features(e, starts, active)
    columns |= _clock_features(e, active)
    return columns


def _gap_features(e: Events, starts: np.ndarray, active: int) -> Columns:
    gap = np.diff(e.seconds, prepend=e.seconds[:1]).astype(np.float64)
    gap[starts] = 0.0
    pairs = np.maximum(e.count - 1, 1)
    mean = e.total(gap) / pairs
    deviation = np.where(starts, 0.0, gap - mean[e.who])
    std = np.sqrt(e.total(deviation**2) / pairs)
    cv = std / np.maximum(mean, 1.0)
    longest = np.maximum.reduceat(gap, e.first)
    # Time from the latest incoming transfer to each outgoing one: short holding times, up to about a day, mean high velocity.
    place = np.arange(len(gap))
    latest = np.maximum.accumulate(np.where(e.outgoing, 0, place))
    received = e.outgoing & (latest >= e.first[e.who]) & ~e.outgoing[latest]
    held = e.seconds - e.seconds[latest]
    speed = np.where(received, np.exp(-held / PASS_THROUGH_SECONDS), 0.0)
    out = e.total(np.where(e.outgoing, e.cents, 0))
    resumes = np.full(active, len(gap))  # the event that ends the longest gap
    longest_here = np.flatnonzero(gap == longest[e.who])
    np.minimum.at(resumes, e.who[longest_here], longest_here)
    last = e.first + e.count - 1
    so_far = np.append(0, np.cumsum(e.cents))
    woken = so_far[last + 1] - so_far[np.minimum(resumes, last)]
    return {
        "velocity_score": e.total(speed * e.cents) / np.maximum(out, 1),
        "regularity_score": 1 / (1 + cv),
        "flow_burstiness": np.where(e.count > 2, (std - mean) / np.maximum(std + mean, 1.0), 0.0),
        "longest_gap_days": longest / DAY_SECONDS,
        "resumed_count": last - resumes + 1,
        "resumed_share": woken / (so_far[last + 1] - so_far[e.first]),
        "resumed_days": (e.seconds[last] - e.seconds[resumes]) / DAY_SECONDS,
    }


def _clock_features(e: Events, active: int) -> Columns:
    hour = (e.seconds // HOUR_SECONDS % 24).astype(np.int64)
    weekday = (e.seconds // DAY_SECONDS + 3) % 7  # 0 is Monday; 1 January 1970 was a Thursday
    by_hour = np.bincount(e.who * 24 + hour, minlength=active * 24).astype(np.int32).reshape(active, 24)
    by_day = np.bincount(e.who * 7 + weekday, minlength=active * 7).astype(np.int32).reshape(active, 7)
    hour_usd = np.bincount(e.who * 24 + hour, e.cents, active * 24).reshape(active, 24).argmax(1)
    day_usd = np.bincount(e.who * 7 + weekday, e.cents, active * 7).reshape(active, 7).argmax(1)
    return {
        "hourly_activity": by_hour,
        "daily_activity": by_day,
        "peak_hour": hour_usd,
        "peak_day": day_usd,
        "peak_activity_hour": by_hour.argmax(1),
        "peak_activity_day": by_day.argmax(1),
        "hourly_entropy": _entropy(by_hour),
        "daily_entropy": _entropy(by_day),
        "weekend_transaction_ratio": by_day[:, 5:].sum(1) / e.count,
        "night_transaction_ratio": by_hour[:, :6].sum(1) / e.count,
        "transaction_regularity": 1 - _entropy(by_hour),
    }


def asset_features(e: Events, active: int) -> Columns:
    """Return the number, dominance and diversity of assets received and paid, by USD."""
    columns: Columns = {}
    both = np.zeros((active, len(ASSETS)))
    for name, side in (("in", ~e.outgoing), ("out", e.outgoing)):
        key = e.who[side] * len(ASSETS) + e.asset[side]
        usd = np.bincount(key, e.cents[side], active * len(ASSETS)).reshape(active, -1)
        columns[f"unique_assets_{name}"] = (usd > 0).sum(1)
        # Index into ASSETS, or one past the end if there were no transfers in that direction.
        columns[f"dominant_asset_{name}"] = np.where(usd.any(1), usd.argmax(1), len(ASSETS))
        both += usd
    columns["asset_diversity_score"] = _entropy(both)
    return columns


def _entropy(counts: np.ndarray) -> np.ndarray:
    """Return the Shannon entropy of each row of counts (n, k), divided by log k: (n,) in [0, 1]."""
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(1) / np.log(counts.shape[1])


def _binary_entropy(p: np.ndarray) -> np.ndarray:
    q = np.clip(p, 1e-12, 1 - 1e-12)
    return np.where((p > 0) & (p < 1), -(q * np.log2(q) + (1 - q) * np.log2(1 - q)), 0.0)
