"""Whether the warehouse opens, is of this version and whole, and whether its newest model can be loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trainer import settings
from trainer.doctor.check import Check, failure
from trainer.errors import NotBuiltError, TrainerError, UsageError, WarehouseError
from trainer.registry import artifact, list_models
from trainer.warehouse import TABLES, connect, one_build, outdated_tables, problem_of_seeds, table_exists

if TYPE_CHECKING:
    from trainer.warehouse import Client

CODE = WarehouseError.exit_code


def warehouse_checks(target: str | None) -> Iterator[Check]:
    """Check the warehouse of a target, from its connection to the newest model in it; nothing is created or changed."""
    chosen = settings.target(target)
    variable = "CLICKHOUSE_HOST" if chosen.path is None else "TRAINER_WAREHOUSE"
    why = f"{variable} is set" if os.environ.get(variable) else "as the profile says"
    if chosen.path is not None and not chosen.path.exists():
        yield Check("warehouse", "fail", f"{chosen.path} is not there ({why})", "run `trainer init`", CODE)
        return
    try:
        with connect(target) as client:
            place = chosen.path or f"{chosen.host}:{chosen.port}"
            version = client.query("SELECT version()").result_rows[0][0]
            yield Check("warehouse", "ok", f"{place}, database {chosen.database}, ClickHouse {version} ({why})")
            yield from _contents(client)
    except TrainerError as error:
        yield failure("warehouse", error)


def _contents(client: Client) -> Iterator[Check]:
    if missing := [name for name in TABLES if not table_exists(client, name)]:
        yield Check("tables", "fail", f"{len(missing)} tables are missing ({_some(missing)})", "run `trainer init`", CODE)
        return
    if outdated := [table.name for table in outdated_tables(client, TABLES.values())]:
        yield Check("tables", "fail", f"tables of an earlier version: {_some(outdated)}", "run `trainer init`", CODE)
        return
    if problem := problem_of_seeds(client):
        yield Check("tables", "fail", problem, "run `trainer init`", CODE)
        return
    yield Check("tables", "ok", f"{len(TABLES)} tables of this version, and the seeds")
    yield _build(client)
    yield _model(client)


def _build(client: Client) -> Check:
    snapshots = client.query("SELECT uniqExact(network, processing_date, window_days) FROM raw_features").result_rows[0][0]
    if not snapshots:
        return Check("build", "note", "no snapshot is loaded yet", "load one with `trainer ingest`")
    if not table_exists(client, "training_alerts"):
        return Check("build", "note", f"{snapshots} snapshots are loaded, and nothing is built yet", "run `trainer build`")
    try:
        with one_build(client):
            return Check("build", "ok", f"whole, with {snapshots} snapshots loaded")
    except NotBuiltError as error:
        return failure("build", error)


def _model(client: Client) -> Check:
    models = list_models(client)
    if not models:
        return Check("model", "note", "no model is trained yet", "run `trainer fit`")
    newest = models[0]
    try:
        artifact.load(Path(newest["model_path"]))
    except UsageError as error:  # a class of the user's own is not imported here
        return Check("model", "note", str(error).rstrip("."))
    except TrainerError as error:
        return failure("model", error)
    return Check("model", "ok", f"the newest of {len(models)}, {newest['model_id']} ({newest['model_name']}), can be loaded")


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
