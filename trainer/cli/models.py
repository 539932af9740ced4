"""Commands on the registered models: models list, models show."""

from __future__ import annotations

from typing import Annotated

import typer

from trainer.cli import options as o
from trainer.cli.networks import network_lines
from trainer.cli.output import emit, metric_lines, say, say_choice
from trainer.cli.overview import Group
from trainer.cli.tables import print_tables

models = typer.Typer(cls=Group, help="List the trained models and show one.", no_args_is_help=True)
Sort = Annotated[str, typer.Option(help="created, auc, average_precision, brier, log_loss or labels; the best first.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(models, name="models")


@models.command("list")
def models_list(
    sort: Sort = "created",
    network: o.Network = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """List the registered models, the newest first: metrics with intervals, labels, and the parameters that differ."""
    from trainer.registry import fits, list_models, problem_of
    from trainer.reports import model_table, sorted_models
    from trainer.warehouse import connect

    with connect(target) as client:
        found = [one for one in list_models(client) if fits(one, network, window_days, model_type)]
    ordered = sorted_models([one | {"problem": problem_of(one)} for one in found], sort)
    if not ordered:
        is_filtered = any(one is not None for one in (network, window_days, model_type))
        say(f"No {'such ' if is_filtered else ''}model was trained yet; run `trainer fit`.")
    if json:
        emit({"models": ordered}, True, [])
    elif ordered:
        print_tables([model_table(ordered)])


@models.command("show")
def models_show(
    model_id: Annotated[str, typer.Argument(help="A model's id, or latest.")] = "latest",
    network: o.Network = None,
    window_days: o.Window = None,
    model_type: o.LatestType = None,
    json: o.Json = False,
    target: o.Target = None,
) -> None:
    """Show one model: what it was trained on, and its metrics on unseen rows."""
    from trainer.registry import choose_model
    from trainer.warehouse import connect

    with connect(target) as client:
        choice = choose_model(client, model_id, network, window_days, model_type)
    say_choice(choice)
    model = choice.model
    plain = {name: value for name, value in model.items() if name not in {"metrics", "networks", "by_network"}}
    lines = [f"{name}: {value}" for name, value in plain.items()]
    lines += ["metrics on unseen rows:", *metric_lines(model["metrics"]), *network_lines(model["by_network"])]
    emit(model, json, lines)
