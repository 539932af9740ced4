"""What an update has to do: whether the models are to be built, and which snapshots are to be scored."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trainer import settings
from trainer.data import available
from trainer.errors import ArtifactError, NotBuiltError
from trainer.keys import SnapshotKey
from trainer.model_types import get_model_type
from trainer.registry import ModelChoice, latest_model, list_models
from trainer.training.update.result import ToScore
from trainer.warehouse import LOAD, RAW_TABLES, table_exists, unfinished, whole_build

if TYPE_CHECKING:
    from trainer.models import ModelTrainer
    from trainer.warehouse import Client

PROJECT_FILES = (".sql", ".yml", ".yaml", ".csv")
SEED = ".csv"
Choices = dict[tuple[str, int, str], ModelChoice]


def require_whole_loads(client: Client, again: Iterable[str] = ()) -> None:
    """Check that no load was interrupted but those that run again.

    Raises:
        NotBuiltError: one was.
    """
    left = [name.removeprefix(LOAD) for name in unfinished(client, LOAD)]
    if left := [name for name in left if name not in again]:
        raise NotBuiltError(f"{left[0]} was interrupted, or is still under way; run it again to its end, then `trainer update`.")


def reason_to_build(client: Client) -> str:
    """Return why dbt has to build the models, "" if nothing has changed since it built all of them."""
    number, started = whole_build(client)
    if started is None:
        return "not all models were built yet"
    if missing := unfinished(client):
        return f"the last dbt run did not finish ({', '.join(node.rpartition('.')[2] for node in missing[:3])})"
    query = """
        SELECT node FROM build_marks WHERE startsWith(node, {load:String}) AND build > {number:UInt64}
        ORDER BY build DESC LIMIT 1
    """
    newer = client.query(query, parameters={"load": LOAD, "number": number}).result_rows
    if newer:
        return f"{newer[0][0].removeprefix(LOAD)} has run since the last build"
    for table in RAW_TABLES:
        newest = client.query(f"SELECT toUnixTimestamp64Milli(max(ingested_at)) FROM {table.name}").result_rows[0][0]
        if newest is not None and newest > started.timestamp() * 1000:
            return f"rows were written to {table.name} since the last build"
    changed = next(_changed_files(started.timestamp()), None)
    return "" if changed is None else f"{changed.name} has changed since the last build"


def seeds_have_changed(client: Client) -> bool:
    """Return whether a seed's file is newer than the last build of all models."""
    _, started = whole_build(client)
    return started is not None and any(path.suffix == SEED for path in _changed_files(started.timestamp()))


def models_in_use(client: Client, model_trainer: type[ModelTrainer] | None) -> tuple[Choices, list[str], bool]:
    """Return the model of each network, window and model type, why others have none, and whether any model was trained."""
    rows = list_models(client)
    found, problems = Choices(), []
    for key in sorted({(one["network"], one["window_days"], one["model_type"]) for one in rows}):
        try:
            found[key] = latest_model(client, *key, model_trainer, compare=False)
        except ArtifactError as error:
            problems.append(str(error))
    return found, problems, bool(rows)


def to_score(client: Client, choices: Choices, is_built: bool, coming: Iterable[SnapshotKey] = ()) -> list[ToScore]:
    """Return the last snapshots that the models in use have no current scores of.

    Args:
        is_built: whether the models were built with all that is loaded; if not, all last snapshots are to be scored.
        coming: snapshots that are not loaded yet.
    """
    found, number = [], whole_build(client)[0]
    for (network, window_days, model_type), choice in choices.items():
        days = [key.processing_date for key in coming if (key.network, key.window_days) == (network, window_days)]
        if (last := _last_date(client, network, window_days, model_type)) is not None:
            days.append(last)
        if not days:
            continue
        key = SnapshotKey(network, max(days), window_days)
        reason = _reason_to_score(client, key, choice, number) if is_built else "the models are built again"
        if reason:
            found.append(ToScore(network, str(key.processing_date), window_days, model_type, choice.model_id, reason))
    return found


def _reason_to_score(client: Client, key: SnapshotKey, choice: ModelChoice, number: int) -> str:
    kind = get_model_type(choice.model["model_type"])
    query = (
        f"SELECT count(), min(build) FROM {kind.written_table} WHERE network = {{network:String}} "
        "AND processing_date = {processing_date:Date} AND window_days = {window_days:UInt32} AND model_id = {model_id:String}"
    )
    count, build = client.query(query, parameters=key.parameters | {"model_id": choice.model_id}).result_rows[0]
    if not count:
        return "the model in use has not scored it yet"
    return "the models were built since it was scored" if build < number else ""


def _last_date(client: Client, network: str, window_days: int, model_type: str) -> date | None:
    if not table_exists(client, get_model_type(model_type).scoring_table):
        return None
    try:
        rows = available(client, model_type)
    except NotBuiltError:  # there are no rows of this model type
        return None
    return next((one.end_date for one in rows if (one.network, one.window_days) == (network, window_days)), None)


def _changed_files(since: float) -> Iterator[Path]:
    """Yield the files of the dbt project that were modified after a time, in seconds since 1970."""
    for folder, folders, names in os.walk(settings.project_dir(), followlinks=True):
        folders[:] = sorted(name for name in folders if name not in {"target", "logs"} and not name.startswith("."))
        for path in (Path(folder) / name for name in sorted(names)):
            if path.suffix in PROJECT_FILES and path.stat().st_mtime > since:
                yield path
