"""Which snapshot and which model a command means, from the parts that it was given."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from trainer.data import Selection, resolve_selection
from trainer.errors import UsageError
from trainer.registry import LATEST, artifact, choose_model, get_model

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client


def chosen_snapshot(
    client: Client,
    model_id: str = LATEST,
    model_type: str | None = None,
    network: str | Sequence[str] | None = None,
    processing_date: date | None = None,
    window_days: int | None = None,
) -> tuple[Selection, str | None]:
    """Return the one snapshot that is meant, by default the last, and the model type: that of the model if its id is given.

    Raises:
        ArtifactError: there is no such model.
        UsageError, BadInputError, NotBuiltError: as `trainer.data.resolve_selection` does.
    """
    if model_id != LATEST and model_type is None:
        model_type = get_model(client, model_id)["model_type"]
    found = resolve_selection(client, model_type, network, processing_date, processing_date, window_days)
    return replace(require_one_network(found), start_date=found.end_date), model_type


def require_one_network(selection: Selection) -> Selection:
    """Return a selection of one network.

    Raises:
        UsageError: it is of several.
    """
    if selection.is_pooled:
        raise UsageError(f"A snapshot is of one network; name one of {', '.join(selection.networks)} at a time.")
    return selection


def chosen_model(
    client: Client,
    selection: Selection,
    model_id: str = LATEST,
    model_type: str | None = None,
    model_trainer: type[ModelTrainer] | None = None,
) -> artifact.Artifact:
    """Return the model of that id, loaded, or the newest of the selection's network and window.

    What `latest_model` warns of is a UserWarning.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        UserCodeError: its trainer is a user's own and raises an exception.
    """
    choice = choose_model(client, model_id, selection.network, selection.window_days, model_type, model_trainer)
    for sentence in choice.warnings:
        warnings.warn(sentence, stacklevel=3)
    return artifact.load(choice.folder, model_trainer)
