"""Splits for grouped, stratified k-fold cross-validation that also respects time.

With several processing dates the last one is tested: each fold trains on other addresses, on dates at least an embargo before it
(outcomes are counted 30 days after an alert, so the outcome of a more recent row is not known yet). With one date, or when the
embargo leaves no training rows, folds are grouped by address and stratified by label.

With several networks the last date of each is tested, and training ends an embargo before the earliest of these dates, on all of
them: no test row is older than a training row. An address is on one side of a fold on all networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trainer.errors import NotEnoughLabelsError

EMBARGO_DAYS = 30
FOLDS = 5


@dataclass(frozen=True)
class Split:
    """A split into `folds` of (train, test) row numbers; no address is on both sides of a fold.

    `until` is the last date that may be trained on; None where folds are by address only.
    """

    name: str
    folds: list[tuple[np.ndarray, np.ndarray]]
    description: str
    until: np.datetime64 | None = None

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return iter(self.folds)

    @property
    def test_rows(self) -> np.ndarray:
        """Row numbers held out in any fold, ascending."""
        return np.sort(np.concatenate([test for _, test in self.folds]))

    def without(self, is_left_out: np.ndarray, groups: np.ndarray, dates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the row numbers to train on without some rows, such as those of a network, and the held-out ones among these.

        No address that is tested is trained on, and no date after `until`.

        Args:
            is_left_out: bool (n,).
            groups, dates: as for `make_split`.
        """
        test = self.test_rows[is_left_out[self.test_rows]]
        allowed = ~is_left_out & ~np.isin(groups, groups[test])
        if self.until is not None:
            allowed &= dates <= self.until
        return np.flatnonzero(allowed), test


def make_split(
    y: np.ndarray,
    groups: np.ndarray,
    dates: np.ndarray,
    folds: int = FOLDS,
    embargo_days: int = EMBARGO_DAYS,
    seed: int = 0,
    networks: np.ndarray | None = None,
) -> Split:
    """Return the split for rows with labels y (n,), addresses groups (n,) and dates (n,) datetime64[D].

    Rows may lack a label (NaN): they are divided like the others, an address as a whole, so that what labels them differently can
    be trained on the same folds.

    Args:
        networks: (n,) the network of each row, where there are several.

    Raises:
        NotEnoughLabelsError: a class has fewer than two addresses, so that it cannot be on both sides of a fold.
    """
    part = _parts(y, groups, folds, seed)
    grouped = [(np.flatnonzero(part != fold), np.flatnonzero(part == fold)) for fold in range(part.max() + 1)]
    if np.unique(dates).size > 1:
        last = _last_dates(dates, networks)
        forward = _forward_folds(grouped, y, dates, last, embargo_days)
        if forward is not None:
            tested, until = f"{last.max()}", last.min() - np.timedelta64(embargo_days)
            if last.min() < last.max():
                tested = f"the last date of each network, {last.min()} to {last.max()}"
            described = f"{len(forward)} folds by address; tested on {tested}, trained on other addresses up to {until}"
            return Split("forward", forward, described, min(until, last.min() - np.timedelta64(1, "D")))
    return Split("grouped", grouped, f"{len(grouped)} stratified folds by address")


def _parts(y: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the number of the fold that tests each row (n,), -1 for rows that none tests."""
    labelled = np.flatnonzero(~np.isnan(y))
    grouped = _grouped_folds(y[labelled], groups[labelled], folds, seed)
    unique, code = np.unique(groups, return_inverse=True)
    of_group = np.full(len(unique), -2)
    of_group[code[labelled]] = -1
    for fold, (_, test) in enumerate(grouped):
        of_group[code[labelled[test]]] = fold
    others = np.flatnonzero(of_group == -2)
    of_group[np.random.default_rng(seed).permutation(others)] = np.arange(len(others)) % len(grouped)
    return of_group[code]


def _grouped_folds(y: np.ndarray, groups: np.ndarray, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    target = (y >= 0.5).astype(np.int64)
    addresses = {label: np.unique(groups[target == label]).size for label in (0, 1)}
    if min(addresses.values()) < 2:
        raise NotEnoughLabelsError(
            f"Evaluation needs at least 2 labelled addresses of each class; there are {addresses[1]} risky "
            f"and {addresses[0]} benign."
        )
    splitter = StratifiedGroupKFold(min(folds, *addresses.values()), shuffle=True, random_state=seed)
    usable = []
    for train, test in splitter.split(np.zeros_like(target), target, groups):
        if test.size and np.unique(target[train]).size == 2:
            usable.append((train, test))
    if not usable or np.unique(target[np.concatenate([test for _, test in usable])]).size < 2:
        raise NotEnoughLabelsError(
            f"The {addresses[1]} risky and {addresses[0]} benign addresses cannot be divided with both classes on both sides."
        )
    return usable


def _last_dates(dates: np.ndarray, networks: np.ndarray | None) -> np.ndarray:
    """Return the last date (n,) of each row's network."""
    if networks is None:
        return np.full(len(dates), dates.max())
    _, network = np.unique(networks, return_inverse=True)
    return np.array([dates[network == one].max() for one in range(network.max() + 1)])[network]


def _forward_folds(
    grouped: list[tuple[np.ndarray, np.ndarray]], y: np.ndarray, dates: np.ndarray, last: np.ndarray, embargo_days: int
) -> list[tuple[np.ndarray, np.ndarray]] | None:
    """Return the folds with tests on each row's last date (n,) and training before; None when a side lacks a class."""
    known = (dates <= last.min() - np.timedelta64(embargo_days, "D")) & (dates < last.min())
    forward = [(train[known[train]], test[dates[test] == last[test]]) for train, test in grouped]
    forward = [(train, test) for train, test in forward if _has_label(y[test])]
    tested = np.concatenate([test for _, test in forward]) if forward else np.array([], dtype=np.int64)
    return forward if all(_has_both(y[train]) for train, _ in forward) and _has_both(y[tested]) else None


def _has_label(y: np.ndarray) -> bool:
    return bool((~np.isnan(y)).any())


def _has_both(y: np.ndarray) -> bool:
    """Return whether labels (n,), NaN where a row has none, are of both classes."""
    return np.unique(y[~np.isnan(y)] >= 0.5).size == 2
