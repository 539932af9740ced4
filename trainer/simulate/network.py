"""Runs the simulation: first the network and its transfers, then a snapshot per processing date, then the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from . import labels, tables
from .actors import Actors, Timeline, populate
from .addresses import sorted_addresses
from .alerts import DetectorNoise, raise_alerts
from .arrow import Stamp, decode
from .clusters import find_clusters
from .economy import Partners, background
from .features import (
    Columns,
    active_addresses,
    event_features,
    flow_features,
)
from .files import write_csv, write_meta, write_parquet
from .flows import Flows, aggregate
from .graph import graph_features
from .patterns import PlantedPatterns, plant
from .scores import add_scores
from .transfers import Transfers, concat, expand

FEATURELESS_SHARE = 0.01  # of addresses: they may have alerts but have no row in features
POPULATION_PER_ALERT = 1.10  # so that about one address per alert is active in a window
_EXPANDING = (3.0, 4.0)  # degree and volume, as multiples of the previous date's

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SimulationSummary:
    """The paths of the written files, and the rows of each snapshot (``counts[date][table]``)."""

    root: Path
    snapshots: dict[date, Path]
    labels: Path
    custom_labels: Path
    truth: Path
    activity: Path
    counts: dict[date, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """The simulated network of n addresses over the whole timeline."""

    timeline: Timeline
    actors: Actors
    names: pa.Array  # (n,) addresses, ascending
    fingerprint: np.ndarray  # (n,) uint64
    planted: PlantedPatterns
    transfers: Transfers
    featureless: np.ndarray  # bool (n,)


@dataclass(frozen=True)
class SnapshotState:
    """What later steps need of the snapshot of one date. Arrays are per actor, (n,), except ``alerted``."""

    alerted: np.ndarray  # actors, ascending
    degree: np.ndarray
    cents: np.ndarray


def simulate(
    out: Path,
    *,
    alerts: int = 10_000,
    dates: Sequence[date],
    window_days: int = 90,
    network: str = "simnet",
    seed: int = 0,
    progress: Progress | None = None,
) -> SimulationSummary:
    """Write synthetic snapshots, labels and ground truth to ``out``; the same arguments give the same bytes.

    Args:
        alerts: number of alerts per processing date; there are about as many addresses, and three times as many money flows.
        dates: the processing dates, in any order.
        window_days: length in days of the window that each snapshot covers.
        network: name of the network; decides the form of the addresses.
        progress: called with the name of the step and the share done, in [0, 1].

    Raises:
        ValueError: there are no dates, a date repeats, or ``alerts`` or ``window_days`` is out of range.
    """
    days = _checked(alerts, dates, window_days)
    report = progress or (lambda _step, _done: None)
    report("network", 0.0)
    world = _build(alerts, days, window_days, network, seed)
    summary = _layout(Path(out), network, days, window_days)
    noise = DetectorNoise(len(world.actors), _stream(seed, "detectors"))
    states = []
    for number, day in enumerate(days):
        report(f"snapshot {day}", 0.3 + 0.6 * number / len(days))
        stamp = Stamp(day, window_days)
        rng = _stream(seed, "snapshot", number)
        counts, state = _snapshot(world, stamp, alerts, noise, summary.snapshots[day], network, rng)
        summary.counts[day] = counts
        states.append(state)
    report("labels", 0.9)
    _write_labels(world, days, window_days, network, seed, states, summary)
    report("done", 1.0)
    return summary


def _layout(out: Path, network: str, days: list[date], window_days: int) -> SimulationSummary:
    return SimulationSummary(
        root=out,
        snapshots={d: out / "snapshots" / network / d.isoformat() / str(window_days) for d in days},
        labels=out / "address-labels" / f"{network}_address_labels.parquet",
        custom_labels=out / "custom-labels" / f"{network}_custom_labels.csv",
        truth=out / "truth" / f"{network}_truth.parquet",
        activity=out / "truth" / f"{network}_activity.parquet",
    )


def _checked(alerts: int, dates: Sequence[date], window_days: int) -> list[date]:
    if not dates or len(set(dates)) != len(dates):
        raise ValueError(f"dates must be one or more different processing dates, not {list(dates)}")
    if alerts < 200 or not 7 <= window_days <= 1_000:
        raise ValueError(f"need at least 200 alerts and a window of 7 to 1,000 days, not {alerts} and {window_days}")
    return sorted(dates)


def _stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return an independent random stream per purpose, so that a change to one step does not affect the others."""
    numbers = [int.from_bytes(p.encode(), "little") if isinstance(p, str) else p for p in purpose]
    return np.random.default_rng([seed, *numbers])


def _build(alerts: int, days: list[date], window_days: int, network: str, seed: int) -> World:
    begin = days[0] - timedelta(days=window_days)
    timeline = Timeline(
        origin=int(datetime(begin.year, begin.month, begin.day, tzinfo=UTC).timestamp()),
        days=(days[-1] - begin).days,
        window_days=window_days,
        date_days=tuple((d - begin).days for d in days),
    )
    # Some addresses live shorter than the timeline, so a longer timeline needs more of them.
    size = int(alerts * POPULATION_PER_ALERT * (1 + 0.10 * (timeline.windows - 1)))
    actors = populate(size, timeline, _stream(seed, "actors"))
    rng = _stream(seed, "payments")
    partners = Partners(actors, rng)
    planted = plant(actors, timeline, partners, rng)
    plan = concat([background(actors, timeline, partners, rng), planted.plan])
    transfers = expand(plan, actors, timeline, _stream(seed, "transfers"))
    keys = _stream(seed, "keys")
    names, fingerprint = sorted_addresses(network, keys.integers(0, 256, (size, 32), np.uint8))
    return World(timeline, actors, names, fingerprint, planted, transfers, keys.random(size) < FEATURELESS_SHARE)


def _measure(transfers: Transfers, flows: Flows, index: np.ndarray, active: int, stamp: Stamp) -> Columns:
    """Return all feature columns of the active addresses."""
    columns = flow_features(flows, index, active)
    columns |= event_features(transfers, index, active)
    columns |= graph_features(flows, index, active)
    add_scores(columns, flows, index, stamp.end, stamp.window_days)
    return columns


def _snapshot(
    world: World, stamp: Stamp, count: int, noise: DetectorNoise, folder: Path, network: str, rng: np.random.Generator
) -> tuple[dict[str, int], SnapshotState]:
    population = len(world.actors)
    transfers = world.transfers.between(stamp.end - stamp.window_days * 86_400, stamp.end)
    flows = aggregate(transfers)
    actors = active_addresses(flows, population)
    index = np.full(population, -1, np.int64)
    index[actors] = np.arange(len(actors))
    columns = _measure(transfers, flows, index, len(actors), stamp)
    raised = raise_alerts(columns, actors, count, noise, rng)
    clusters = find_clusters(raised, flows, index, columns["degree_total"])
    names, fingerprint = world.names.take(pa.array(actors)), world.fingerprint[actors]
    shown = np.flatnonzero(~world.featureless[actors])
    written: dict[str, Iterable[pa.Table]] = {
        "alerts": tables.alerts_tables(raised, clusters, columns, names, fingerprint, stamp),
        "features": tables.features_tables(columns, shown, names, stamp),
        "clusters": [tables.clusters_table(clusters, raised, columns, names, fingerprint, stamp)],
        "money_flows": tables.flow_tables(flows, transfers.seconds, world.names, stamp),
    }
    counts = {name: write_parquet(parts, folder / f"{name}.parquet") for name, parts in written.items()}
    write_meta(folder, network, stamp.processing_date.isoformat(), stamp.window_days, counts)
    degree, cents = np.zeros(population, np.int64), np.zeros(population, np.int64)
    degree[actors] = columns["degree_total"]
    cents[actors] = columns["total_in_cents"] + columns["total_out_cents"]
    return counts, SnapshotState(actors[np.unique(raised.who)], degree, cents)


def _write_labels(
    world: World,
    days: list[date],
    window_days: int,
    network: str,
    seed: int,
    states: list[SnapshotState],
    summary: SimulationSummary,
) -> None:
    rng = _stream(seed, "labels")
    alerted = np.unique(np.concatenate([state.alerted for state in states]))
    volume = np.max([state.cents for state in states], axis=0) / 100
    sot = labels.curate(world.actors, world.planted, alerted, volume, rng)
    write_parquet([labels.sot_table(sot, world.names, network, world.timeline, rng)], summary.labels)
    custom = labels.collect(world.actors, alerted, volume, sot.who, rng)
    parts = [
        labels.custom_table(custom.among(state.alerted), world.names, network, Stamp(day, window_days))
        for day, state in zip(days, states, strict=True)
    ]
    write_csv(pa.concat_tables(parts), summary.custom_labels)
    write_parquet([labels.truth_table(world.actors, world.planted, world.names)], summary.truth)
    write_parquet([_activity(world, days, states)], summary.activity)


def _activity(world: World, days: list[date], states: list[SnapshotState]) -> pa.Table:
    """Return the state of every address on every date compared with the date before, for evaluating predictions."""
    names = ("absent", "new", "active", "expanding", "dormant", "gone")
    before = SnapshotState(np.empty(0, int), np.zeros(len(world.actors), int), np.zeros(len(world.actors), int))
    parts = []
    for number, (day, now) in enumerate(zip(days, states, strict=True)):
        is_active, was_active = now.degree > 0, before.degree > 0
        grown = is_active & was_active & (now.degree > _EXPANDING[0] * before.degree) & (now.cents > _EXPANDING[1] * before.cents)
        shrunk = is_active & was_active & (now.cents < 0.3 * before.cents)
        code = np.select(
            [~is_active & ~was_active, ~is_active, is_active & ~was_active, grown, shrunk], [0, 5, 1 if number else 2, 3, 4], 2
        )
        dates = pa.repeat(pa.scalar(day, pa.date32()), len(code))
        parts.append(pa.table({"processing_date": dates, "address": world.names, "state": decode(names, code)}))
        before = now
    return pa.concat_tables(parts)
