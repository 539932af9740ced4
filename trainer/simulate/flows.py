"""Aggregates transfers to money flows: one row per ordered pair of addresses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .actors import ASSETS
from .transfers import DAY_SECONDS, Transfers


@dataclass(frozen=True)
class Flows:
    """f ordered pairs sorted by (src, dst); the transfers of pair i are ``first[i]:first[i] + count[i]``. Arrays are (f,)."""

    src: np.ndarray
    dst: np.ndarray
    first: np.ndarray
    count: np.ndarray
    cents: np.ndarray
    micros: np.ndarray
    first_seconds: np.ndarray
    last_seconds: np.ndarray
    active_days: np.ndarray
    unique_assets: np.ndarray
    dominant_asset: np.ndarray  # uint8, the asset with the most USD
    reverse: np.ndarray  # int64, row of the flow in the other direction, −1 for none

    def __len__(self) -> int:
        return len(self.src)


def aggregate(transfers: Transfers) -> Flows:
    """Return the flows of transfers that are sorted by (src, dst, time)."""
    t, size = transfers, len(transfers)
    starts = np.ones(size, bool)
    starts[1:] = (t.src[1:] != t.src[:-1]) | (t.dst[1:] != t.dst[:-1])
    first = np.flatnonzero(starts)
    count = np.diff(np.append(first, size))
    row = np.repeat(np.arange(len(first)), count)
    day = t.seconds // DAY_SECONDS
    new_day = starts.copy()
    new_day[1:] |= day[1:] != day[:-1]
    by_asset = np.bincount(row * len(ASSETS) + t.asset, t.cents, len(first) * len(ASSETS)).reshape(-1, len(ASSETS))
    src, dst = t.src[first], t.dst[first]
    return Flows(
        src=src,
        dst=dst,
        first=first,
        count=count,
        cents=np.add.reduceat(t.cents, first),
        micros=np.add.reduceat(t.micros, first),
        first_seconds=t.seconds[first],
        last_seconds=t.seconds[first + count - 1],
        active_days=np.add.reduceat(new_day.astype(np.int64), first),
        unique_assets=(by_asset > 0).sum(1),
        dominant_asset=by_asset.argmax(1).astype(np.uint8),
        reverse=_reverse(src, dst),
    )


def _reverse(src: np.ndarray, dst: np.ndarray) -> np.ndarray:
    keys = (src.astype(np.int64) << 32) | dst
    wanted = (dst.astype(np.int64) << 32) | src
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)


def reciprocity(flows: Flows) -> np.ndarray:
    """Return the smaller over the larger USD volume of the two directions of a pair, float64 (f,); 0 for a one-way flow."""
    back = np.where(flows.reverse >= 0, flows.cents[flows.reverse], 0)
    return np.minimum(flows.cents, back) / np.maximum(flows.cents, back)
