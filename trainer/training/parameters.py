"""The file that carries tuned parameters from `tune --out` to `fit --params`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer.errors import BadInputError, UsageError
from trainer.training.search import read_object

if TYPE_CHECKING:
    from trainer.training.tune import TuningResult


def write_parameters(path: Path, result: TuningResult) -> None:
    """Write the parameters, with the metrics and split they come from, in the form that `fit --params` reads."""
    names = ("model", "parameters", "metric", "inner", "held_out", "split_description", "study")
    kept = {name: value for name, value in result.as_dict().items() if name in names}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read_parameters(path: Path, model: str) -> dict[str, Any]:
    """Return the parameters in a file of `write_parameters`, or in any JSON object {"parameters": {name: value}}.

    Raises:
        BadInputError: the file is not of that form.
        UsageError: they are another model's.
    """
    document = read_object(path)
    parameters = document.get("parameters")
    if not isinstance(parameters, dict):
        raise BadInputError(f'{path} has no parameters; it must hold a JSON object {{"parameters": {{"name": value}}}}.')
    if document.get("model", model) != model:
        raise UsageError(f"The parameters in {path} were tuned for the model '{document['model']}', not for '{model}'.")
    return parameters
