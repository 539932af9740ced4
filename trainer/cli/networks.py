"""What commands print of models of several networks, and the networks that options select."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trainer.cli.output import metric_lines, say
from trainer.errors import NotEnoughLabelsError, UsageError

if TYPE_CHECKING:
    from trainer.training import ScoringResult
    from trainer.warehouse import Client

SHOWN = ("auc", "average_precision")


def chosen_networks(
    client: Client, network: Sequence[str] | None, all_networks: bool, model_type: str, window_days: int | None, strategy: Any
) -> list[str] | None:
    """Return the networks that --network names, or --all-networks: those with the window that have labels; None for neither.

    Args:
        strategy: the label strategy, its name or an object.

    Raises:
        UsageError: both options are given.
        BadInputError: there are several windows, and none is given.
        NotEnoughLabelsError: no network with the window has labels.
    """
    if not all_networks:
        return list(network) if network else None
    from trainer.data import available, labelled_networks, only_window

    if network:
        raise UsageError("--all-networks takes every network that has labels; leave out --network, or --all-networks.")
    existing = available(client, model_type)
    window = only_window(existing, window_days)
    name = strategy if isinstance(strategy, str) else getattr(strategy, "name", "")
    labelled = labelled_networks(client, model_type, window, name)
    without = sorted({one.network for one in existing if one.window_days == window} - set(labelled))
    if not labelled:
        raise NotEnoughLabelsError(
            f"No network with a window of {window} days has labels (0 labelled); bring labels with `trainer labels add` and run "
            "`dbt run`."
        )
    if without:
        say(f"Without labels, and so not trained on: {', '.join(without)}.")
    return labelled


def network_lines(by_network: dict[str, dict[str, Any]]) -> list[str]:
    """Return the metrics of each network of a model of several, and those of a model of the others."""
    lines = []
    for name, one in by_network.items():
        lines.append(f"  {name}: {one['n_train']} rows ({one['n_positive']} positive), {one['n_test']} unseen gold rows")
        lines += _indented(one["metrics"], "its unseen gold rows lack a class")
        if (left_out := one["left_out"]) is not None:
            lines.append(f"    by a model of the other networks ({left_out['n_train']} rows, {left_out['seconds']:.1f} s):")
            lines += _indented(left_out["metrics"], left_out["problem"])
    return lines


def say_unseen_network(result: ScoringResult) -> None:
    """Say on stderr that a model scores a network that it was not trained on, and what to expect."""
    known = ", ".join(result.trained_networks)
    say(f"{result.network} is no network that the model was trained on ({known}).")
    expected = {name: one["metrics"]["auc"] for name, one in result.expected.items() if "auc" in one["metrics"]}
    if not expected:
        say("How well it does on a network it has not seen is not known; its scores may mean little here.")
        return
    aucs = "; ".join(f"{name} {auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]" for name, auc in expected.items())
    say(f"What to expect is the AUC on each of these of a model of the others: {aucs}.")


def _indented(metrics: dict[str, dict[str, float]], problem: str | None) -> list[str]:
    shown = {name: metrics[name] for name in SHOWN if name in metrics}
    return [f"  {line}" for line in metric_lines(shown)] or [f"    not measured: {problem}"]
