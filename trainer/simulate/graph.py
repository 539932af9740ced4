"""Computes the graph features of one snapshot: PageRank, core number, clustering coefficient."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .features import Columns
from .flows import Flows

_DAMPING = 0.85
_MAX_WEDGES = 4_000_000  # wedges checked at a time; bounds memory


def graph_features(flows: Flows, index: np.ndarray, active: int) -> Columns:
    """Return ``pagerank``, ``kcore`` and ``clustering_coefficient`` of every active address, each (n,)."""
    src, dst = index[flows.src], index[flows.dst]
    one_way = (flows.reverse < 0) | (src < dst)
    a, b = src[one_way], dst[one_way]
    return {
        "pagerank": pagerank(src, dst, flows.cents / 100, active),
        "kcore": core_numbers(a, b, active),
        "clustering_coefficient": clustering(a, b, active),
    }


def pagerank(src: np.ndarray, dst: np.ndarray, usd: np.ndarray, size: int, rounds: int = 40) -> np.ndarray:
    """Return PageRank by power iteration, float64 (size,), summing to 1.

    Edges are weighted by USD; the rank of addresses without outgoing payments is spread evenly.
    """
    out = np.bincount(src, usd, size)
    step = sparse.csr_matrix((usd / out[src], (dst, src)), shape=(size, size))
    dangling = out == 0
    rank = np.full(size, 1 / size)
    for _ in range(rounds):
        rank = (1 - _DAMPING) / size + _DAMPING * (step @ rank + rank[dangling].sum() / size)
    return rank


def core_numbers(a: np.ndarray, b: np.ndarray, size: int) -> np.ndarray:
    """Return the core number of every node of an undirected graph (each edge once), by peeling; int64 (size,)."""
    core = np.zeros(size, np.int64)
    degree = np.bincount(a, minlength=size) + np.bincount(b, minlength=size)
    level = 1
    while len(a):
        gone = (degree > 0) & (degree <= level)
        if not gone.any():
            level += 1
            continue
        core[gone] = level
        stays = ~(gone[a] | gone[b])
        lost = np.concatenate([a[~stays], b[~stays]])
        degree -= np.bincount(lost, minlength=size)
        # A node that loses its last edges at this level is in this core and in no higher one.
        core[lost] = level
        a, b = a[stays], b[stays]
    return core


def clustering(a: np.ndarray, b: np.ndarray, size: int) -> np.ndarray:
    """Return the local clustering coefficient (each edge once): connected over all pairs of neighbours, float64 (size,)."""
    degree = np.bincount(a, minlength=size) + np.bincount(b, minlength=size)
    # Directing every edge to the end of higher degree keeps out-degrees small even at hubs (Chiba & Nishizeki, 1985).
    swap = (degree[a] > degree[b]) | ((degree[a] == degree[b]) & (a > b))
    low, high = np.where(swap, b, a), np.where(swap, a, b)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    keys = low.astype(np.int64) * size + high
    out = np.bincount(low, minlength=size)
    first = np.cumsum(out) - out
    wedges = out[high]
    triangles = np.zeros(size, np.int64)
    ends = np.cumsum(wedges)
    cuts = np.searchsorted(ends, np.arange(_MAX_WEDGES, ends[-1] + _MAX_WEDGES, _MAX_WEDGES))
    for edge in np.split(np.arange(len(low)), np.minimum(cuts, len(low))):
        row = np.repeat(edge, wedges[edge])
        offset = np.arange(len(row)) - np.repeat(np.cumsum(wedges[edge]) - wedges[edge], wedges[edge])
        third = high[first[high[row]] + offset]
        wanted = low[row].astype(np.int64) * size + third
        closed = keys[np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)] == wanted
        for corner in (low[row], high[row], third):
            triangles += np.bincount(corner[closed], minlength=size)
    return 2 * triangles / np.maximum(degree * (degree - 1), 1)
