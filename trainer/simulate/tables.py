"""Builds the snapshot tables in Arrow, with the column names and types of the October 2025 export."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .actors import ASSETS
from .addresses import hex_ids
from .alerts import DETECTORS, SEVERITIES, Alerts
from .arrow import Stamp, decimal, decode, lists
from .clusters import Clusters
from .features import Columns
from .flows import Flows, reciprocity
from .scores import INDICATORS
from .transfers import DAY_SECONDS

_ROWS = 250_000  # built at a time

_UNSIGNED_32 = [
    "degree_in",
    "degree_out",
    "degree_total",
    "unique_counterparties",
    "activity_days",
    "activity_span_days",
    "unique_assets_in",
    "unique_assets_out",
    "kcore",
    "khop1_count",
    "outlier_transactions",
    "unique_recipients_count",
    "unique_senders_count",
]
_UNSIGNED_64 = ["tx_in_count", "tx_out_count", "tx_total_count", "first_activity_timestamp", "last_activity_timestamp"]
_UNSIGNED_8 = ["peak_hour", "peak_day", "peak_activity_hour", "peak_activity_day"]
_FLOAT_64 = ["amount_variance", "amount_skewness", "amount_kurtosis", "volume_std", "volume_cv", "flow_concentration"]
_FLOAT_32 = [
    "regularity_score",
    "burst_factor",
    "reciprocity_ratio",
    "flow_diversity",
    "counterparty_concentration",
    "concentration_ratio",
    "velocity_score",
    "structuring_score",
    "asset_diversity_score",
    "hourly_entropy",
    "daily_entropy",
    "weekend_transaction_ratio",
    "night_transaction_ratio",
    "small_transaction_ratio",
    "consistency_score",
    "pagerank",
    "clustering_coefficient",
    "flow_reciprocity_entropy",
    "counterparty_stability",
    "flow_burstiness",
    "transaction_regularity",
    "amount_predictability",
    "behavioral_anomaly_score",
    "graph_anomaly_score",
    "neighborhood_anomaly_score",
    "global_anomaly_score",
    "suspicious_pattern_score",
    "completeness_score",
    "quality_score",
    "outlier_score",
    "confidence_score",
]
_FLAGS = [
    "is_exchange_like",
    "is_whale",
    "is_mixer_like",
    "is_contract_like",
    "is_new_address",
    "is_dormant_reactivated",
    "is_high_volume_trader",
    "is_hub_address",
    "is_retail_active",
    "is_whale_inactive",
    "is_retail_inactive",
    "is_regular_user",
]
_CENTS = ["total_in", "total_out", "avg_tx_in", "avg_tx_out", "median_tx_in", "median_tx_out", "max_tx", "min_tx"]


def _parts(rows: int) -> Iterator[slice]:
    """Yield the rows of each part of a table, at least one."""
    return (slice(at, at + _ROWS) for at in range(0, max(rows, 1), _ROWS))


def features_tables(columns: Columns, shown: np.ndarray, addresses: pa.Array, stamp: Stamp) -> Iterator[pa.Table]:
    """Yield ``raw_features`` in parts: one row per address, for the addresses (n,) at the positions ``shown`` (k,)."""
    for part in _parts(len(shown)):
        at = shown[part]
        yield _features_part({name: values[at] for name, values in columns.items()}, addresses.take(pa.array(at)), stamp)


def _features_part(c: Columns, addresses: pa.Array, stamp: Stamp) -> pa.Table:
    rows = len(addresses)
    columns = stamp.keys(rows) | {"address": addresses}
    columns |= {f"{name}_usd": decimal(c[f"{name}_cents"]) for name in _CENTS}
    volume = c["total_in_cents"] + c["total_out_cents"]
    columns["net_flow_usd"] = decimal(c["total_in_cents"] - c["total_out_cents"])
    columns["total_volume_usd"] = decimal(volume)
    columns["avg_daily_volume_usd"] = decimal(np.rint(volume / c["activity_days"]).astype(np.int64))
    for names, kind in (
        (_UNSIGNED_8, pa.uint8()), (_UNSIGNED_32, pa.uint32()), (_UNSIGNED_64, pa.uint64()), (_FLOAT_32, pa.float32()),
        (_FLOAT_64, pa.float64()), (_FLAGS, pa.bool_()),
    ):  # fmt: skip
        columns |= {name: pa.array(c[name].astype(kind.to_pandas_dtype())) for name in names}
    for side in ("in", "out"):
        columns[f"dominant_asset_{side}"] = decode((*ASSETS, ""), c[f"dominant_asset_{side}"])
    columns["hourly_activity"] = lists(np.minimum(c["hourly_activity"], 65_535), pa.uint16())
    columns["daily_activity"] = lists(np.minimum(c["daily_activity"], 65_535), pa.uint16())
    columns["created_at"] = stamp.created(rows)
    return pa.table(columns)


def flow_tables(flows: Flows, seconds: np.ndarray, names: pa.Array, stamp: Stamp) -> Iterator[pa.Table]:
    """Yield ``raw_money_flows`` in parts: one row per ordered pair of addresses; ``seconds`` are those of the transfers."""
    back = reciprocity(flows).astype(np.float32)
    return (_flow_part(flows, seconds, part, back, names, stamp) for part in _parts(len(flows)))


def _flow_part(f: Flows, seconds: np.ndarray, part: slice, back: np.ndarray, names: pa.Array, stamp: Stamp) -> pa.Table:
    rows = len(f.src[part])
    lo, hi = f.first[part][0], f.first[part][-1] + f.count[part][-1]
    row = np.repeat(np.arange(rows), f.count[part])
    seconds = seconds[lo:hi]
    hours = np.bincount(row * 24 + seconds // 3_600 % 24, minlength=rows * 24).reshape(rows, 24)
    weekdays = np.bincount(row * 7 + (seconds // DAY_SECONDS + 3) % 7, minlength=rows * 7).reshape(rows, 7)
    return pa.table(
        stamp.keys(rows)
        | {
            "from_address": names.take(pa.array(f.src[part])),
            "to_address": names.take(pa.array(f.dst[part])),
            "tx_count": pa.array(f.count[part].astype(np.uint64)),
            "amount_sum": decimal(f.micros[part], 6),
            "amount_usd_sum": decimal(f.cents[part]),
            "first_seen_timestamp": pa.array(f.first_seconds[part].astype(np.uint64)),
            "last_seen_timestamp": pa.array(f.last_seconds[part].astype(np.uint64)),
            "active_days": pa.array(f.active_days[part].astype(np.uint32)),
            "avg_tx_size_usd": decimal(np.rint(f.cents[part] / f.count[part]).astype(np.int64)),
            "unique_assets": pa.array(f.unique_assets[part].astype(np.uint32)),
            "dominant_asset": decode(ASSETS, f.dominant_asset[part]),
            "hourly_pattern": lists(np.minimum(hours, 65_535), pa.uint16()),
            "weekly_pattern": lists(np.minimum(weekdays, 65_535), pa.uint16()),
            "reciprocity_ratio": pa.array(back[part]),
            "is_bidirectional": pa.array(f.reverse[part] >= 0),
            "created_at": stamp.created(rows),
        }
    )


def alert_ids(alerts: Alerts, fingerprint: np.ndarray) -> pa.Array:
    """Return ids (a,) that depend on address and detector only, so that an alert has the same id on every date."""
    return hex_ids("alert_", fingerprint[alerts.who], alerts.detector)


def alerts_tables(
    alerts: Alerts, clusters: Clusters, c: Columns, addresses: pa.Array, fingerprint: np.ndarray, stamp: Stamp
) -> Iterator[pa.Table]:
    """Yield ``raw_alerts`` in parts: one row per alert; ``addresses`` and ``fingerprint`` (n,) are of the active addresses."""
    for part in _parts(len(alerts)):
        cluster = clusters.of_alert[part]
        lead = np.where(cluster >= 0, clusters.lead[cluster] if len(clusters) else 0, 0)
        pattern = hex_ids("pattern_", fingerprint[alerts.who[lead]], alerts.detector[lead])
        patterns = pc.if_else(pa.array(cluster >= 0), pattern, pa.scalar(""))
        yield _alerts_part(alerts.rows(part), patterns, c, addresses, fingerprint, stamp)


def _alerts_part(
    alerts: Alerts, patterns: pa.Array, c: Columns, addresses: pa.Array, fingerprint: np.ndarray, stamp: Stamp
) -> pa.Table:
    def of_detector(pick: Callable[[int], str]) -> pa.Array:
        return decode(tuple(pick(i) for i in range(len(DETECTORS))), alerts.detector)

    rows, who = len(alerts), alerts.who
    tx, degree = (pa.array(c[name][who]).cast(pa.string()) for name in ("tx_total_count", "degree_total"))
    score = pa.array(np.char.mod("%.3f", alerts.score)) if rows else pa.array([], pa.string())
    join = pc.binary_join_element_wise
    reason = of_detector(lambda i: DETECTORS[i].description)
    columns = stamp.keys(rows) | {
        "alert_id": alert_ids(alerts, fingerprint),
        "address": addresses.take(pa.array(who)),
        "typology_type": of_detector(lambda i: DETECTORS[i].typology),
        "pattern_id": patterns,
        "pattern_type": of_detector(lambda i: DETECTORS[i].pattern),
        "severity": decode(SEVERITIES, alerts.severity),
        "suspected_address_type": of_detector(lambda i: DETECTORS[i].suspect),
        "suspected_address_subtype": pa.repeat(pa.scalar(""), rows),
        "alert_confidence_score": pa.array(alerts.score.astype(np.float32)),
        "description": join(reason, pa.scalar(" ("), degree, pa.scalar(" counterparties)"), ""),
        "volume_usd": decimal(alerts.cents),
        "evidence_json": join(
            pa.scalar('{"detector_score": '), score, pa.scalar(', "transfers": '), tx,
            pa.scalar(', "counterparties": '), degree, pa.scalar("}"), "",
        ),
        "risk_indicators": _indicators(alerts.indicators),
        "created_at": stamp.created(rows),
    }  # fmt: skip
    return pa.table(columns)


def _indicators(present: np.ndarray) -> pa.ListArray:
    names = pa.array([name for name, _ in INDICATORS])
    offsets = np.append(0, np.cumsum(present.sum(1))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(np.nonzero(present)[1])))


def clusters_table(
    clusters: Clusters, alerts: Alerts, c: Columns, addresses: pa.Array, fingerprint: np.ndarray, stamp: Stamp
) -> pa.Table:
    """Return ``raw_clusters``: one row per cluster."""
    rows, row, start = len(clusters), clusters.alert, clusters.start
    cluster = np.repeat(np.arange(rows), np.diff(start))
    who, lead = alerts.who[row], clusters.lead
    first = np.append(True, (who[1:] != who[:-1]) | (cluster[1:] != cluster[:-1])) if len(who) else np.empty(0, bool)
    member, member_of = who[first], cluster[first]
    offsets = np.append(0, np.cumsum(np.bincount(member_of, minlength=rows))).astype(np.int32)
    ids = alert_ids(alerts, fingerprint)
    volume = np.bincount(cluster, alerts.cents[row], rows).astype(np.int64)
    worst = np.zeros(rows, np.int64)
    np.maximum.at(worst, cluster, alerts.severity[row])
    active = (c["first_activity_timestamp"], c["last_activity_timestamp"])
    earliest, latest = np.full(rows, stamp.end), np.zeros(rows, np.int64)
    np.minimum.at(earliest, cluster, active[0][who])
    np.maximum.at(latest, cluster, active[1][who])
    kinds = tuple(d.typology for d in DETECTORS)
    columns = stamp.keys(rows) | {
        "cluster_id": hex_ids("cluster_", fingerprint[alerts.who[lead]], alerts.detector[lead], 1),
        "cluster_type": decode(kinds, alerts.detector[lead]),
        "primary_address": addresses.take(pa.array(alerts.who[lead])),
        "pattern_id": hex_ids("pattern_", fingerprint[alerts.who[lead]], alerts.detector[lead]),
        "primary_alert_id": ids.take(pa.array(lead)),
        "related_alert_ids": pa.ListArray.from_arrays(pa.array(start.astype(np.int32)), ids.take(pa.array(row))),
        "addresses_involved": pa.ListArray.from_arrays(pa.array(offsets), addresses.take(pa.array(member))),
        "total_alerts": pa.array(np.diff(start).astype(np.uint32)),
        "total_volume_usd": decimal(volume),
        "severity_max": decode(SEVERITIES, worst),
        "confidence_avg": pa.array((np.bincount(cluster, alerts.score[row], rows) / np.diff(start)).astype(np.float32)),
        "earliest_alert_timestamp": pa.array(earliest.astype(np.uint64)),
        "latest_alert_timestamp": pa.array(latest.astype(np.uint64)),
        "created_at": stamp.created(rows),
    }
    return pa.table(columns)
