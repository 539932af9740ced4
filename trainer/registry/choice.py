"""Which model `latest` means: the newest of a network, window and model type that is no baseline and can be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import ArtifactError, UsageError
from trainer.models import name_of
from trainer.registry import artifact, registry
from trainer.registry.grades import clearly_better
from trainer.registry.meta import read_meta

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

NAMED = 3  # models that a sentence names
Row = dict[str, Any]


LATEST = "latest"
"""The model id that stands for the newest model of a network, window and model type."""


@dataclass(frozen=True)
class ModelChoice:
    """The model that an id or `latest` means.

    Attributes:
        model: its row, as `list_models` returns it.
        why: which model `latest` is, in a sentence; "" for a model that was named.
        warnings: sentences on newer models that were passed over, and on one that is graded clearly better.
    """

    model: Row
    why: str
    warnings: list[str] = field(default_factory=list)

    @property
    def model_id(self) -> str:
        """The id of the model."""
        return str(self.model["model_id"])

    @property
    def folder(self) -> Path:
        """The folder of the model's files."""
        return Path(self.model["model_path"])


def choose_model(
    client: Client,
    model_id: str = LATEST,
    network: str | None = None,
    window_days: int | None = None,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
) -> ModelChoice:
    """Return the model of that id, whatever it is, or for `latest` what `latest_model` returns.

    Raises:
        ArtifactError, UsageError: as `get_model` and `latest_model` do.
    """
    if model_id == LATEST:
        return latest_model(client, network, window_days, model_type, model_trainer)
    return ModelChoice(registry.get_model(client, model_id), "")


def latest_model(
    client: Client,
    network: str | None = None,
    window_days: int | None = None,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
    *,
    compare: bool = True,
) -> ModelChoice:
    """Return the newest model that can score these snapshots; of any network and window if all models are of one.

    A baseline (`ModelTrainer.is_baseline`) is passed over unless its class is given, and so is a model whose files are missing or
    altered, or whose trainer is neither installed nor given. The newest model is also compared with the one of the same
    selection that has the highest AUC; see `trainer.registry.grades`. A model of this network alone comes before one of several
    networks with it.

    Args:
        model_trainer: only models of this trainer; needed for one that is not registered as a plug-in.
        compare: whether to compare grades, for which predictions are read.

    Raises:
        ArtifactError: there is no such model, or none of them can be used.
        UsageError: a part that is not given has several values among the models.
    """
    models = [one for one in registry.list_models(client) if fits(one, network, window_days, model_type)]
    if model_trainer is not None:
        name = name_of(model_trainer)
        models = [one for one in models if artifact.is_same_class(name, one["model_name"])]
    if not models:
        raise ArtifactError(_nothing(client, network, window_days, model_type, model_trainer))
    _require_one_selection(models, network, window_days)
    models.sort(key=lambda one: network not in (None, one["network"]))  # stable: the newest of this network alone come first
    problems: list[tuple[Row, str]] = []
    for model in models:
        if not (problem := problem_of(model, model_trainer)):
            return _chosen(model, models if compare else [], problems)
        problems.append((model, problem))
    wanted = _wanted(network, window_days, model_type)
    raise ArtifactError(f"No {wanted} can be used: {_passed_over(problems)}; {_advice(problems)}.")


def fits(model: Row, network: str | None, window_days: int | None, model_type: str | None) -> bool:
    """Return whether a registered model is of this network (alone or with others), window and model type; None stands for any."""
    wanted = {"window_days": window_days, "model_type": model_type}
    is_of_network = network in (None, model["network"]) or registry.is_for(model, str(network))
    return is_of_network and all(value is None or model[name] == value for name, value in wanted.items())


def problem_of(model: Row, model_trainer: type[ModelTrainer] | None = None) -> str:
    """Return why `latest` does not mean a registered model, "" if it may: a baseline, or its files cannot be loaded."""
    if model_trainer is None and is_baseline(model):
        return "a baseline"
    try:
        artifact.check(Path(model["model_path"]), model_trainer)
    except ArtifactError as error:
        return str(error).rstrip(".")
    return ""


def is_baseline(model: Row) -> bool:
    """Return whether a model's trainer declares itself a baseline; one that is no installed plug-in is none."""
    try:
        return artifact.registered_class(model["model_name"], model["model_type"]).is_baseline
    except (ArtifactError, UsageError):
        return False


def _chosen(model: Row, models: Sequence[Row], passed_over: Sequence[tuple[Row, str]]) -> ModelChoice:
    """Return the choice, with what is to be said of the models before it and of the best of those beside it."""
    warnings = [f"Passed over, though newer: {_passed_over(passed_over)}."] if passed_over else []
    rival = _rival(model, models)
    if rival is not None and (better := _better(model, rival)):
        warnings.append(
            f"{model['model_id']} is the newest, but {rival['model_id']} is graded clearly better: {better}; "
            f"--model-id {rival['model_id']} chooses it."
        )
    selection = f"{model['network']} {model['window_days']}"
    return ModelChoice(model, f"Model {model['model_id']}, the newest {model['model_type']} of {selection}.", warnings)


def _rival(model: Row, models: Sequence[Row]) -> Row | None:
    """Return the model of the same selection that has the highest AUC of those that can be loaded; a baseline may be one."""
    selection = ("network", "window_days", "model_type")
    same = [one for one in models if all(one[name] == model[name] for name in selection)]
    graded = [one for one in same if one is not model and one["test_auc"] is not None]
    for one in sorted(graded, key=lambda one: -one["test_auc"]):
        if one["test_auc"] <= (model["test_auc"] or 0):
            return None
        with suppress(ArtifactError):
            artifact.check(Path(one["model_path"]))
            return one
    return None


def _better(model: Row, rival: Row) -> str:
    """Return how much better the rival is graded, "" if it is not clearly better or what it was graded on is lost."""
    try:
        return clearly_better(*[(folder, read_meta(folder)) for folder in (Path(one["model_path"]) for one in (model, rival))])
    except ArtifactError:
        return ""


def _passed_over(problems: Sequence[tuple[Row, str]]) -> str:
    named = ", ".join(f"{model['model_id']} ({problem})" for model, problem in problems[:NAMED])
    return f"{named} and {len(problems) - NAMED} more" if len(problems) > NAMED else named


def _advice(problems: Sequence[tuple[Row, str]]) -> str:
    if any(problem == "a baseline" for _, problem in problems):
        return "run `trainer fit`, or name a baseline with --model-id"
    return "run `trainer fit`, or restore the files"


def _require_one_selection(models: Sequence[Row], network: str | None, window_days: int | None) -> None:
    """Refuse to choose among models of several networks or windows."""
    if network is not None and window_days is not None:
        return
    selections = sorted({(one["network"], one["window_days"]) for one in models})
    if len(selections) > 1:
        choices = "; ".join(f"--network {network} --window-days {window_days}" for network, window_days in selections)
        raise UsageError(f"There are models of several snapshots; choose one of: {choices}.")


def _wanted(network: str | None, window_days: int | None, model_type: str | None) -> str:
    of_network = "" if network is None else f" of network '{network}'"
    return f"{model_type or 'model'}{of_network}{'' if window_days is None else f' with window_days {window_days}'}"


def _nothing(
    client: Client, network: str | None, window_days: int | None, model_type: str | None, kind: type[ModelTrainer] | None
) -> str:
    wanted = _wanted(network, window_days, model_type)
    if kind is not None and any(fits(one, network, window_days, model_type) for one in registry.list_models(client)):
        return (
            f"No {wanted} was trained by '{name_of(kind)}'; run `trainer fit --model {name_of(kind)}`, or name another --model."
        )
    there = sorted({(one["network"], one["window_days"], one["model_type"]) for one in registry.list_models(client)})
    others = "; ".join(f"--network {one} --window-days {days} --model-type {kind}" for one, days, kind in there)
    return f"No {wanted} was trained yet; run `trainer fit` first{f' (there are models of: {others})' if others else ''}."
