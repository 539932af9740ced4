"""`trainer.report`: the report of a model, for a notebook and for the command line."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from trainer.registry import LATEST, choose_model
from trainer.reports.model_figures import model_report
from trainer.training import choose_threshold

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.reports.model_report import ModelReport
    from trainer.warehouse import Client


def report(
    client: Client,
    model_id: str = LATEST,
    *,
    alert_budget: float | None = None,
    min_precision: float | None = None,
    model_trainer: type[ModelTrainer] | None = None,
    network: str | None = None,
    window_days: int | None = None,
    model_type: str | None = None,
) -> ModelReport:
    """Return the report of a model; a notebook shows it as a page.

    Args:
        model_id: a model's id, or `latest`, see `trainer.registry.latest_model`.
        alert_budget, min_precision: choose a threshold by one of them, and keep it with the model (`choose_threshold`).
        model_trainer: the trainer's class, for one that is not registered as a plug-in.
        network, window_days, model_type: of which models `latest` is the newest; needed where several networks have models.

    Raises:
        ArtifactError: there is no such model, or it cannot be used.
        UsageError, NotEnoughLabelsError: no threshold can be chosen so.
        NotBuiltError, BadInputError: the warehouse has no snapshot of the model's network.
    """
    choice = choose_model(client, model_id, network, window_days, model_type, model_trainer)
    model_id = choice.model_id
    for sentence in choice.warnings:
        warnings.warn(sentence, stacklevel=2)
    if alert_budget is not None or min_precision is not None:
        choose_threshold(client, model_id, alert_budget=alert_budget, min_precision=min_precision, model_trainer=model_trainer)
    return model_report(client, model_id, model_trainer)
