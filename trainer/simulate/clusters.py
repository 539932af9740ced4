"""Clusters of alerted addresses: the same typology, connected by their largest flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from .alerts import DETECTORS, Alerts
from .flows import Flows

_HUB_DEGREE = 40  # counterparties of a hub, such as an exchange, are not related to each other
_FEWEST_MEMBERS = 2


@dataclass(frozen=True)
class Clusters:
    """c clusters of k of the a alerts: the rows ``alert[start[i]:start[i + 1]]`` belong to cluster ``i``, by address."""

    alert: np.ndarray  # (k,) row of the alert
    start: np.ndarray  # (c + 1,)
    lead: np.ndarray  # (c,) row of the alert with the highest score
    of_alert: np.ndarray  # (a,) cluster of each alert, −1 for none

    def __len__(self) -> int:
        return len(self.lead)


def find_clusters(alerts: Alerts, flows: Flows, index: np.ndarray, degree: np.ndarray) -> Clusters:
    """Connect each alerted address with the counterparty of its largest flow, if that has an alert of the same typology."""
    typologies = sorted({d.typology for d in DETECTORS})
    kind_of = np.array([typologies.index(d.typology) for d in DETECTORS])
    kind = kind_of[alerts.detector]
    src, dst = index[flows.src], index[flows.dst]
    plain = (degree[src] < _HUB_DEGREE) & (degree[dst] < _HUB_DEGREE)
    strongest = _strongest(src[plain], dst[plain], flows.cents[plain], len(degree))
    key = alerts.who * len(typologies) + kind
    node, of_row = np.unique(key, return_inverse=True)
    partner = strongest[node // len(typologies)]
    wanted = partner * len(typologies) + node % len(typologies)
    place = np.minimum(np.searchsorted(node, wanted), len(node) - 1)
    tied = (partner >= 0) & (node[place] == wanted)
    links = sparse.coo_matrix((np.ones(tied.sum()), (np.flatnonzero(tied), place[tied])), shape=(len(node), len(node)))
    _, component = connected_components(links, directed=False)
    large = np.bincount(component)[component] >= _FEWEST_MEMBERS
    return _pack(np.where(large, component, -1)[of_row], alerts.score)


def _strongest(src: np.ndarray, dst: np.ndarray, cents: np.ndarray, size: int) -> np.ndarray:
    """Return the counterparty of the largest flow of each address, −1 for none; int64 (size,)."""
    ends, other = np.concatenate([src, dst]), np.concatenate([dst, src])
    order = np.lexsort((other, np.tile(cents, 2), ends))
    ends, other = ends[order], other[order]
    last = np.append(ends[1:] != ends[:-1], True)
    strongest = np.full(size, -1, np.int64)
    strongest[ends[last]] = other[last]
    return strongest


def _pack(component: np.ndarray, score: np.ndarray) -> Clusters:
    rows = np.flatnonzero(component >= 0)
    first = np.full(component.max(initial=-1) + 1, len(component))
    np.minimum.at(first, component[rows], rows)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))  # clusters in order of their first alert
    cluster = rank[component[rows]]
    order = np.lexsort((rows, cluster))
    rows, cluster = rows[order], cluster[order]
    count = np.bincount(cluster)
    start = np.append(0, np.cumsum(count))
    best = np.lexsort((-rows, score[rows], cluster))
    of_alert = np.full(len(component), -1)
    of_alert[rows] = cluster
    return Clusters(alert=rows, start=start, lead=rows[best[start[1:] - 1]] if len(count) else rows, of_alert=of_alert)
