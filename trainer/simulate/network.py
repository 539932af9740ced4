"""Runs the simulation: one network and timeline, then a snapshot per processing date, then the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from . import labels, tables
from .actors import Actors, Timeline, populate
from .addresses import sorted_addresses
from .alerts import Moods, raise_alerts
from .arrow import Stamp, words
from .clusters import find_clusters
from .economy import Partners, background
from .features import (
    Columns,
    active_addresses,
    amount_features,
    asset_features,
    events,
    flow_features,
    time_features,
)
from .files import write_csv, write_meta, write_parquet
from .flows import Flows, aggregate
from .graph import graph_features
from .patterns import Plot, plant
from .scores import add_scores
from .transfers import Transfers, concat, expand

FEATURELESS_SHARE = 0.01  # of addresses: alerted now and then, but without a row in features
POPULATION_PER_ALERT = 1.10  # so that about one address per alert is active in a window
_EXPANDING = (3.0, 4.0)  # degree and volume, as multiples of the previous date's

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class SimulationSummary:
    """Where everything was written, and how many rows each snapshot has (``counts[date][table]``)."""

    root: Path
    snapshots: dict[date, Path]
    labels: Path
    custom_labels: Path
    truth: Path
    activity: Path
    counts: dict[date, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """The network before anybody looks at it."""

    timeline: Timeline
    actors: Actors
    names: pa.Array  # (n,) addresses, ascending
    fingerprint: np.ndarray  # (n,) uint64
    plot: Plot
    transfers: Transfers
    featureless: np.ndarray  # bool (n,)


@dataclass(frozen=True)
class Glimpse:
    """What later steps need to know about the snapshot of one date. Per actor, (n,)."""

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
    """Write synthetic snapshots, labels and truth under ``out``; the same arguments give the same bytes.

    ``alerts`` is the number of alerts of every processing date; addresses with features are about as many, money flows
    three times as many. ``progress`` is called with a word and the share done, in [0, 1].
    Raises ``ValueError`` when there is no date, a date repeats, or a number is too small to make a network of.
    """
    days = _checked(alerts, dates, window_days)
    tell = progress or (lambda _word, _done: None)
    tell("network", 0.0)
    world = _build(alerts, days, window_days, network, seed)
    summary = _layout(Path(out), network, days, window_days)
    moods = Moods(len(world.actors), _stream(seed, "detectors"))
    glimpses = []
    for number, day in enumerate(days):
        tell(f"snapshot {day}", 0.3 + 0.6 * number / len(days))
        stamp = Stamp(day, window_days)
        rng = _stream(seed, "snapshot", number)
        counts, glimpse = _snapshot(world, stamp, alerts, moods, summary.snapshots[day], network, rng)
        summary.counts[day] = counts
        glimpses.append(glimpse)
    tell("labels", 0.9)
    _write_labels(world, days, window_days, network, seed, glimpses, summary)
    tell("done", 1.0)
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
    """An independent random stream per purpose, so that a change to one step leaves the others as they were."""
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
    # Some addresses live shorter than the timeline: the longer it is, the more of them pass through.
    size = int(alerts * POPULATION_PER_ALERT * (1 + 0.10 * (timeline.windows - 1)))
    actors = populate(size, timeline, _stream(seed, "actors"))
    rng = _stream(seed, "payments")
    partners = Partners(actors, rng)
    plot = plant(actors, timeline, partners, rng)
    plan = concat([background(actors, timeline, partners, rng), plot.plan])
    transfers = expand(plan, actors, timeline, _stream(seed, "transfers"))
    keys = _stream(seed, "keys")
    names, fingerprint = sorted_addresses(network, keys.integers(0, 256, (size, 32), np.uint8))
    return World(timeline, actors, names, fingerprint, plot, transfers, keys.random(size) < FEATURELESS_SHARE)


def _measure(transfers: Transfers, flows: Flows, index: np.ndarray, active: int, stamp: Stamp) -> Columns:
    """All feature columns of the active addresses."""
    happened = events(transfers, index, active)
    columns = flow_features(flows, index, active)
    columns |= amount_features(happened, active)
    columns |= time_features(happened, active)
    columns |= asset_features(happened, active)
    columns |= graph_features(flows, index, active)
    add_scores(columns, flows, index, stamp.end, stamp.window_days)
    return columns


def _snapshot(
    world: World, stamp: Stamp, count: int, moods: Moods, folder: Path, network: str, rng: np.random.Generator
) -> tuple[dict[str, int], Glimpse]:
    population = len(world.actors)
    transfers = world.transfers.between(stamp.end - stamp.window_days * 86_400, stamp.end)
    flows = aggregate(transfers)
    actors = active_addresses(flows, population)
    index = np.full(population, -1, np.int64)
    index[actors] = np.arange(len(actors))
    columns = _measure(transfers, flows, index, len(actors), stamp)
    raised = raise_alerts(columns, actors, count, moods, rng)
    clusters = find_clusters(raised, flows, index, columns["degree_total"])
    names, fingerprint = world.names.take(pa.array(actors)), world.fingerprint[actors]
    shown = np.flatnonzero(~world.featureless[actors])
    visible = {name: values[shown] for name, values in columns.items()}
    written = {
        "alerts": [tables.alerts_table(raised, clusters, columns, names, fingerprint, stamp)],
        "features": [tables.features_table(visible, names.take(pa.array(shown)), stamp)],
        "clusters": [tables.clusters_table(clusters, raised, columns, names, fingerprint, stamp)],
        "money_flows": tables.flow_tables(flows, transfers, world.names, stamp),
    }
    counts = {name: write_parquet(parts, folder / f"{name}.parquet") for name, parts in written.items()}
    write_meta(folder, network, stamp.processing_date.isoformat(), stamp.window_days, counts)
    degree, cents = np.zeros(population, np.int64), np.zeros(population, np.int64)
    degree[actors] = columns["degree_total"]
    cents[actors] = columns["total_in_cents"] + columns["total_out_cents"]
    return counts, Glimpse(actors[np.unique(raised.who)], degree, cents)


def _write_labels(
    world: World,
    days: list[date],
    window_days: int,
    network: str,
    seed: int,
    glimpses: list[Glimpse],
    summary: SimulationSummary,
) -> None:
    rng = _stream(seed, "labels")
    alerted = np.unique(np.concatenate([g.alerted for g in glimpses]))
    volume = np.max([g.cents for g in glimpses], axis=0) / 100
    opinion = labels.curate(world.actors, world.plot, alerted, volume, rng)
    write_parquet([labels.sot_table(opinion, world.names, network, world.timeline, rng)], summary.labels)
    heard = labels.collect(world.actors, alerted, volume, opinion.who, rng)
    own = [
        labels.custom_table(heard.among(glimpse.alerted), world.names, network, Stamp(day, window_days))
        for day, glimpse in zip(days, glimpses, strict=True)
    ]
    write_csv(pa.concat_tables(own), summary.custom_labels)
    write_parquet([labels.truth_table(world.actors, world.plot, world.names)], summary.truth)
    write_parquet([_activity(world, days, glimpses)], summary.activity)


def _activity(world: World, days: list[date], glimpses: list[Glimpse]) -> pa.Table:
    """State of every address at every date, compared with the date before: for tests of what happens next."""
    states = ("absent", "new", "active", "expanding", "dormant", "gone")
    before = Glimpse(np.empty(0, int), np.zeros(len(world.actors), int), np.zeros(len(world.actors), int))
    parts = []
    for number, (day, now) in enumerate(zip(days, glimpses, strict=True)):
        here, was = now.degree > 0, before.degree > 0
        grown = here & was & (now.degree > _EXPANDING[0] * before.degree) & (now.cents > _EXPANDING[1] * before.cents)
        shrunk = here & was & (now.cents < 0.3 * before.cents)
        code = np.select([~here & ~was, ~here, here & ~was, grown, shrunk], [0, 5, 1 if number else 2, 3, 4], 2)
        dates = pa.repeat(pa.scalar(day, pa.date32()), len(code))
        parts.append(pa.table({"processing_date": dates, "address": world.names, "state": words(states, code)}))
        before = now
    return pa.concat_tables(parts)
