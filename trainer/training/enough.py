"""Refuses to train on too few labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trainer.data import Dataset, Selection, labelled_addresses, too_few_labels_hint
from trainer.errors import NotEnoughLabelsError

if TYPE_CHECKING:
    from trainer.warehouse import Client


def require_enough(
    client: Client, data: Dataset, selection: Selection, strategy: str, min_labelled: int, min_positive: int
) -> None:
    """Raise NotEnoughLabelsError, with counts and a hint, unless enough rows of both classes and all networks are labelled."""
    positive = data.y >= 0.5
    counts = (
        f"{len(data.y)} labelled rows ({data.address_count()} addresses), of which {int(positive.sum())} positive "
        f"({data.address_count(positive)} addresses)"
    )
    if (without := labelled_addresses(client, selection, strategy) - data.address_count()) > 0:
        counts += f"; {without} more addresses are labelled, but there is nothing to train on for them"
    if unlabelled := sorted(set(selection.networks) - set(data.networks.tolist()) if selection.is_pooled else ()):
        raise NotEnoughLabelsError(
            f"No row of {', '.join(unlabelled)} has a label under '{strategy}', so there is nothing to train "
            "on there; leave it out: a model of the others can score it."
        )
    enough = min_labelled, min_positive
    hint = too_few_labels_hint(client, selection, data.model_type, strategy, *enough)
    if positive.all() or not positive.any():
        raise NotEnoughLabelsError(f"Training needs both classes; there are {counts}; {hint}.")
    if len(data.y) < min_labelled or int(positive.sum()) < min_positive:
        raise NotEnoughLabelsError(
            f"Training needs at least {min_labelled} labelled and {min_positive} positive rows; there are {counts}; {hint}."
        )
